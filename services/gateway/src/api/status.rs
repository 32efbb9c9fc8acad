//! `status`: the state of the whole installation.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use wirefold_flow::BusError;
use wirefold_proto::{FeedHealth, FeedRecord, HEALTH_KEY, HealthReport, Tag, decode, streams};

use super::request::answer;
use super::{Api, ApiResult};
use crate::inner::Inner;
use crate::refusal::Refusal;
use crate::shapes::{FeedCounts, HealthStatus, PageStatus, Status};

pub(super) async fn get(State(api): State<Api>) -> ApiResult<Response> {
    answer(&status(&api.inner).await?)
}

/// The state of the installation.
pub(crate) async fn status(inner: &Inner) -> ApiResult<Status> {
    status_with(inner, &inner.feeds().await?.into_records()).await
}

/// The same with known feeds. Projection and bus are queried at the same time, since each may be slow under
/// load.
pub(crate) async fn status_with(inner: &Inner, feeds: &[FeedRecord]) -> ApiResult<Status> {
    let now = inner.clock.now();
    let place = *inner.projected_sequence.borrow();
    let numbers = inner.projection.numbers(now.minus(Duration::from_hours(1)));
    let state = |stream: &'static str| async move {
        Ok::<_, Refusal>(inner.bus.stream_state(stream).await?)
    };
    let (numbers, output, dead, health) = tokio::try_join!(
        async { Ok::<_, Refusal>(numbers.await?) },
        state(streams::OUTPUT.name),
        state(streams::DEAD.name),
        async { Ok::<_, Refusal>(health(inner).await?) },
    )?;
    Ok(Status {
        schema: Tag::new(),
        release: inner.settings.release.clone(),
        demo: inner.settings.demo,
        at: inner.now(),
        uptime_seconds: now.since(inner.started).as_secs(),
        hour: numbers.hour,
        feeds: count(feeds),
        articles: numbers.articles,
        alerts: numbers.alerts,
        dead: dead.messages,
        sequence: place,
        lag: output.last.saturating_sub(place),
        health,
        page: PageStatus {
            address: inner.settings.base_url.clone(),
            asks_for_tokens: inner.settings.gate.is_some(),
        },
    })
}

/// The last stored health report.
async fn health(inner: &Inner) -> Result<HealthStatus, BusError> {
    let entry = inner.bus.key_value(streams::DELIVERIES.name)?.get(HEALTH_KEY).await?;
    let report = entry.and_then(|entry| decode::<HealthReport>(&entry.value?).ok());
    Ok(report.map_or_else(HealthStatus::default, |HealthReport { at, conditions, .. }| {
        HealthStatus { at: Some(at), conditions }
    }))
}

fn count(feeds: &[FeedRecord]) -> FeedCounts {
    let mut counts = FeedCounts::default();
    for feed in feeds {
        *match feed.health {
            FeedHealth::Waiting => &mut counts.waiting,
            FeedHealth::Good => &mut counts.good,
            FeedHealth::Failing => &mut counts.failing,
            FeedHealth::Gone => &mut counts.gone,
        } += 1;
        counts.set_aside += u32::from(feed.set_aside.is_some());
    }
    counts
}
