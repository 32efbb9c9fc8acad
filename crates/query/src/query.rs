//! A parsed query.

use crate::document::Prepared;
use crate::error::ParseError;
use crate::evaluate::{Matched, evaluate};
use crate::lists::Lists;
use crate::numbers::Numbers;
use crate::parser::parse;
use crate::tree::Node;

/// A parsed query of the subscription language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(crate) tree: Node,
}

impl Query {
    /// Parses a query; see the [crate](crate) for the language.
    ///
    /// # Errors
    /// A [`ParseError`] that names the column and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, &Lists::default())
    }

    /// Parses a query that may name lists. Their length and their terms count towards the limits.
    ///
    /// As for [`parse`](Self::parse). Also if a list is missing, is empty, contains itself or has a
    /// line that cannot be parsed.
    pub fn parse_with(text: &str, lists: &Lists) -> Result<Self, ParseError> {
        parse(text, lists).map(|tree| Self { tree })
    }

    /// Whether the query can never match, as far as this is cheap to detect: `* -*`, `ferry
    /// -ferry`.
    #[must_use]
    pub fn is_contradictory(&self) -> bool {
        self.tree.is_contradictory()
    }

    /// The words that were found, if the article and the numbers of its event match the query.
    #[must_use]
    pub fn matches(&self, article: &Prepared, numbers: &Numbers<'_>) -> Option<Matched> {
        evaluate(&self.tree, article, numbers)
    }
}
