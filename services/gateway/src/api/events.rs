//! The routes below `events`.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::request::{PageQuery, QueryParameters, answer, paging};
use super::{Api, ApiResult, Refusal, found};
use crate::projection::{EventFilter, EventSort};

/// The query of a list of events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    limit: Option<usize>,
    cursor: Option<String>,
    q: Option<String>,
    subscription: Option<String>,
    outlet: Option<String>,
    language: Option<String>,
    min_outlets: Option<u32>,
    #[serde(default)]
    sort: EventSort,
}

pub(super) async fn list(
    State(api): State<Api>,
    QueryParameters(query): QueryParameters<EventsQuery>,
) -> ApiResult<Response> {
    let paging = paging(query.limit, query.cursor.as_deref())?;
    let filter = EventFilter {
        words: query.q.filter(|words| !words.trim().is_empty()),
        subscription: query.subscription,
        outlet: query.outlet,
        language: query.language,
        min_outlets: query.min_outlets.unwrap_or(0),
        sort: query.sort,
    };
    answer(&api.inner.projection.events(paging, filter).await?)
}

pub(super) async fn one(
    State(api): State<Api>,
    Path(given): Path<String>,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> ApiResult<Response> {
    let paging = paging(query.limit, query.cursor.as_deref())?;
    let id = found::event(&api.inner, &given).await?;
    let event = api.inner.projection.event(id, paging).await?;
    answer(&event.ok_or_else(|| Refusal::not_found(format!("no event {given:?}")))?)
}
