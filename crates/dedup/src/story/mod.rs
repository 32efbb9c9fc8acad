//! Stories: one text and its copies.
//!
//! The judgements about articles come in; which articles form one story, which of them stands for it and
//! whose text it is go out. It never knows what a story is about.

pub(crate) mod agency;
pub(crate) mod apart;
pub(crate) mod folds;
pub(crate) mod stories;

use crate::ids::DocId;

/// Two stories, or two events, that became one. Each is named by its first article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// The one whose id stays.
    pub older: DocId,
    /// The one that redirects to it.
    pub younger: DocId,
}

/// Articles that people took out of their story, or page chrome recognised late, to form one of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The story that they were in.
    pub from: DocId,
    /// The story that they form.
    pub into: DocId,
    /// The articles, in order.
    pub moved: Vec<DocId>,
}
