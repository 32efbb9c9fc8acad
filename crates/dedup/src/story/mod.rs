//! Stories: one text and its copies.
//!
//! The judgements about articles come in; which articles form one story, which of them stands for it and
//! whose text it is go out. It never knows what a story is about.

pub(crate) mod agency;
pub(crate) mod folds;
pub(crate) mod not_the_same;
pub(crate) mod stories;

use crate::ids::{DocId, StoryId};

/// Two stories, or two events, that became one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge<I> {
    /// The one whose id stays.
    pub older: I,
    /// The one that redirects to it.
    pub younger: I,
}

/// Articles that people took out of their story, or page chrome recognised late, to form one of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The story that they were in.
    pub from: StoryId,
    /// The story that they form.
    pub into: StoryId,
    /// The articles, in order.
    pub moved: Vec<DocId>,
}
