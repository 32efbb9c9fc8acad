//! Pushed articles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{ArticleId, Tag};

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
