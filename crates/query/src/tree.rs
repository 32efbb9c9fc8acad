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

    /// Whether it asks for something and for its absence, where that is cheap to see.
    pub(crate) fn is_contradictory(&self) -> bool {
        match self {
            Self::All | Self::Term(_) | Self::Near { .. } | Self::Compare(_) => false,
            Self::Not(part) => part.takes_everything(),
            Self::And(parts) => {
                let mut asked = Vec::new();
                parts.iter().for_each(|part| part.conjuncts(&mut asked));
                let is_asked = |node: &Self| asked.contains(&node);
                asked.iter().any(|part| match part {
                    // One with a hyphen is its two spellings: all of it is asked for, or one of them.
                    Self::Not(refused) => {
                        is_asked(refused)
                            || refused.alternatives().iter().any(is_asked)
                            || part.is_contradictory()
                    }
                    other => other.is_contradictory(),
                })
            }
            Self::Or(parts) => parts.iter().all(Self::is_contradictory),
        }
    }

    fn takes_everything(&self) -> bool {
        self.alternatives().contains(&Self::All)
    }

    /// The parts of which any will do.
    fn alternatives(&self) -> &[Self] {
        match self {
            Self::Or(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }

    /// The parts that all have to hold, those in groups too.
    fn conjuncts<'a>(&'a self, found: &mut Vec<&'a Self>) {
        match self {
            Self::And(parts) => parts.iter().for_each(|part| part.conjuncts(found)),
            one => found.push(one),
        }
    }
}
