//! A query as a tree.

use crate::numbers::Comparison;
use crate::term::Term;

/// A query as a tree, at most [`MAX_DEPTH`](crate::MAX_DEPTH) groups deep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// Every article.
    All,
    Term(Term),
    /// Two terms of title and text with at most `words` words from one to the other.
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
    /// Whether a match needs something that must be there.
    pub(crate) fn is_positive(&self) -> bool {
        match self {
            Self::All | Self::Term(_) | Self::Near { .. } | Self::Compare(_) => true,
            Self::Not(_) => false,
            Self::And(parts) => parts.iter().any(Self::is_positive),
            Self::Or(parts) => parts.iter().all(Self::is_positive),
        }
    }

    /// Whether it has an OR outside negations.
    pub(crate) fn has_alternatives(&self) -> bool {
        match self {
            Self::Or(_) => true,
            Self::And(parts) => parts.iter().any(Self::has_alternatives),
            _ => false,
        }
    }

    /// Whether it requires something and its absence, as far as this is cheap to detect.
    pub(crate) fn is_contradictory(&self) -> bool {
        match self {
            Self::All | Self::Term(_) | Self::Near { .. } | Self::Compare(_) => false,
            Self::Not(part) => part.matches_everything(),
            Self::And(parts) => {
                let mut required = Vec::new();
                parts.iter().for_each(|part| part.conjuncts(&mut required));
                let is_required = |node: &Self| required.contains(&node);
                required.iter().any(|part| match part {
                    // A term with a hyphen has two spellings. The query may require both or one of
                    // them.
                    Self::Not(negated) => {
                        is_required(negated)
                            || negated.alternatives().iter().any(is_required)
                            || part.is_contradictory()
                    }
                    other => other.is_contradictory(),
                })
            }
            Self::Or(parts) => parts.iter().all(Self::is_contradictory),
        }
    }

    fn matches_everything(&self) -> bool {
        self.alternatives().contains(&Self::All)
    }

    /// The parts of which one must match.
    fn alternatives(&self) -> &[Self] {
        match self {
            Self::Or(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }

    /// The parts that must all match, including those in groups.
    fn conjuncts<'a>(&'a self, found: &mut Vec<&'a Self>) {
        match self {
            Self::And(parts) => parts.iter().for_each(|part| part.conjuncts(found)),
            one => found.push(one),
        }
    }
}
