//! A parsed query, and what it finds in an article.

use std::sync::{Arc, OnceLock};

use crate::document::Prepared;
use crate::error::ParseError;
use crate::lists::Lists;
use crate::numbers::Numbers;
use crate::parser::parse;
use crate::percolator::Percolator;
use crate::tree::Node;

/// A parsed query of the subscription language.
#[derive(Debug, Clone)]
pub struct Query {
    pub(crate) tree: Node,
    /// A percolator with this query alone, from its first match on.
    alone: OnceLock<Arc<Percolator<()>>>,
}

/// The reason why an article matches a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matched {
    /// The words, phrases and fields of the query that were found, as written in the query and in
    /// its order, each once.
    pub words: Vec<String>,
    /// Whether title and lede alone do not match: the text mentions it in passing.
    pub in_passing: bool,
}

impl Query {
    pub(crate) fn of(tree: Node) -> Self {
        Self { tree, alone: OnceLock::new() }
    }

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
        parse(text, lists).map(Self::of)
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
        let alone = self.alone.get_or_init(|| {
            let mut alone = Percolator::default();
            alone.insert((), self);
            Arc::new(alone)
        });
        alone.matches(article, |()| *numbers).pop().map(|hit| hit.matched)
    }
}
