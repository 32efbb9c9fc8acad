//! Why a query cannot be parsed.

use thiserror::Error;

/// Why a query was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("column {column}: expected {expected}, found {what}")]
pub struct ParseError {
    /// The place of what was found, in characters from 1.
    pub column: usize,
    /// What was found there.
    pub what: String,
    /// What would have been right.
    pub expected: String,
}

impl ParseError {
    pub(crate) fn new(column: usize, expected: impl Into<String>, what: impl Into<String>) -> Self {
        Self { column, what: what.into(), expected: expected.into() }
    }
}

/// Hostile queries are long: an error shows their beginning.
pub(crate) fn shortened(text: &str) -> String {
    const KEPT: usize = 40;
    match text.char_indices().nth(KEPT) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
