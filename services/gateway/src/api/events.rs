//! `events`.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::asked::{Asked, answer, paging};
use super::{Api, Handled, Refusal, found};

/// Which events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    limit: Option<usize>,
    cursor: Option<String>,
    q: Option<String>,
}

pub(super) async fn list(
    State(api): State<Api>,
    Asked(query): Asked<EventsQuery>,
) -> Handled<Response> {
    let paging = paging(query.limit, query.cursor.as_deref())?;
    let words = query.q.filter(|words| !words.trim().is_empty());
    answer(&api.inner.projection.events(paging, words).await?)
}

pub(super) async fn one(State(api): State<Api>, Path(given): Path<String>) -> Handled<Response> {
    let id = found::event(&api.inner, &given).await?;
    let event = api.inner.projection.event(id).await?;
    answer(&event.ok_or_else(|| Refusal::not_found(format!("no event {given:?}")))?)
}
