//! The part of an article in the output that corrections need.

use jiff::Timestamp;
use serde::Deserialize;
use wirefold_proto::{Agency, ArticleId, EditorNote, Outlet, StoryId};

/// The parts of an article in the output that corrections need.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct NotedArticle {
    pub(crate) id: ArticleId,
    pub(crate) fetched: u64,
    pub(crate) article: Source,
    #[serde(default)]
    pub(crate) verdict: Judged,
    pub(crate) findings: Found,
}

/// Its publisher, and the article that it is a new version of.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Source {
    pub(crate) outlet: Outlet,
    pub(crate) via: Option<Outlet>,
    pub(crate) url: Option<String>,
    pub(crate) seen: Timestamp,
    pub(crate) version_of: Option<ArticleId>,
}

/// The original of its text.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Judged {
    pub(crate) agency: Option<Agency>,
}

/// The note in it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Found {
    pub(crate) note: Option<EditorNote>,
}

/// An article with its current story.
pub(crate) type InStory = (StoryId, NotedArticle);
