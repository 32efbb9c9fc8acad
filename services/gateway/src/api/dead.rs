//! `dead`: the dead letters.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use wirefold_flow::BusError;
use wirefold_proto::{DeadLetter, Tag, decode, streams};

use super::request::{QueryParameters, answer};
use super::{Api, ApiResult, Refusal};
use crate::inner::Inner;
use crate::shapes::{DeadDetail, DeadPage, DeadRow, Replayed};

/// The query of a list of dead letters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeadQuery {
    limit: Option<usize>,
    /// Only those before this sequence.
    before: Option<u64>,
}

pub(super) async fn list(
    State(api): State<Api>,
    QueryParameters(query): QueryParameters<DeadQuery>,
) -> ApiResult<Response> {
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let state = api.inner.bus.stream_state(streams::DEAD.name).await?;
    let replayed = api.inner.replayed_letters(state.first).await?;
    let end = query.before.unwrap_or(u64::MAX).min(state.last.saturating_add(1));
    let mut dead = Vec::new();
    for sequence in (state.first.max(1)..end).rev().filter(|it| !replayed.contains(*it)) {
        if dead.len() == limit {
            break;
        }
        // Messages of other kinds, such as advisories of the server, are skipped.
        if let Ok(letter) = api.inner.dead_letter(sequence).await? {
            dead.push(DeadRow::of(sequence, DeadLetter { message: None, ..letter }));
        }
    }
    let kept = state.messages.saturating_sub(replayed.count());
    answer(&DeadPage { schema: Tag::new(), dead, kept })
}

pub(super) async fn one(State(api): State<Api>, Path(sequence): Path<u64>) -> ApiResult<Response> {
    let letter = api.inner.dead_letter(sequence).await??;
    let DeadRow { alert, letter, .. } = DeadRow::of(sequence, letter);
    answer(&DeadDetail { schema: Tag::new(), sequence, alert, letter })
}

pub(super) async fn replay(
    State(api): State<Api>,
    Path(sequence): Path<u64>,
) -> ApiResult<Response> {
    let letter = api.inner.dead_letter(sequence).await??;
    let outcome = api.inner.settings.replay.replay(letter, sequence).await;
    let outcome = outcome.map_err(Refusal::unprocessable)?;
    tracing::info!(sequence, outcome, "dead letter replayed");
    if let Err(error) = api.inner.note_replayed(sequence).await {
        tracing::warn!(sequence, %error, "replayed dead letter stays listed");
    }
    answer(&Replayed { schema: Tag::new(), sequence, outcome })
}

impl Inner {
    /// The dead letter with this sequence, or the refusal.
    pub(super) async fn dead_letter(&self, sequence: u64) -> ApiResult<ApiResult<DeadLetter>> {
        let none = || Refusal::not_found(format!("no dead letter {sequence}"));
        match self.bus.get(streams::DEAD.name, sequence).await {
            Ok(stored) => Ok(decode(&stored.body).map_err(|_| none())),
            Err(BusError::NotYet { .. }) => Ok(Err(none())),
            Err(BusError::Gone { .. }) => {
                Ok(Err(Refusal::gone(format!("dead letter {sequence} is gone"))))
            }
            Err(error) => Err(error.into()),
        }
    }
}
