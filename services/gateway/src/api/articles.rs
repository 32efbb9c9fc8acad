//! The routes below `articles`.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use wirefold_proto::{OutputArticle, Tag, TextPolicy};

use super::request::{QueryParameters, answer};
use super::{Api, ApiResult, Refusal, found};
use crate::api::Access;
use crate::projection::lead;
use crate::shapes::ArticleList;

/// The query for the articles behind a link.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AtQuery {
    url: String,
}

pub(super) async fn at(
    State(api): State<Api>,
    QueryParameters(query): QueryParameters<AtQuery>,
) -> ApiResult<Response> {
    let mut articles = api.inner.projection.articles_at(query.url.clone()).await?;
    if let Some(canonical) = wirefold_address::canonical(&query.url).filter(|_| articles.is_empty())
    {
        articles = api.inner.projection.articles_at(canonical).await?;
    }
    if articles.is_empty() {
        return Err(Refusal::not_found(format!("no article at {:?}", query.url)));
    }
    answer(&ArticleList { schema: Tag::new(), articles })
}

pub(super) async fn one(State(api): State<Api>, Path(given): Path<String>) -> ApiResult<Response> {
    let id = found::article(&api.inner, &given).await?;
    let mut detail = found::article_detail(&api.inner, id, &given).await?;
    let policy = api.text_policy();
    if policy != TextPolicy::None {
        match api.inner.fetched(detail.output.fetched).await? {
            Some(fetched) if fetched.id == id => detail.output.text = Some(fetched.text),
            _ => detail.text_gone = true,
        }
    }
    let held = if detail.text_gone { TextPolicy::Lead } else { TextPolicy::Full };
    show_text(&mut detail.output, policy.min(held));
    answer(&detail)
}

impl Api {
    /// How much of a text the reader may have.
    pub(super) fn text_policy(&self) -> TextPolicy {
        match self.access {
            Access::Network => self.inner.settings.text_policy,
            Access::Socket => TextPolicy::Full,
        }
    }
}

/// Cuts the text as the policy requires.
pub(super) fn show_text(article: &mut OutputArticle, policy: TextPolicy) {
    article.text_policy = policy;
    article.text = match policy {
        TextPolicy::None => None,
        TextPolicy::Lead => article.text.take().map(|text| lead(&text)),
        TextPolicy::Full => article.text.take(),
    };
}
