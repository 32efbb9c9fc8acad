//! The decision about a new article.
//!
//! The judge's rules decide; stories and verdicts read the decision. The module never knows the reasons.

use crate::ids::DocId;

/// How much of one text is in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopyKind {
    /// The texts are equal after normalisation.
    Exact,
    /// Most of one text is in the other.
    Reprint,
    /// A substantial part of one text is in the other.
    Partial,
}

/// The decision about a new article.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Decision {
    /// Not a copy: its text is its own.
    #[default]
    Own,
    /// A copy of an earlier article.
    Copy {
        /// The earlier article whose story it joins.
        of: DocId,
        /// How much of the text is copied.
        kind: CopyKind,
    },
    /// A changed text of the same item.
    Version {
        /// The version before.
        of: DocId,
    },
}

impl Decision {
    /// The earlier article through which the new one joins a story; `None` for a text of its own.
    pub(crate) fn joined(self) -> Option<DocId> {
        match self {
            Decision::Own => None,
            Decision::Copy { of, .. } | Decision::Version { of } => Some(of),
        }
    }
}
