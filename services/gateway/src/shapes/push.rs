//! Pushed articles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{ArticleId, Tag};

/// The result of pushing articles: all were stored, in the given order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PushAnswer {
    /// `wirefold.api.pushed/1`.
    pub schema: Tag<Self>,
    /// The articles.
    pub articles: Vec<PushedArticle>,
}

/// The result for one pushed article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PushedArticle {
    /// Its id in wirefold.
    pub id: ArticleId,
    /// The sender's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// The result.
    pub outcome: PushedOutcome,
}

/// The result for a pushed article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PushedOutcome {
    /// Stored now.
    Stored,
    /// It was stored already; nothing was added.
    Known,
}

super::api_message!(PushAnswer = "pushed");
