//! `stories`.

use axum::extract::{Path, State};
use axum::response::Response;

use super::asked::{Asked, ListQuery, answer};
use super::{Api, Handled, Refusal, found};

pub(super) async fn list(
    State(api): State<Api>,
    Asked(query): Asked<ListQuery>,
) -> Handled<Response> {
    answer(&api.inner.projection.stories(query.paging()?).await?)
}

pub(super) async fn one(State(api): State<Api>, Path(given): Path<String>) -> Handled<Response> {
    let id = found::story(&api.inner, &given).await?;
    let story = api.inner.projection.story(id).await?;
    answer(&story.ok_or_else(|| Refusal::not_found(format!("no story {given:?}")))?)
}
