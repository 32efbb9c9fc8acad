//! `status`.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use wirefold_flow::BusError;
use wirefold_proto::{FeedHealth, FeedRecord, HEALTH_KEY, HealthReport, Tag, decode, streams};

use super::request::answer;
use super::{Api, Handled};
use crate::inner::Inner;
use crate::shapes::{FeedCounts, HealthStatus, PageStatus, Status};

pub(super) async fn get(State(api): State<Api>) -> Handled<Response> {
    answer(&status(&api.inner).await?)
}

/// How the whole is doing.
pub(crate) async fn status(inner: &Inner) -> Handled<Status> {
    let now = inner.clock.now();
    let hour = inner.projection.counts_since(now.minus(Duration::from_hours(1))).await?;
    let output = inner.bus.stream_state(streams::OUTPUT.name).await?;
    let dead = inner.bus.stream_state(streams::DEAD.name).await?;
    let place = *inner.place.borrow();
    Ok(Status {
        schema: Tag::new(),
        release: inner.settings.release.clone(),
        demo: inner.settings.demo,
        at: inner.now(),
        uptime_seconds: now.since(inner.started).as_secs(),
        hour,
        feeds: count(&inner.feeds().await?.into_records()),
        articles: inner.projection.article_count().await?,
        alerts: inner.projection.alert_counts().await?,
        dead: dead.messages,
        sequence: place,
        lag: output.last.saturating_sub(place),
        health: health(inner).await?,
        page: PageStatus {
            address: inner.settings.base_url.clone(),
            asks_for_tokens: inner.settings.gate.is_some(),
        },
    })
}

/// What is wrong, as the alerter wrote it down last.
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
