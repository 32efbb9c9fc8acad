//! Articles, in short and in full.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{
    Agency, ArticleId, Class, CopyKind, DateDoubt, EventId, LanguageTag, Materiality, Outlet,
    OutputArticle, StoryId, Tag, TextMatch,
};

/// An article in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleBrief {
    /// Its id.
    pub id: ArticleId,
    /// Its sequence in `WF_FETCHED`.
    pub fetched: u64,
    /// Its story, as it stands now.
    pub story: StoryId,
    /// Its publisher.
    pub outlet: Outlet,
    /// Its title.
    pub title: String,
    /// Its language.
    pub language: LanguageTag,
    /// Its link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was first seen here.
    pub seen: Timestamp,
    /// When it was published, as the publisher claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
    /// What is wrong with the claimed time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_doubt: Option<DateDoubt>,
    /// What it is.
    pub class: Class,
    /// How much of it is copied; stands with `copy` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<CopyKind>,
    /// Whether it is long enough to be compared.
    pub comparable: bool,
    /// The earlier article that it shares most with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strongest: Option<TextMatch>,
    /// The agency behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<Agency>,
    /// The article with the item's text before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_of: Option<ArticleId>,
    /// Whether it changes what is known, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub material: Option<Materiality>,
    /// Whether it stood in its feed at the first good poll.
    pub baseline: bool,
    /// Whether its page says that it is not free to everybody; of that page only the lead is kept.
    #[serde(default)]
    pub paywalled: bool,
}

/// `GET /api/v1/articles/{id}`: everything about an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleDetail {
    /// `wirefold.api.article/1`.
    pub schema: Tag<Self>,
    /// Its story, as it stands now.
    pub story: StoryId,
    /// Its event, as it stands now.
    pub event: EventId,
    /// The article as it stands in the output stream, with as much text as the reader may have.
    pub output: OutputArticle,
    /// Whether its text is kept no longer.
    pub text_gone: bool,
}

/// `GET /api/v1/articles?url=`: the articles behind a link, the newest version first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleList {
    /// `wirefold.api.articles/1`.
    pub schema: Tag<Self>,
    /// The articles.
    pub articles: Vec<ArticleBrief>,
}

super::api_message!(ArticleDetail = "article", ArticleList = "articles");
