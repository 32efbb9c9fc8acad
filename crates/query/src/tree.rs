//! A query as a tree.

use crate::numbers::Comparison;
use crate::term::Term;

/// A query as a tree, at most [`MAX_DEPTH`](crate::MAX_DEPTH) groups deep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// Every article.
    All,
    Term(Term),
    /// Two terms of title and text with at most so many words from one to the other.
    Near {
        one: Term,
        other: Term,
        words: u32,
    },
    Compare(Comparison),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
}

impl Node {
    /// Whether it asks for something that must be there.
    pub(crate) fn is_positive(&self) -> bool {
        match self {
            Self::All | Self::Term(_) | Self::Near { .. } | Self::Compare(_) => true,
            Self::Not(_) => false,
            Self::And(parts) => parts.iter().any(Self::is_positive),
            Self::Or(parts) => parts.iter().all(Self::is_positive),
        }
    }
}
