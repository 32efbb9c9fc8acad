//! A parsed query.

use crate::document::Prepared;
use crate::error::ParseError;
use crate::evaluate::{Matched, evaluate};
use crate::lists::Lists;
use crate::numbers::Numbers;
use crate::parser::parse;
use crate::tree::Node;

/// A parsed query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(crate) tree: Node,
}

impl Query {
    /// Reads a query; see the [crate](crate) for the language.
    ///
    /// # Errors
    /// A [`ParseError`] that names the column and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, &Lists::default())
    }

    /// Reads a query that may name lists. What they bring counts towards the limits.
    ///
    /// # Errors
    /// As [`parse`](Self::parse) does; also where a list is not there, is empty, names itself or has a
    /// line that cannot be read.
    pub fn parse_with(text: &str, lists: &Lists) -> Result<Self, ParseError> {
        parse(text, lists).map(|tree| Self { tree })
    }

    /// Whether no article can ever be found, as far as that is cheap to see: `* -*`, `ferry -ferry`.
    #[must_use]
    pub fn is_contradictory(&self) -> bool {
        self.tree.is_contradictory()
    }

    /// The words found, where the article and the numbers of its event are as the query asks.
    #[must_use]
    pub fn matches(&self, article: &Prepared, numbers: &Numbers<'_>) -> Option<Matched> {
        evaluate(&self.tree, article, numbers)
    }
}
