//! Writes settings as TOML, and one by one.

use serde_json::Value;

use super::settings::Config;

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
