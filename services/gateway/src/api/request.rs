//! Reads the query and the body of a request, and finds the article, story or event that an id means.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wirefold_proto::{ArticleId, EventId, StoryId};

use crate::api::{ApiResult, Refusal};
use crate::projection::{IdLookup, Paging, RowId};
use crate::shapes::{ArticleDetail, StoryBrief};
use crate::state::AppState;

/// The longest time until the whole body has come.
const BODY_TIME: Duration = Duration::from_secs(30);

/// The query of an address.
pub(crate) struct QueryParameters<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for QueryParameters<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> ApiResult<Self> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        let reason = |error: axum::extract::rejection::QueryRejection| {
            Refusal::bad_request(error.body_text())
        };
        Ok(Self(read.map_err(reason)?.0))
    }
}

/// The query that selects a page of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    pub(super) limit: Option<usize>,
    pub(super) cursor: Option<String>,
}

/// Parses the requested page.
pub(super) fn paging(limit: Option<usize>, cursor: Option<&str>) -> ApiResult<Paging> {
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

/// A body of JSON.
pub(super) async fn json_of<T: DeserializeOwned>(request: Request, most: usize) -> ApiResult<T> {
    let body = body_of(request, most).await?;
    serde_json::from_slice(&body).map_err(|error| Refusal::bad_request(error.to_string()))
}

/// An answer in JSON.
pub(super) fn answer<T: serde::Serialize>(value: &T) -> ApiResult<Response> {
    let body = serde_json::to_vec(value).map_err(|error| Refusal::failed(error.to_string()))?;
    Ok(([(axum::http::header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// The id of the article with this id or prefix.
pub(crate) async fn article_id(app: &AppState, given: &str) -> ApiResult<ArticleId> {
    resolve_id(app, given).await
}

/// The current id of the story with this id or prefix.
pub(crate) async fn story_id(app: &AppState, given: &str) -> ApiResult<StoryId> {
    resolve_id(app, given).await
}

/// The story without its articles.
pub(super) async fn story_brief(app: &AppState, given: &str) -> ApiResult<StoryBrief> {
    let id = story_id(app, given).await?;
    let found = app.projection.story_brief(id).await?;
    found.ok_or_else(|| Refusal::not_found(format!("no story {given:?}")))
}

/// The article with everything stored about it.
pub(super) async fn article_detail(
    app: &AppState,
    id: ArticleId,
    given: &str,
) -> ApiResult<ArticleDetail> {
    let found = app.projection.article(id).await?;
    found.ok_or_else(|| Refusal::not_found(format!("no article {given:?}")))
}

/// The current id of the event with this id or prefix.
pub(super) async fn event_id(app: &AppState, given: &str) -> ApiResult<EventId> {
    resolve_id(app, given).await
}

async fn resolve_id<I: RowId>(app: &AppState, given: &str) -> ApiResult<I> {
    match app.projection.meaning(given.to_owned()).await? {
        IdLookup::One(id) => Ok(id),
        IdLookup::Many(candidates) => {
            let candidates = candidates.iter().map(I::to_string).collect();
            Err(Refusal::ambiguous(given, candidates))
        }
        IdLookup::Nothing => Err(Refusal::not_found(format!("no {} {given:?}", I::NAME))),
        IdLookup::TooShort => {
            Err(Refusal::bad_request(format!("{given:?} is too short: an id or 6 of its digits")))
        }
    }
}
