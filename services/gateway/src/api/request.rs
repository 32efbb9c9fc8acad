//! Reads the query and the body of a request, and finds the article, story or event that an id means.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Query as AxumQuery, Request};
use axum::http::request::Parts;
use axum::response::IntoResponse;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wirefold_proto::{ArticleId, Tag};

use crate::api::{Api, ApiResult, Refusal, Reply};
use crate::projection::{IdLookup, Paging, RowId};
use crate::shapes::{ArticleDetail, StoryBrief};
use crate::state::AppState;

/// The longest time until the whole body has come.
const BODY_TIME: Duration = Duration::from_secs(30);
/// The most bytes of a command.
const COMMAND: usize = 128 * 1024;

impl FromRequestParts<Api> for Api {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        Ok(api.clone())
    }
}

/// The query of an address.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        let read = AxumQuery::<T>::try_from_uri(&parts.uri);
        Ok(Self(read.map_err(|error| Refusal::bad_request(error.body_text()))?.0))
    }
}

/// A command as JSON. An empty body has no fields.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> ApiResult<Self> {
        let body = body_of(request, COMMAND).await?;
        let read = serde_json::from_slice(if body.is_empty() { b"{}" } else { &body });
        read.map(Self).map_err(|error| Refusal::bad_request(error.to_string()))
    }
}

/// The query that selects a page of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    limit: Option<usize>,
    cursor: Option<String>,
}

impl PageQuery {
    pub(super) fn paging(&self) -> ApiResult<Paging> {
        paging(self.limit, self.cursor.as_deref())
    }
}

/// Parses the requested page.
pub(crate) fn paging(limit: Option<usize>, cursor: Option<&str>) -> ApiResult<Paging> {
    let broken = || Refusal::bad_request("`cursor` is not a value that a page gave as `next`");
    Paging::parse(limit, cursor).ok_or_else(broken)
}

/// The body, at most this many bytes.
pub(crate) async fn body_of(request: Request, most: usize) -> ApiResult<Bytes> {
    let read = tokio::time::timeout(BODY_TIME, to_bytes(request.into_body(), most)).await;
    match read {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if is_too_long(&error) => {
            Err(Refusal::too_large(format!("the body is over {most} bytes")))
        }
        Ok(Err(error)) => Err(Refusal::bad_request(format!("the body broke off: {error}"))),
        Err(_) => Err(Refusal::busy("the body did not come in time")),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    use std::error::Error as _;
    error.source().is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

/// An answer in JSON.
pub(crate) fn answer<T: serde::Serialize>(value: &T) -> Reply {
    let body = serde_json::to_vec(value).map_err(|error| Refusal::failed(error.to_string()))?;
    Ok(([(axum::http::header::CONTENT_TYPE, "application/json")], body).into_response())
}

impl AppState {
    /// The current id for an id or a prefix of one.
    pub(crate) async fn resolve_id<I: RowId>(&self, given: &str) -> ApiResult<I> {
        match self.projection.resolve_id(given.to_owned()).await? {
            IdLookup::One(id) => Ok(id),
            IdLookup::Many(candidates) => {
                let candidates = candidates.iter().map(I::to_string).collect();
                Err(Refusal::ambiguous(given, candidates))
            }
            IdLookup::Nothing => Err(Refusal::not_found(format!("no {} {given:?}", I::NAME))),
            IdLookup::TooShort => Err(Refusal::bad_request(format!(
                "{given:?} is too short: an id or 6 of its digits"
            ))),
        }
    }

    /// The story without its articles.
    pub(crate) async fn story_brief(&self, given: &str) -> ApiResult<StoryBrief> {
        let found = self.projection.story_brief(self.resolve_id(given).await?).await?;
        found.ok_or_else(|| Refusal::not_found(format!("no story {given:?}")))
    }

    /// The article with everything stored about it.
    pub(super) async fn article_detail(
        &self,
        id: ArticleId,
        given: &str,
    ) -> ApiResult<ArticleDetail> {
        let found = self.projection.articles(vec![id]).await?;
        if found.is_empty() {
            return Err(Refusal::not_found(format!("no article {given:?}")));
        }
        let expired = || Refusal::gone(format!("the record of {id} has expired"));
        let (story, output) = self.outputs(found).await?.pop().ok_or_else(expired)?;
        let current = self.projection.story_brief(story).await?;
        let event = current.map_or(output.verdict.event, |brief| brief.event);
        Ok(ArticleDetail { schema: Tag::new(), story, event, output, text_gone: false })
    }
}
