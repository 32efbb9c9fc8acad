//! Just enough YAML to write a document.

use std::fmt::Write as _;

/// Block mappings and lists, every text in double quotes as in JSON.
#[derive(Default)]
pub(super) struct Yaml(String);

impl Yaml {
    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{:width$}{text}", "", width = depth * 2);
    }

    pub(super) fn open(&mut self, depth: usize, key: &str) {
        self.line(depth, &format!("{key}:"));
    }

    pub(super) fn plain(&mut self, depth: usize, key: &str, value: &str) {
        self.line(depth, &format!("{key}: {value}"));
    }

    pub(super) fn pair(&mut self, depth: usize, key: &str, value: &str) {
        self.line(depth, &format!("{key}: {}", quoted(value)));
    }

    pub(super) fn item(&mut self, depth: usize, value: &str) {
        self.line(depth, &format!("- {}", quoted(value)));
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
