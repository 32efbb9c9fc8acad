//! Stories: one text and its copies.
//!
//! Input: the judgements about articles. Output: the members of each story, and the agency behind a
//! text. This folder does not know what a story is about.

pub(crate) mod agency;
pub(crate) mod folds;
pub(crate) mod not_the_same;
pub(crate) mod stories;

use crate::ids::{DocId, StoryId};

/// Two stories, or two events, that were merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge<I> {
    /// The id of the result: the older one stays.
    pub older: I,
    /// The id that redirects to the older one.
    pub younger: I,
}

/// Articles that left their story to form a new one, by a manual override or by regrouping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The story that they left.
    pub from: StoryId,
    /// The new story.
    pub into: StoryId,
    /// The articles that left, in order.
    pub moved: Vec<DocId>,
}
