//! Turns the layers into settings and reports every mistake in them.
//!
//! First the names in the tree are compared with the schema of the settings, paths are resolved, and secrets are read.
//! Then serde reads it. It stops at the first value that it refuses, so the table of that value is replaced and the
//! tree read again, until there is no mistake.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Schema;
use toml::{Table, Value};

use super::files::read_text;
use super::layers::Sources;
use super::origin::{Origins, Problem, suggestion};
use super::reference::{self, SCHEMA, name_of};
use super::settings::Config;
use super::tree::{Tree, join};

/// The most mistakes that serde is asked for. The tree is read again for each.
const MAX_MISTAKES: usize = 50;

/// The size limit of a file with a secret, in bytes.
const LARGEST_SECRET: u64 = 64 << 10;

/// The names of the keys that are paths.
const PATHS: [&str; 5] = ["data", "path", "ca_file", "signing_key_file", "text_store"];

/// The settings as far as they can be read.
pub(super) struct Read {
    /// The settings without the tables in which something is wrong. `None` if serde found more than [`MAX_MISTAKES`].
    pub(super) settings: Option<Config>,
    pub(super) origins: Origins,
    pub(super) problems: Vec<Problem>,
    /// The top-level keys that are wrong, or that have something wrong below them.
    pub(super) broken: BTreeSet<String>,
}

/// Reads the settings. Paths become absolute, and secrets are read from their places.
pub(super) fn read(tree: Tree, sources: &Sources) -> Read {
    let Tree { mut values, origins } = tree;
    let mut reader =
        Reader { sources, origins: &origins, problems: Vec::new(), broken: BTreeSet::new() };
    reader.table("", &SCHEMA.root, &mut values);
    let settings = (0..MAX_MISTAKES).find_map(|_| reader.deserialize(&mut values));
    let Reader { problems, broken, .. } = reader;
    Read { settings, origins, problems, broken }
}

/// The secret at `env:NAME` or `file:PATH`, or why it cannot be read; `None` if the text is no place.
pub(super) fn secret_at(place: &str, sources: &Sources) -> Option<Result<String, String>> {
    let origins = &Origins::default();
    let reader = Reader { sources, origins, problems: Vec::new(), broken: BTreeSet::new() };
    let read = reader.secret("", place).map(|text| Some(text.split_once('\n')?.1.to_owned()));
    read.transpose()
}

struct Reader<'a> {
    sources: &'a Sources,
    origins: &'a Origins,
    problems: Vec<Problem>,
    broken: BTreeSet<String>,
}

impl Reader<'_> {
    fn refuse(&mut self, key: &str, what: String) {
        self.broken.extend(key.split('.').next().map(str::to_owned));
        self.problems.push(Problem::new(self.origins.nearest(key), what));
    }

    /// Checks the names in a table, and prepares its values.
    fn table(&mut self, key: &str, schema: &Schema, table: &mut Table) {
        let known: Vec<&str> = reference::properties(schema).map(|(name, _)| &**name).collect();
        for name in table.keys().filter(|name| !known.contains(&name.as_str())) {
            let inner = join(key, name);
            let within = if key.is_empty() { "" } else { &format!(" in {}", header(key)) };
            let what = format!("unknown key `{name}`{within}; {}", suggestion(name, &known));
            self.refuse(&inner, what);
        }
        table.retain(|name, _| known.contains(&name));
        for (name, property) in reference::properties(schema) {
            if let Some(value) = table.get_mut(name) {
                self.value(&join(key, name), property, value);
            }
        }
    }

    /// Prepares a value and those in it. serde refuses those of another type.
    fn value(&mut self, key: &str, property: &Schema, value: &mut Value) {
        let schema = SCHEMA.resolved(property);
        let items = schema.get("items");
        let inner = items.or(schema.get("additionalProperties")).unwrap_or(schema);
        if value.is_str() && items.is_some_and(|it| SCHEMA.is_text(it)) {
            // A single text is read as a list of one.
            *value = Value::Array(vec![value.clone()]);
        }
        match value {
            Value::Table(table) if schema.get("properties").is_some() => {
                self.table(key, schema, table);
            }
            // serde would read the fields of a table by their order.
            Value::Array(_) if schema.get("properties").is_some() => {
                self.refuse_value(key, "invalid type: a list, expected a table");
            }
            Value::Table(table) => {
                table.iter_mut().for_each(|(name, it)| self.value(&join(key, name), inner, it));
            }
            Value::Array(list) => {
                let list = list.iter_mut().enumerate();
                list.for_each(|(at, it)| self.value(&format!("{key}.{at}"), inner, it));
            }
            Value::String(text) => self.text(key, SCHEMA.chosen(property), text),
            _ => {}
        }
    }

    /// Reads a secret, or resolves a path.
    fn text(&mut self, key: &str, chosen: &Schema, text: &mut String) {
        let name = key.rsplit('.').next().unwrap_or_default();
        if name_of(chosen) == Some("SecretSetting") {
            let read = self.secret(key, text);
            if let Err(why) = &read {
                // The other settings are complete, so they are checked further.
                let at = self.origins.nearest(key);
                self.problems.push(Problem::new(at, format!("`{key}`: {why}")));
            }
            *text = read.unwrap_or_else(|_| format!("{text}\n"));
        } else if PATHS.contains(&name) && !text.is_empty() {
            *text = self.sources.resolved(&self.origins.of(key), text);
        }
    }

    /// The place of a secret and, below it, the secret. One that is written out stays as it is.
    fn secret(&self, key: &str, text: &str) -> Result<String, String> {
        if let Some(name) = text.strip_prefix("env:") {
            let value = self.sources.variable(name);
            let value =
                value.ok_or_else(|| format!("the environment variable {name} is not set"))?;
            return Ok(format!("{text}\n{}", value.trim()));
        }
        let Some(path) = text.strip_prefix("file:") else { return Ok(text.to_owned()) };
        let path = self.sources.resolved(&self.origins.of(key), path);
        let read = read_text(Path::new(&path), LARGEST_SECRET);
        let read = read.map_err(|error| format!("{path} cannot be read: {error}"))?;
        let first = read.lines().map(str::trim).find(|line| !line.is_empty());
        Ok(format!("file:{path}\n{}", first.ok_or_else(|| format!("{path} is empty"))?))
    }

    /// Reads the settings. If serde refuses a value, reports it and replaces its table.
    fn deserialize(&mut self, values: &mut Table) -> Option<Config> {
        let error = match serde_path_to_error::deserialize(Value::Table(values.clone())) {
            Ok(settings) => return Some(settings),
            Err(error) => error,
        };
        let keys = error.path().iter();
        let keys: Vec<String> =
            keys.map(|key| key.to_string().trim_matches(['[', ']']).to_owned()).collect();
        self.refuse_value(&keys.join("."), error.inner().message());
        let (top, index) = (keys.first()?, keys.get(1).and_then(|it| it.parse::<usize>().ok()));
        match (reference::DEFAULTS.get(top)?, values.get_mut(top), index) {
            (Value::Array(_), Some(Value::Array(list)), Some(index)) => {
                list[index] = reference::smallest(top);
            }
            (default, ..) => drop(values.insert(top.clone(), default.clone())),
        }
        None
    }

    /// Refuses a value for the reason that serde gives, with an example of a good one.
    fn refuse_value(&mut self, key: &str, why: &str) {
        let missing = why.strip_prefix("missing field `").and_then(|it| it.strip_suffix('`'));
        let key = &missing.map_or_else(|| key.to_owned(), |name| join(key, name));
        let other_type = why.strip_prefix("invalid ").and_then(|it| it.rsplit_once(", expected "));
        let found = other_type.and_then(|(found, _)| Some(found.split_once(": ")?.1));
        let what = match found {
            _ if missing.is_some() => "it is needed".to_owned(),
            Some(found) => format!("expected {}, found {found}", reference::expected(key)),
            None => why.to_owned(),
        };
        let example = reference::row(key)
            .map(|row| format!("; for example {} = {}", row.name, row.example()))
            .unwrap_or_default();
        self.refuse(key, format!("`{key}`: {what}{example}"));
    }
}

/// The header of a table in a file: `[page]`, or `[[feed]]` for `feed.0`.
pub(crate) fn header(key: &str) -> String {
    match key.split_once('.') {
        Some((list, index)) if index.parse::<usize>().is_ok() => format!("[[{list}]]"),
        _ => format!("[{key}]"),
    }
}
