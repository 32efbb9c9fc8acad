//! TOML as a table of values and the origins of their keys, so that layers can be put over each other.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::origin::{Origin, Origins, Problem};

/// The number of syntax errors that are reported. Later ones mostly follow from the first.
const MAX_SYNTAX_ERRORS: usize = 5;

/// Values with their origins.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    pub(super) values: toml::Table,
    pub(super) origins: Origins,
}

impl Tree {
    /// Parses TOML that came whole from `origin`, whose lines count if it is a file. The mistakes are syntax errors.
    pub(super) fn parse(origin: &Origin, text: &str) -> Result<Self, Vec<Problem>> {
        let lines = Lines::new(origin, text);
        let problem = |error: toml::de::Error| {
            let at = lines.origin(error.span().unwrap_or_default());
            Problem::new(at, format!("this is not TOML: {}", error.message()))
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            return Err(errors.into_iter().take(MAX_SYNTAX_ERRORS).map(problem).collect());
        }
        let values = text.parse().map_err(|error| vec![problem(error)])?;
        let mut origins = Origins::default();
        lines.collect_table("", table.get_ref(), &mut origins);
        Ok(Self { values, origins })
    }

    /// Puts another tree over this one. Tables are merged. Other values, including lists, are replaced.
    pub(super) fn overlay(&mut self, upper: Self) {
        overlay("", &mut self.values, upper.values, &mut self.origins);
        self.origins.by_key.extend(upper.origins.by_key);
    }
}

fn overlay(key: &str, lower: &mut toml::Table, upper: toml::Table, origins: &mut Origins) {
    for (name, value) in upper {
        let key = join(key, &name);
        match (lower.get_mut(&name), value) {
            (Some(toml::Value::Table(under)), toml::Value::Table(over)) => {
                overlay(&key, under, over, origins);
            }
            (_, value) => {
                let below = format!("{key}.");
                origins.by_key.retain(|known, _| !known.starts_with(&below));
                lower.insert(name, value);
            }
        }
    }
}

/// A key below another, such as `page.listen`.
pub(super) fn join(key: &str, name: &str) -> String {
    if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") }
}

/// Converts byte offsets to origins.
struct Lines<'a> {
    whole: &'a Origin,
    text: &'a str,
    /// The offset of each line.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(whole: &'a Origin, text: &'a str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { whole, text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    fn origin(&self, span: Range<usize>) -> Origin {
        let Origin::File { file, .. } = self.whole else {
            return self.whole.clone();
        };
        let line = self.starts.partition_point(|start| *start <= span.start);
        let before = self.text.get(self.starts[line - 1]..span.start).unwrap_or_default();
        let column = before.chars().count() + 1;
        Origin::File { file: Arc::clone(file), line, column }
    }

    fn collect_table(&self, key: &str, table: &DeTable<'_>, origins: &mut Origins) {
        for (name, value) in table {
            self.collect(join(key, name.get_ref()), name.span(), value, origins);
        }
    }

    fn collect(
        &self,
        key: String,
        named: Range<usize>,
        value: &Spanned<DeValue<'_>>,
        origins: &mut Origins,
    ) {
        match value.get_ref() {
            DeValue::Table(table) => self.collect_table(&key, table, origins),
            DeValue::Array(list) => {
                for (at, element) in list.iter().enumerate() {
                    self.collect(format!("{key}.{at}"), element.span(), element, origins);
                }
            }
            _ => {}
        }
        origins.by_key.insert(key, self.origin(named));
    }
}
