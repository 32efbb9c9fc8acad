//! A parsed query.

use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use crate::document::Prepared;
use crate::error::ParseError;
use crate::lists::Lists;
use crate::numbers::Numbers;
use crate::parser::parse;
use crate::percolator::{Matched, Percolator};
use crate::tree::Node;

/// A parsed query of the subscription language.
#[derive(Debug, Clone)]
pub struct Query {
    pub(crate) tree: Node,
    /// A percolator with this query alone, from its first match on.
    alone: OnceLock<Arc<Percolator<()>>>,
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
        parse(text, lists).map(|tree| Self { tree, alone: OnceLock::new() })
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
            alone.insert_tree((), &self.tree);
            Arc::new(alone)
        });
        alone.matches(article, |()| *numbers).pop().map(|hit| hit.matched)
    }
}

impl<Id: Ord + Clone + Hash> Percolator<Id> {
    /// Adds a query, or replaces the one with the same id.
    pub fn insert(&mut self, id: Id, query: &Query) {
        self.insert_tree(id, &query.tree);
    }
}
