//! The reference of all keys, read from the JSON Schema of the settings. The documentation, the file that
//! `init` writes, and the examples in messages are generated from it.

use std::sync::LazyLock;

use schemars::schema_for;
use serde_json::{Map, Value};

use super::settings::Config;
use super::tree::join;

/// A table of settings, or the keys at the top.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Section {
    /// Its key; empty for the keys at the top.
    pub(crate) key: String,
    /// Whether there may be several.
    pub(crate) many: bool,
    /// Its description.
    pub(crate) what: String,
    /// Its keys in order.
    pub(crate) rows: Vec<Row>,
}

/// One key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Its name in its section.
    pub(crate) name: String,
    /// The type of its value, in words.
    pub(crate) kind: String,
    /// Its default as TOML. `None` if it is then not set.
    pub(crate) default: Option<String>,
    /// Whether it is required.
    pub(crate) required: bool,
    /// Its description.
    pub(crate) what: String,
}

impl Row {
    /// An example of a value, as TOML.
    pub(crate) fn example(&self) -> String {
        let mut lines = include_str!("examples.toml").lines();
        let example = lines.find_map(|line| line.strip_prefix(&self.name)?.strip_prefix(" = "));
        let default = self.default.clone().filter(|default| default != "[]");
        default.or_else(|| example.map(str::to_owned)).unwrap_or_default()
    }
}

/// The JSON Schema of the settings.
pub(super) static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema { root: schema_for!(Config).to_value() });

/// The lowest layer of the settings.
pub(super) static DEFAULTS: LazyLock<toml::Table> = LazyLock::new(|| {
    include_str!("defaults.toml").parse().expect("each test of the settings reads it")
});

/// The row of a key such as `page.listen`, `feed.0.url` or `page.trusted_proxies.2`. `None` for tables.
pub(super) fn row(key: &str) -> Option<Row> {
    let (name, table, property) = SCHEMA.at(key)?;
    SCHEMA.table(property).is_none().then(|| SCHEMA.row(name, default_of(key), property, table))
}

/// A table of a list with only the keys that it needs, as in examples.
pub(super) fn smallest(list: &str) -> toml::Value {
    let rows = sections().into_iter().filter(|section| section.key == list);
    let needed = rows.flat_map(|section| section.rows).filter(|row| row.required);
    let lines: String = needed.map(|row| format!("{} = {}\n", row.name, row.example())).collect();
    lines.parse::<toml::Table>().unwrap_or_default().into()
}

fn default_of(key: &str) -> Option<&'static toml::Value> {
    let (first, rest) = key.split_once('.').unwrap_or((key, ""));
    let top = DEFAULTS.get(first)?;
    rest.split('.').filter(|part| !part.is_empty()).try_fold(top, |it, part| it.get(part))
}

/// The names of the keys and tables at the top level.
pub(super) fn top_keys() -> Vec<&'static str> {
    properties(&SCHEMA.root).map(|(name, _)| &**name).collect()
}

/// The type of a key's value in words.
pub(super) fn expected(key: &str) -> String {
    if let Some(row) = row(key) {
        return row.kind;
    }
    let name = key.split('.').next().unwrap_or_default();
    match DEFAULTS.get(name) {
        Some(toml::Value::Array(_)) => format!("a table headed [[{name}]]"),
        _ => format!("a table headed [{name}]"),
    }
}

/// Whether a value from outside a file is a text there, even if it looks like a number.
pub(super) fn takes_text(key: &str) -> bool {
    let property = SCHEMA.at(key).map(|(_, _, property)| SCHEMA.resolved(property));
    property.is_some_and(|it| {
        SCHEMA.is_text(it) || it.get("items").is_some_and(|it| SCHEMA.is_text(it))
    })
}

/// All keys, in the order of the documentation.
pub(crate) fn sections() -> Vec<Section> {
    let what = SCHEMA.description(&SCHEMA.root);
    let mut sections = vec![Section { key: String::new(), many: false, what, rows: Vec::new() }];
    for (key, property) in properties(&SCHEMA.root) {
        let Some(table) = SCHEMA.table(property) else {
            sections[0].rows.push(SCHEMA.row(key, default_of(key), property, &SCHEMA.root));
            continue;
        };
        let keys = properties(table);
        let rows = keys
            .map(|(name, row)| SCHEMA.row(name, default_of(&join(key, name)), row, table))
            .collect();
        let many = property.get("items").is_some();
        sections.push(Section { key: key.clone(), many, what: SCHEMA.description(table), rows });
    }
    sections
}

/// A JSON Schema with its definitions.
pub(super) struct Schema {
    pub(super) root: Value,
}

/// The keys of a table with their schemas.
pub(super) fn properties(table: &Value) -> impl Iterator<Item = (&String, &Value)> {
    table.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// Whether a key of a table must be set.
fn is_required(table: &Value, name: &str) -> bool {
    let required = table.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|one| one == name))
}

/// Whether values are of a type of JSON Schema.
fn is_of_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::Array(names)) => names.iter().any(|one| one == name),
        kind => kind.is_some_and(|one| one == name),
    }
}

impl Schema {
    /// The name of the setting that a key is or is in, with the schemas of its table and of itself.
    fn at<'a>(&'a self, key: &'a str) -> Option<(&'a str, &'a Value, &'a Value)> {
        key.split('.').try_fold(("", &self.root, &self.root), |around, part| {
            match self.table(around.2).filter(|_| part.parse::<usize>().is_err()) {
                Some(table) => Some((part, table, table.get("properties")?.get(part)?)),
                // An element of a list, or an entry of a table of texts.
                None => Some(around),
            }
        })
    }

    /// The schema of the table, or of each table of the list, that a schema is about.
    fn table<'a>(&'a self, schema: &'a Value) -> Option<&'a Value> {
        let table = self.resolved(schema.get("items").unwrap_or(schema));
        table.get("properties").is_some().then_some(table)
    }

    pub(super) fn is_text(&self, schema: &Value) -> bool {
        is_of_type(self.resolved(schema), "string")
    }

    fn row(
        &self,
        name: &str,
        default: Option<&toml::Value>,
        property: &Value,
        table: &Value,
    ) -> Row {
        let of_schema = property.get("default").filter(|it| !it.is_null()).cloned();
        let default = of_schema.or_else(|| serde_json::to_value(default?).ok());
        Row {
            name: name.to_owned(),
            kind: self.kind(property),
            required: default.is_none() && is_required(table, name),
            default: default.as_ref().map(toml_text),
            what: self.description(property),
        }
    }

    /// The description as one line.
    fn description(&self, schema: &Value) -> String {
        let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The schema of a value that is set, for a setting that need not be.
    pub(super) fn chosen<'a>(&self, schema: &'a Value) -> &'a Value {
        schema.pointer("/anyOf/0").unwrap_or(schema)
    }

    /// The definition that a schema refers to, or the schema itself.
    pub(super) fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let chosen = self.chosen(schema);
        let definition = name_of(chosen).and_then(|it| self.root.pointer(&format!("/$defs/{it}")));
        definition.unwrap_or(chosen)
    }

    /// The type of a key's value in words.
    fn kind(&self, property: &Value) -> String {
        let target = self.resolved(property);
        if let Some(words) = words_of(target) {
            return format!("one of \"{}\"", words.join("\", \""));
        }
        let is = |name| is_of_type(target, name);
        let items = target.get("items").and_then(name_of);
        let of_map = target.pointer("/additionalProperties/type").and_then(Value::as_str);
        let kind = match name_of(self.chosen(property)) {
            Some("Escalation") => "a delivery and a duration, such as \"chief after 15m\"",
            Some("Interval") => "a duration such as \"30s\", \"15m\", \"12h\"",
            Some("Address") => "a web address",
            Some("AnyAddress") => "an address with a scheme",
            Some("FeedId" | "SubscriptionId") => "a short name",
            Some("Outlet") => "a publisher, mostly its domain",
            Some("SecretSetting") => "a secret, or its place as `env:NAME` or `file:PATH`",
            _ if items == Some("SecretSetting") => {
                "a list of secrets, or of their places as `env:NAME` or `file:PATH`"
            }
            _ if is("array") => "a list of texts",
            _ if is("integer") => "a whole number",
            _ if is("boolean") => "true or false",
            _ if of_map == Some("integer") => "a table of whole numbers",
            _ if is("object") => "a table of texts",
            _ => "a text",
        };
        kind.to_owned()
    }
}

/// The name of the definition that a schema refers to.
pub(super) fn name_of(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// The words of an enumeration.
fn words_of(target: &Value) -> Option<Vec<&str>> {
    if let Some(words) = target.get("enum").and_then(Value::as_array) {
        return Some(words.iter().filter_map(Value::as_str).collect());
    }
    let choices = target.get("oneOf")?.as_array()?;
    choices.iter().map(|choice| choice.get("const")?.as_str()).collect()
}

#[cfg(test)]
impl Default for Config {
    fn default() -> Self {
        let defaults = DEFAULTS.clone();
        toml::Value::Table(defaults).try_into().expect("the defaults are settings")
    }
}

// Writes settings as TOML, and one by one.

/// A value as TOML writes it.
pub(crate) fn toml_text(value: &Value) -> String {
    match value {
        Value::Null => "\"\"".to_owned(),
        Value::Bool(is_so) => is_so.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(toml_text).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(entries) => {
            let set = entries.iter().filter(|(_, set)| !set.is_null());
            let set: Vec<String> =
                set.map(|(key, set)| format!("{} = {}", bare(key), toml_text(set))).collect();
            if set.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", set.join(", ")) }
        }
    }
}

/// A text in quotation marks. The escapes of JSON are those of TOML, except for the delete character.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// A key, quoted if necessary.
fn bare(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !key.is_empty() && key.chars().all(is_bare) { key.to_owned() } else { quoted(key) }
}

/// One key with its value. `None` if it has no value and no default.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// The key, such as `page.listen` or `feed.0.url`.
    pub(crate) key: String,
    /// The value as JSON.
    pub(crate) value: Option<Value>,
}

impl Line {
    /// Whether its value is a secret, which is not shown.
    pub(crate) fn is_hidden(&self) -> bool {
        // The placeholder that a secret writes in its place.
        let is_secret =
            |value: &Value| value.as_str().is_some_and(|it| it.starts_with("(secret, "));
        let values = self.value.as_ref().and_then(Value::as_array);
        self.value.iter().chain(values.into_iter().flatten()).any(is_secret)
    }
}

/// All keys with their values, in the order of the documentation. Secrets are hidden.
pub(crate) fn lines(config: &Config) -> Vec<Line> {
    let written = serde_json::to_value(config).unwrap_or_default();
    let (mut scalars, mut tables) = (Vec::new(), Vec::new());
    for (key, value) in written.as_object().into_iter().flatten() {
        let is_table = value.is_object() || value.is_array();
        let lines = if is_table { &mut tables } else { &mut scalars };
        collect(key.clone(), value, lines);
    }
    scalars.append(&mut tables);
    scalars
}

fn collect(key: String, value: &Value, lines: &mut Vec<Line>) {
    match value {
        Value::Object(entries) if !entries.is_empty() || !key.contains('.') => {
            for (name, inner) in entries {
                collect(format!("{key}.{}", bare(name)), inner, lines);
            }
        }
        Value::Array(elements) if elements.iter().any(Value::is_object) => {
            for (at, element) in elements.iter().enumerate() {
                collect(format!("{key}.{at}"), element, lines);
            }
        }
        Value::Null => lines.push(Line { key, value: None }),
        value => lines.push(Line { key, value: Some(value.clone()) }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_toml_reads_them() {
        let value = json!({
            "plain": "a \"b\" \\ \u{7f}\n", "odd key": [1, 2.5, true], "absent": null, "in": {},
        });
        let text = format!("value = {}", toml_text(&value));
        let read: toml::Table = text.parse().unwrap();
        let mut expected = value;
        expected.as_object_mut().unwrap().remove("absent");
        assert_eq!(serde_json::to_value(&read["value"]).unwrap(), expected);
    }
}
