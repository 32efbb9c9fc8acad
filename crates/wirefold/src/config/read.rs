//! Turns the layers into settings and reports every mistake in them.
//!
//! The tree is first compared with the schema of the settings: unknown and missing keys, values of other types.
//! Then serde reads it. It stops at the first value that its own type refuses, so that value is replaced and the tree
//! read again, until there is no mistake.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Schema;
use toml::{Table, Value};

use super::files::read_text;
use super::layers::Sources;
use super::origin::{Origin, Origins, Problem, nearest, suggestion};
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
    /// The settings without the values that are wrong. `None` if serde found more than [`MAX_MISTAKES`].
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
    let mut values = Value::Table(values);
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
    fn refuse(&mut self, key: &str, at: Origin, what: String) {
        self.broken.extend(key.split('.').next().map(str::to_owned));
        self.problems.push(Problem::new(at, what));
    }

    /// Refuses a value, with an example of a good one.
    fn refuse_value(&mut self, key: &str, what: &str) {
        let example = reference::row(key)
            .map(|row| format!("; for example {} = {}", row.name, row.example()))
            .unwrap_or_default();
        self.refuse(key, self.origins.nearest(key).at, format!("`{key}`: {what}{example}"));
    }

    /// Checks the entries of a table and removes or replaces wrong ones. Returns whether all were right.
    fn table(&mut self, key: &str, schema: &Schema, table: &mut Table) -> bool {
        let before = self.problems.len();
        let known: Vec<&str> = reference::properties(schema).map(|(name, _)| &**name).collect();
        for name in table.keys().filter(|name| !known.contains(&name.as_str())) {
            let inner = join(key, name);
            let within = if key.is_empty() { "" } else { &format!(" in {}", header(key)) };
            let what = format!("unknown key `{name}`{within}; {}", suggestion(name, &known));
            self.refuse(&inner, self.origins.nearest(&inner).named, what);
        }
        table.retain(|name, _| known.contains(&name));
        for (name, property) in reference::properties(schema) {
            let inner = join(key, name);
            let is_good = match table.get_mut(name) {
                Some(value) => self.value(&inner, property, value),
                None if reference::is_required(schema, name) => {
                    let example =
                        reference::row(&inner).map_or_else(String::new, |it| it.example());
                    let what = format!("{} has no `{name}`; write {name} = {example}", header(key));
                    self.refuse(&inner, self.origins.nearest(key).named, what);
                    false
                }
                None => true,
            };
            if !is_good {
                replace(table, &inner);
            }
        }
        self.problems.len() == before
    }

    /// Checks a value. Returns whether it can be kept.
    fn value(&mut self, key: &str, property: &Schema, value: &mut Value) -> bool {
        let schema = SCHEMA.resolved(property);
        let items = schema.get("items");
        let of_map = schema.get("additionalProperties").filter(|inner| inner.is_object());
        if value.is_str() && items.is_some_and(|it| SCHEMA.is_text(it)) {
            // A single text is read as a list of one.
            *value = Value::Array(vec![value.clone()]);
        }
        match (value, items, of_map) {
            // Of a table inside another, nothing is kept.
            (Value::Table(table), ..) if schema.get("properties").is_some() => {
                self.table(key, schema, table) || key.split('.').count() < 3
            }
            (Value::Table(table), _, Some(inner)) => table
                .iter_mut()
                .fold(true, |good, (name, it)| self.value(&join(key, name), inner, it) && good),
            (Value::Array(list), Some(inner), _) => {
                let list = list.iter_mut().enumerate();
                list.fold(true, |good, (at, it)| {
                    self.value(&format!("{key}.{at}"), inner, it) && good
                })
            }
            (value, ..) if is_of_type(schema, value) => {
                self.plain(key, SCHEMA.chosen(property), value)
            }
            (value, ..) => {
                let expected = reference::expected(key);
                self.refuse_value(key, &format!("expected {expected}, found {}", describe(value)));
                false
            }
        }
    }

    /// Checks a value of the right type: whether it is one of the words, a path or a secret.
    fn plain(&mut self, key: &str, chosen: &Schema, value: &mut Value) -> bool {
        let Value::String(text) = value else { return true };
        let name = key.rsplit('.').next().unwrap_or_default();
        if let Some(known) = reference::words_of(SCHEMA.resolved(chosen))
            && !known.contains(&text.as_str())
        {
            let near = nearest(text, &known);
            let near = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
            let what = format!("`{key}`: {text:?} is none of \"{}\"{near}", known.join("\", \""));
            self.refuse(key, self.origins.nearest(key).at, what);
            return false;
        }
        if name_of(chosen) == Some("SecretSetting") {
            let read = self.secret(key, text);
            if let Err(why) = &read {
                // The other settings are complete, so they are checked further.
                let at = self.origins.nearest(key).named;
                self.problems.push(Problem::new(at, format!("`{key}`: {why}")));
            }
            *text = read.unwrap_or_else(|_| format!("{text}\n"));
        } else if PATHS.contains(&name) && !text.is_empty() {
            *text = self.sources.resolved(&self.origins.of(key), text);
        }
        true
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

    /// Reads the settings. If serde refuses a value, reports and replaces it.
    fn deserialize(&mut self, values: &mut Value) -> Option<Config> {
        let error = match serde_path_to_error::deserialize(values.clone()) {
            Ok(settings) => return Some(settings),
            Err(error) => error,
        };
        let keys = error.path().iter();
        let mut keys: Vec<String> =
            keys.map(|key| key.to_string().trim_matches(['[', ']']).to_owned()).collect();
        self.refuse_value(&keys.join("."), error.inner().message());
        // Of a list or a table in a setting, nothing is kept.
        let is_list = keys.get(1).is_some_and(|it| it.parse::<usize>().is_ok());
        keys.truncate(if is_list { 3 } else { 2 });
        let key = keys.join(".");
        keys.pop();
        let around = keys.iter().try_fold(values, |it, part| match part.parse::<usize>() {
            Ok(index) => it.get_mut(index),
            Err(_) => it.get_mut(part),
        });
        if let Some(Value::Table(around)) = around {
            replace(around, &key);
        }
        None
    }
}

/// Replaces a wrong value by its default or, if the key is needed, by an example, so that reading can go on.
fn replace(table: &mut Table, key: &str) {
    let name = key.rsplit('.').next().unwrap_or_default();
    match reference::fallback(key) {
        Some(value) => table.insert(name.to_owned(), value),
        None => table.remove(name),
    };
}

fn is_of_type(schema: &Schema, value: &Value) -> bool {
    let is = |name| reference::is_of_type(schema, name);
    match value {
        // Enumerations with documented words have no type of their own.
        Value::String(_) => is("string") || schema.get("oneOf").is_some(),
        Value::Integer(number) => {
            let bound = |name: &str| schema.get(name).and_then(Schema::as_i64);
            let is_in = bound("minimum").is_none_or(|it| it <= *number)
                && bound("maximum").is_none_or(|it| *number <= it)
                && (schema["format"] != "uint32" || u32::try_from(*number).is_ok());
            is("integer") && is_in
        }
        Value::Boolean(_) => is("boolean"),
        _ => false,
    }
}

/// A value as the user wrote it.
fn describe(value: &Value) -> String {
    match value {
        Value::Boolean(is_so) => is_so.to_string(),
        Value::Integer(number) => format!("the number {number}"),
        Value::Float(number) => format!("the number {number}"),
        Value::String(text) => format!("the text {text:?}"),
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
        Value::Datetime(time) => format!("{time} without quotes"),
    }
}

/// The header of a table in a file.
fn header(key: &str) -> String {
    match key.split_once('.') {
        Some((list, index)) if index.parse::<usize>().is_ok() => format!("[[{list}]]"),
        _ => format!("[{key}]"),
    }
}
