//! The part of an article in the output that corrections need.

use jiff::Timestamp;
use serde::Deserialize;
use wirefold_proto::{Agency, ArticleId, EditorNote, Outlet, StoryId};

/// An article, as far as corrections concern it: a part of what the output says of it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct NotedArticle {
    pub(crate) id: ArticleId,
    pub(crate) fetched: u64,
    pub(crate) article: Source,
    #[serde(default)]
    pub(crate) verdict: Judged,
    pub(crate) findings: Found,
}

/// Who publishes it, and what it is a new version of.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Source {
    pub(crate) outlet: Outlet,
    pub(crate) via: Option<Outlet>,
    pub(crate) url: Option<String>,
    pub(crate) seen: Timestamp,
    pub(crate) version_of: Option<ArticleId>,
}

/// Whose text it is.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Judged {
    pub(crate) agency: Option<Agency>,
}

/// The note in it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Found {
    pub(crate) note: Option<EditorNote>,
}

/// An article with the story that it is in now.
pub(crate) type InStory = (StoryId, NotedArticle);
