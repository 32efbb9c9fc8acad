//! `events/{id}/statements` and `stories/{id}/statements`.

use axum::extract::{Path, State};
use axum::response::Response;

use super::request::answer;
use super::{Api, Handled, Refusal, found};

pub(super) async fn of_event(
    State(api): State<Api>,
    Path(given): Path<String>,
) -> Handled<Response> {
    let id = found::event(&api.inner, &given).await?;
    answer(&api.inner.projection.statements(id).await?)
}

pub(super) async fn of_story(
    State(api): State<Api>,
    Path(given): Path<String>,
) -> Handled<Response> {
    let id = found::story(&api.inner, &given).await?;
    let story = api.inner.projection.story_brief(id).await?;
    let story = story.ok_or_else(|| Refusal::not_found(format!("no story {given:?}")))?;
    let statements = api.inner.projection.statements(story.event).await?;
    answer(&crate::statements::of_story(statements, story.id))
}
