//! Articles pushed in.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{ArticleId, Tag};

/// `POST /api/v1/articles`: one of these, an array of them, or one a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PushedText {
    /// The item's id at the sender; the same id with another text is a new version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The text, plain, paragraphs parted by an empty line.
    pub text: String,
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The publisher; absent: the registrable domain of `url`, else `push`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet: Option<String>,
    /// The link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
}

/// What became of pushed articles: all were stored, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PushAnswer {
    /// `wirefold.api.pushed/1`.
    pub schema: Tag<Self>,
    /// The articles.
    pub articles: Vec<PushedArticle>,
}

/// What became of one pushed article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PushedArticle {
    /// Its id here.
    pub id: ArticleId,
    /// The sender's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// What became of it.
    pub outcome: PushedOutcome,
}

/// What became of a pushed article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PushedOutcome {
    /// Stored now.
    Stored,
    /// It was here already; nothing was stored.
    Known,
}

super::api_message!(PushAnswer = "pushed");
