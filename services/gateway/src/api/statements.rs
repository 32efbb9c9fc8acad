//! `events/{id}/statements` and `stories/{id}/statements`.

use axum::extract::{Path, State};
use axum::response::Response;

use super::request::answer;
use super::{Api, ApiResult, found};

pub(super) async fn of_event(
    State(api): State<Api>,
    Path(given): Path<String>,
) -> ApiResult<Response> {
    let id = found::event(&api.inner, &given).await?;
    answer(&api.inner.projection.statements(id).await?)
}

pub(super) async fn of_story(
    State(api): State<Api>,
    Path(given): Path<String>,
) -> ApiResult<Response> {
    let story = found::story_brief(&api.inner, &given).await?;
    let statements = api.inner.projection.statements(story.event).await?;
    answer(&crate::statements::of_story(statements, story.id))
}
