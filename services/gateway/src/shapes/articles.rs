//! Articles, in short and in full.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{
    Agency, ArticleId, Class, CopyKind, DateProblem, EventId, LanguageTag, Materiality, Outlet,
    OutputArticle, StoryId, Tag, TextMatch, outlet_label,
};

/// An article in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleBrief {
    /// Its id.
    pub id: ArticleId,
    /// Its sequence in `WF_FETCHED`.
    pub fetched: u64,
    /// Its current story.
    pub story: StoryId,
    /// The publisher to which the feed attributes it.
    pub outlet: Outlet,
    /// The site of that feed, if it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Outlet>,
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
    /// The problem with the claimed time. Version 1 called it `date_doubt`.
    #[serde(alias = "date_doubt", skip_serializing_if = "Option::is_none")]
    pub date_problem: Option<DateProblem>,
    /// Its class.
    pub class: Class,
    /// How much of it is copied; only for `copy`.
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
    /// The previous article of the same item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_of: Option<ArticleId>,
    /// Whether it changes what is known, and the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub material: Option<Materiality>,
    /// Whether it belongs to the baseline.
    pub baseline: bool,
    /// Whether its page says that it is not free to everybody; only the lead of that page is stored.
    #[serde(default)]
    pub paywalled: bool,
}

impl ArticleBrief {
    /// The outlet for people, with the site of the feed if that is another.
    #[must_use]
    pub fn outlet_label(&self) -> String {
        outlet_label(&self.outlet, self.via.as_ref())
    }
}

/// `GET /api/v1/articles/{id}`: everything about an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleDetail {
    /// `wirefold.api.article/2`.
    pub schema: Tag<Self>,
    /// Its current story.
    pub story: StoryId,
    /// Its current event.
    pub event: EventId,
    /// The article as in the output stream, with as much text as the reader may have.
    pub output: OutputArticle,
    /// Whether its text is no longer stored.
    pub text_gone: bool,
}

/// `GET /api/v1/articles?url=`: the articles behind a link, the newest version first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleList {
    /// `wirefold.api.articles/2`.
    pub schema: Tag<Self>,
    /// The articles.
    pub articles: Vec<ArticleBrief>,
}

super::api_message!(ArticleDetail = "article" / 2, ArticleList = "articles" / 2);
