//! The error of a query that cannot be parsed.

use thiserror::Error;

/// Why a query was refused, and at which column.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("column {column}: expected {expected}, found {what}")]
pub struct ParseError {
    /// The column of the unexpected text, in characters from 1.
    pub column: usize,
    /// The text that was found there.
    pub what: String,
    /// A description of what was expected.
    pub expected: String,
}

impl ParseError {
    pub(crate) fn new(column: usize, expected: impl Into<String>, what: impl Into<String>) -> Self {
        Self { column, what: what.into(), expected: expected.into() }
    }
}

/// Cuts a text for an error message: hostile queries are long.
pub(crate) fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
