//! The reference of all keys, read from the JSON Schema of the settings. The documentation, the file that
//! `init` writes, and the examples in messages are generated from it.

use std::sync::OnceLock;

use schemars::schema_for;
use serde_json::{Map, Value};

use super::settings::Config;
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

/// All keys, in the order of the documentation.
pub(crate) fn sections() -> &'static [Section] {
    static SECTIONS: OnceLock<Vec<Section>> = OnceLock::new();
    SECTIONS.get_or_init(read_schema)
}

/// The row of a key such as `page.listen`, `feed.0.url` or `page.hosts.2`.
pub(super) fn row(key: &str) -> Option<&'static Row> {
    let section_of = |section: &&Section| {
        section.key.is_empty() || key.strip_prefix(&section.key).is_some_and(|r| r.starts_with('.'))
    };
    // The keys at the top are the first section, which any key matches that no table does.
    let section = sections().iter().rev().find(section_of)?;
    let within = key.strip_prefix(&section.key)?.trim_start_matches('.');
    let is_index = |part: &&str| !part.bytes().all(|byte| byte.is_ascii_digit());
    let name: Vec<&str> = within.split('.').filter(is_index).collect();
    let name = name.join(".");
    let is_row = |row: &&Row| row.name == name || name.starts_with(&format!("{}.", row.name));
    section.rows.iter().find(is_row)
}

/// The names of the keys and tables at the top level.
pub(super) fn top_keys() -> Vec<&'static str> {
    let (top, tables) = sections().split_at(1);
    let rows = top.iter().flat_map(|section| &section.rows);
    let tables = tables.iter().map(|section| section.key.as_str());
    rows.map(|row| row.name.as_str()).chain(tables).collect()
}

/// The shape of a key that is not a row: a table or a list of tables.
pub(super) fn shape(key: &str) -> String {
    let name = key.split('.').next().unwrap_or_default();
    match sections().iter().find(|section| section.key == name) {
        Some(section) if section.many => format!("a table headed [[{name}]]"),
        _ => format!("a table headed [{name}]"),
    }
}

/// An example of a value for a key, as TOML.
pub(super) fn example(key: &str) -> String {
    row(key).map_or_else(|| "…".to_owned(), Row::example)
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

fn read_schema() -> Vec<Section> {
    let schema = Schema { root: schema_for!(Config).to_value() };
    let mut top = Section {
        key: String::new(),
        many: false,
        what: schema.description(&schema.root),
        rows: Vec::new(),
    };
    let mut tables = Vec::new();
    for (key, property) in schema.properties(&schema.root) {
        let element = property.get("items").map(|items| schema.resolved(items));
        let many = element.is_some_and(|element| element.get("properties").is_some());
        let table = if many { element } else { Some(schema.resolved(property)) };
        match table.filter(|table| table.get("properties").is_some()) {
            None => top.rows.push(schema.row(key, property, &schema.root)),
            Some(table) => {
                let mut section = Section {
                    key: key.clone(),
                    many,
                    what: schema.description(table),
                    rows: Vec::new(),
                };
                let keys = schema.properties(table);
                section.rows = keys.map(|(name, row)| schema.row(name, row, table)).collect();
                tables.push(section);
            }
        }
    }
    let mut sections = vec![top];
    sections.append(&mut tables);
    sections
}

/// A JSON Schema with its definitions.
struct Schema {
    root: Value,
}

impl Schema {
    fn properties<'a>(&self, table: &'a Value) -> impl Iterator<Item = (&'a String, &'a Value)> {
        table.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::iter)
    }

    fn row(&self, name: &str, property: &Value, table: &Value) -> Row {
        let required = table.get("required").and_then(Value::as_array);
        let default = property.get("default").filter(|default| !default.is_null());
        let (kind, sample) = self.kind(property);
        Row {
            name: name.to_owned(),
            kind,
            default: default.map(toml_text),
            required: required.is_some_and(|names| names.iter().any(|one| one == name)),
            what: self.description(property),
            sample,
        }
    }

    /// The description as one line.
    fn description(&self, schema: &Value) -> String {
        let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The definition that a schema refers to, or the schema itself. An optional value counts as its inner
    /// type.
    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let choices = schema.get("anyOf").and_then(Value::as_array);
        let chosen = choices.and_then(|choices| choices.first()).unwrap_or(schema);
        match name_of(chosen) {
            Some(name) => self.root.pointer(&format!("/$defs/{name}")).unwrap_or(chosen),
            None => chosen,
        }
    }

    /// The type of a key's value in words, and an example.
    fn kind(&self, property: &Value) -> (String, &'static str) {
        let choices = property.get("anyOf").and_then(Value::as_array);
        let chosen = choices.and_then(|choices| choices.first()).unwrap_or(property);
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
        let kind = target.get("type");
        let is = |name: &str| match kind {
            Some(Value::Array(names)) => names.iter().any(|one| one == name),
            Some(one) => one == name,
            None => false,
        };
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
fn name_of(schema: &Value) -> Option<&str> {
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
