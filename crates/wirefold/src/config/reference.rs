//! The reference of all keys, read from the JSON Schema of the settings. The documentation, the file that
//! `init` writes, and the examples in messages are generated from it.

use std::sync::LazyLock;

use schemars::schema_for;
use serde_json::{Map, Value};

use super::settings::Config;
use super::tree::join;
use super::written::toml_text;

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
    sample: &'static str,
}

impl Row {
    /// An example of a value, as TOML.
    pub(crate) fn example(&self) -> String {
        let default = self.default.clone().filter(|default| default != "[]");
        default.unwrap_or_else(|| sample_of(&self.name).unwrap_or(self.sample).to_owned())
    }
}

/// The JSON Schema of the settings.
pub(super) static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema { root: schema_for!(Config).to_value() });

/// The lowest layer of the settings.
pub(super) static DEFAULTS: LazyLock<toml::Table> = LazyLock::new(|| {
    include_str!("defaults.toml").parse().expect("each test of the settings reads it")
});

/// The row of a key such as `page.listen`, `feed.0.url` or `page.hosts.2`. `None` for tables.
pub(super) fn row(key: &str) -> Option<Row> {
    let key = match key.rsplit_once('.') {
        Some((list, index)) if index.parse::<usize>().is_ok() => list,
        _ => key,
    };
    let (table, property) = SCHEMA.at(key)?;
    let row = SCHEMA.row(key, property, table);
    SCHEMA.table(property).is_none().then_some(row)
}

/// The value that a setting has if nobody sets it, or an example if somebody must.
pub(super) fn fallback(key: &str) -> Option<toml::Value> {
    let example = || row(key).filter(|row| row.required)?.example().parse().ok();
    default_of(key).cloned().or_else(example)
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
    let property = SCHEMA.at(key).map(|(_, property)| SCHEMA.resolved(property));
    property.is_some_and(|it| {
        SCHEMA.is_text(it) || it.get("items").is_some_and(|it| SCHEMA.is_text(it))
    })
}

/// Examples that explain a key better than a text.
fn sample_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "proxy" => "\"socks5h://127.0.0.1:9050\"",
        "base_url" => "\"https://news.example\"",
        "heartbeat" => "\"https://hc-ping.example/0f1e2d3c\"",
        "break_quiet" => "\"outlets>=10\"",
        "contact" => "\"https://news.example/about\"",
        "from" => "\"Desk <desk@news.example>\"",
        "to" => "[\"night@news.example\"]",
        "command" => "[\"/usr/local/bin/page-the-desk\"]",
        "time_zone" => "\"Europe/Berlin\"",
        "quiet_hours" => "{ from = \"22:00\", to = \"07:00\", time_zone = \"Europe/Berlin\" }",
        "password" => "\"file:nats.password\"",
        "sites" => "{ \"wire.example\" = 10 }",
        "article_selector" => "\"div.story\"",
        "remove_selectors" => "[\".newsletter\"]",
        "allow_private" => "[\"192.168.0.0/16\"]",
        "trusted_proxies" => "[\"127.0.0.1\"]",
        "on" => "[\"new\", \"material\"]",
        "nats" => "[\"nats://127.0.0.1:4222\"]",
        "user" => "\"detector\"",
        "signing_key_file" => "\"signing.key\"",
        "ca_file" => "\"nats.pem\"",
        "text_store" => "\"/var/lib/wirefold\"",
        "replicas" => "3",
        "outlet" => "\"harbour.example\"",
        "path" => "\"inbox\"",
        "server" => "\"nats://wire.example:4222\"",
        "subject" => "\"news.articles.>\"",
        "query" => "\"ferry AND (strike OR walkout)\"",
        "secret" => "[\"env:WEBHOOK_KEY\"]",
        "title" => "\"Harbour News\"",
        "url" => "\"https://harbour.example/rss.xml\"",
        "name" => "\"phone\"",
        "deliveries" => "[\"phone\"]",
        "headers" => "{ Authorization = \"Bearer …\" }",
        _ => return None,
    })
}

/// All keys, in the order of the documentation.
pub(crate) fn sections() -> Vec<Section> {
    let what = SCHEMA.description(&SCHEMA.root);
    let mut sections = vec![Section { key: String::new(), many: false, what, rows: Vec::new() }];
    for (key, property) in properties(&SCHEMA.root) {
        let Some(table) = SCHEMA.table(property) else {
            sections[0].rows.push(SCHEMA.row(key, property, &SCHEMA.root));
            continue;
        };
        let keys = properties(table);
        let rows = keys.map(|(name, row)| SCHEMA.row(&join(key, name), row, table)).collect();
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
pub(super) fn is_required(table: &Value, name: &str) -> bool {
    let required = table.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|one| one == name))
}

/// Whether values are of a type of JSON Schema.
pub(super) fn is_of_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::Array(names)) => names.iter().any(|one| one == name),
        kind => kind.is_some_and(|one| one == name),
    }
}

impl Schema {
    /// The schema of a key, and that of the table it is in.
    fn at(&self, key: &str) -> Option<(&Value, &Value)> {
        key.split('.').try_fold((&self.root, &self.root), |(_, schema), part| {
            let table = self.resolved(schema);
            let inner = table.get("properties").map(|it| it.get(part));
            let inner = inner.unwrap_or_else(|| {
                table.get("items").or_else(|| table.get("additionalProperties"))
            });
            Some((table, inner?))
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

    fn row(&self, key: &str, property: &Value, table: &Value) -> Row {
        let name = key.split('.').rfind(|part| part.parse::<usize>().is_err()).unwrap_or_default();
        let default = property.get("default").filter(|default| !default.is_null());
        let default = default.cloned().or_else(|| serde_json::to_value(default_of(key)?).ok());
        let (kind, sample) = self.kind(property);
        Row {
            name: name.to_owned(),
            kind,
            required: default.is_none() && is_required(table, name),
            default: default.as_ref().map(toml_text),
            what: self.description(property),
            sample,
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

    /// The type of a key's value in words, and an example.
    fn kind(&self, property: &Value) -> (String, &'static str) {
        let chosen = self.chosen(property);
        let target = self.resolved(property);
        if let Some(words) = words_of(target) {
            let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            return (format!("one of {}", words.join(", ")), "…");
        }
        let (kind, sample) = match name_of(chosen) {
            Some("Interval") => ("a duration such as \"30s\", \"15m\", \"12h\"", "\"15m\""),
            Some("Address") => ("a web address", "\"https://news.example\""),
            Some("AnyAddress") => ("an address with a scheme", "\"https://news.example\""),
            Some("FeedId" | "SubscriptionId") => ("a short name", "\"harbour\""),
            Some("Outlet") => ("a publisher, mostly its domain", "\"harbour.example\""),
            Some("SecretSetting") => (SECRET, "\"env:NAME\""),
            _ => self.plain(target),
        };
        (kind.to_owned(), sample)
    }

    fn plain(&self, target: &Value) -> (&'static str, &'static str) {
        let is = |name| is_of_type(target, name);
        let values_are = |name: &str| {
            target.pointer("/additionalProperties/type").is_some_and(|values| values == name)
        };
        let items = target.get("items").and_then(name_of);
        if items == Some("SecretSetting") {
            (SECRETS, "[\"env:NAME\"]")
        } else if is("array") {
            ("a list of texts", "[\"…\"]")
        } else if is("number") {
            ("a share from 0 to 1", "0.5")
        } else if is("integer") {
            ("a whole number", "5")
        } else if is("boolean") {
            ("true or false", "true")
        } else if is("object") && values_are("integer") {
            ("a table of whole numbers", "{ name = 5 }")
        } else if is("object") {
            ("a table of texts", "{ name = \"value\" }")
        } else {
            ("a text", "\"…\"")
        }
    }
}

const SECRET: &str = "a secret, or its place as `env:NAME` or `file:PATH`";
const SECRETS: &str = "a list of secrets, or of their places as `env:NAME` or `file:PATH`";

/// The name of the definition that a schema refers to.
pub(super) fn name_of(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// The words of an enumeration.
pub(super) fn words_of(target: &Value) -> Option<Vec<&str>> {
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
