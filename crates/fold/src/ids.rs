//! The ids of articles, stories, events and outlets, tables by them, and what happened to them.

pub use wirefold_dedup::{DocId, EventId, IdTable, Merge, OutletId, Split, StoryId};

pub(crate) use wirefold_dedup::NotTheSame;
