//! `events/{id}/corrections` and `stories/{id}/corrections`.

use axum::extract::{Path, State};
use axum::response::Response;

use super::request::answer;
use super::{Api, ApiResult, Refusal, found};
use crate::corrections::{self, CorrectionsError};

pub(super) async fn of_event(
    State(api): State<Api>,
    Path(given): Path<String>,
) -> ApiResult<Response> {
    let id = found::event(&api.inner, &given).await?;
    answer(&corrections::of_event(&api.inner, id).await?)
}

pub(super) async fn of_story(
    State(api): State<Api>,
    Path(given): Path<String>,
) -> ApiResult<Response> {
    let story = found::story_brief(&api.inner, &given).await?;
    let corrections = corrections::of_event(&api.inner, story.event).await?;
    answer(&corrections::of_story(corrections, story.id))
}

impl From<CorrectionsError> for Refusal {
    fn from(error: CorrectionsError) -> Self {
        match error {
            CorrectionsError::Projection(error) => error.into(),
            CorrectionsError::Bus(error) => error.into(),
            CorrectionsError::Ending => Refusal::failed("the comparison broke off"),
        }
    }
}
