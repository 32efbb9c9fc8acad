//! `/healthz` and `/readyz`.

use std::time::Duration;

use axum::extract::State;
use wirefold_proto::streams;

use super::{Api, ApiResult, Refusal};

/// How long the bus may take to answer.
const BUS_TIME: Duration = Duration::from_secs(2);
/// The most messages that the projection may lag behind.
const LAG: u64 = 1_000;

/// Answers whenever the process is alive.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Answers if bus and projection work.
pub(super) async fn ready(State(api): State<Api>) -> ApiResult<&'static str> {
    if let Some(problem) = api.inner.settings.condition.problem() {
        return Err(Refusal::busy(problem));
    }
    let state = api.inner.bus.stream_state(streams::OUTPUT.name);
    let state = tokio::time::timeout(BUS_TIME, state).await;
    let state = state.map_err(|_| Refusal::busy("the bus does not answer in time"))?;
    let state = state.map_err(|error| Refusal::busy(error.to_string()))?;
    let lag = state.last.saturating_sub(*api.inner.projected_sequence.borrow());
    if lag > LAG {
        return Err(Refusal::busy(format!("{lag} messages behind the output stream")));
    }
    Ok("ready\n")
}
