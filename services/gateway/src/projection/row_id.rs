//! The ids that are looked up and merged, with their tables.

use std::fmt::Display;
use std::str::FromStr;

use wirefold_proto::{ArticleId, EventId, IdError, StoryId};

/// The id of an article, a story or an event, which is stored as text.
pub(crate) trait RowId:
    Copy + Eq + Display + FromStr<Err = IdError> + Send + 'static
{
    /// The table whose rows have such an id.
    const TABLE: &'static str;
    /// The beginning of the text.
    const PREFIX: &'static str;
    /// The word for people.
    const NAME: &'static str;
    /// Whether one can be merged into another.
    const IS_MERGED: bool;
}

impl RowId for ArticleId {
    const TABLE: &'static str = "articles";
    const PREFIX: &'static str = "a-";
    const NAME: &'static str = "article";
    const IS_MERGED: bool = false;
}

impl RowId for StoryId {
    const TABLE: &'static str = "stories";
    const PREFIX: &'static str = "s-";
    const NAME: &'static str = "story";
    const IS_MERGED: bool = true;
}

impl RowId for EventId {
    const TABLE: &'static str = "events";
    const PREFIX: &'static str = "e-";
    const NAME: &'static str = "event";
    const IS_MERGED: bool = true;
}
