//! A TOML file as a tree whose nodes know their lines.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::origin::{Origin, SourceLocation};
use super::problem::Problem;
use super::tree::{Node, Value};

/// The number of syntax errors that are reported. Later ones mostly follow from the first.
const MAX_SYNTAX_ERRORS: usize = 5;

/// Parses a file. The mistakes are syntax errors.
pub(super) fn parse(file: &str, text: &str) -> Result<Node, Vec<Problem>> {
    let lines = Lines::new(file, text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let start = lines.origin(0..0);
        return Ok(Node::new(start, lines.table(table.into_inner())));
    }
    let problem = |error: toml::de::Error| {
        let at = lines.origin(error.span().unwrap_or_default());
        Problem::new(at, format!("this is not TOML: {}", error.message()))
    };
    Err(errors.into_iter().take(MAX_SYNTAX_ERRORS).map(problem).collect())
}

/// Parses a single TOML value, such as `12`, `true` or `["a", "b"]`.
pub(super) fn parse_value(text: &str, origin: &Origin) -> Option<Value> {
    let value = DeValue::parse(text).ok()?;
    let lines = Lines { whole: Some(origin.clone()), ..Lines::new("", text) };
    Some(lines.value(value.into_inner()))
}

/// Converts byte offsets to places.
struct Lines<'a> {
    file: Arc<str>,
    text: &'a str,
    /// The offset of each line.
    starts: Vec<usize>,
    /// The origin of everything, if it is not a file.
    whole: Option<Origin>,
}

impl<'a> Lines<'a> {
    fn new(file: &str, text: &'a str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(breaks).collect();
        Self { file: file.into(), text, starts, whole: None }
    }

    fn origin(&self, span: Range<usize>) -> Origin {
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        let line = self.starts.partition_point(|start| *start <= span.start);
        let start = self.starts[line - 1];
        let before = self.text.get(start..span.start).unwrap_or_default();
        let column = before.chars().count() + 1;
        Origin::File(SourceLocation { file: Arc::clone(&self.file), line, column })
    }

    fn table(&self, table: DeTable<'_>) -> Value {
        let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'_>>)| {
            let named = self.origin(key.span());
            let name: std::borrow::Cow<'_, str> = key.into_inner();
            (name.into_owned(), Node { named, ..self.node(value) })
        };
        Value::Table(table.into_iter().map(entry).collect())
    }

    fn node(&self, value: Spanned<DeValue<'_>>) -> Node {
        Node::new(self.origin(value.span()), self.value(value.into_inner()))
    }

    fn value(&self, value: DeValue<'_>) -> Value {
        match value {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(small) => Value::Integer(small),
                    Err(_) => Value::Unsupported(number.to_string()),
                }
            }
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => Value::Float(number),
                Err(_) => Value::Unsupported(number.to_string()),
            },
            DeValue::Boolean(is_so) => Value::Boolean(is_so),
            DeValue::Datetime(time) => Value::Unsupported(time.to_string()),
            DeValue::Array(values) => {
                Value::List(values.into_iter().map(|one| self.node(one)).collect())
            }
            DeValue::Table(table) => self.table(table),
        }
    }
}
