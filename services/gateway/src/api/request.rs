//! Reads the query and the body of a request.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{ApiResult, Refusal};
use crate::projection::Paging;

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
