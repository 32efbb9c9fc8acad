//! The routes below `stories`.

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;

use super::request::{PageQuery, QueryParameters, answer, paging};
use super::{Api, ApiResult, Refusal, found};
use crate::projection::StoryFilter;

/// The query of a list of stories.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoriesQuery {
    limit: Option<usize>,
    cursor: Option<String>,
    q: Option<String>,
    outlet: Option<String>,
    language: Option<String>,
    since: Option<Timestamp>,
    min_outlets: Option<u32>,
}

pub(super) async fn list(
    State(api): State<Api>,
    QueryParameters(query): QueryParameters<StoriesQuery>,
) -> ApiResult<Response> {
    let paging = paging(query.limit, query.cursor.as_deref())?;
    let filter = StoryFilter {
        words: query.q.filter(|words| !words.trim().is_empty()),
        outlet: query.outlet,
        language: query.language,
        since: query.since,
        min_outlets: query.min_outlets.unwrap_or(0),
    };
    answer(&api.inner.projection.stories(paging, filter).await?)
}

pub(super) async fn one(
    State(api): State<Api>,
    Path(given): Path<String>,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> ApiResult<Response> {
    let paging = paging(query.limit, query.cursor.as_deref())?;
    let id = found::story(&api.inner, &given).await?;
    let story = api.inner.projection.story(id, paging).await?;
    answer(&story.ok_or_else(|| Refusal::not_found(format!("no story {given:?}")))?)
}
