//! `status`, `storage`, `/healthz` and `/readyz`: the state of the whole installation.

use std::time::Duration;

use axum::Json;
use jiff::Timestamp;
use wirefold_envelope::timestamp;
use wirefold_flow::BusError;
use wirefold_proto::{FeedHealth, FeedRecord, HEALTH_KEY, HealthReport, Tag, streams};

use crate::api::{Answer, Api, ApiResult};
use crate::refusal::Refusal;
use crate::shapes::{FeedCounts, HealthStatus, PageStatus, Status, StorageReport, StreamUse};
use crate::state::{AppState, Registry};

pub(super) async fn get_status(api: Api) -> Answer<Status> {
    Ok(Json(status(&api.app, &*api.app.feeds().await?).await?))
}

/// The state of the installation with these feeds. Projection and bus are queried at the same time, since each may be
/// slow under load.
pub(crate) async fn status(app: &AppState, feeds: &Registry<FeedRecord>) -> ApiResult<Status> {
    let now = app.clock.now();
    let place = *app.projected_sequence.borrow();
    let numbers = app.projection.numbers(now.minus(Duration::from_hours(1)));
    let state =
        |stream: &'static str| async move { Ok::<_, Refusal>(app.bus.stream_state(stream).await?) };
    let (numbers, output, dead, health) = tokio::try_join!(
        async { Ok::<_, Refusal>(numbers.await?) },
        state(streams::OUTPUT.name),
        state(streams::DEAD.name),
        async { Ok::<_, Refusal>(health(app).await?) },
    )?;
    Ok(Status {
        schema: Tag::new(),
        release: app.settings.release.clone(),
        demo: app.settings.demo,
        at: app.now(),
        uptime_seconds: now.since(app.started).as_secs(),
        hour: numbers.hour,
        feeds: count(feeds),
        articles: numbers.articles,
        alerts: numbers.alerts,
        dead: dead.messages,
        sequence: place,
        lag: output.last.saturating_sub(place),
        health,
        page: PageStatus {
            address: app.settings.base_url.clone(),
            asks_for_tokens: app.settings.gate.is_some(),
        },
    })
}

/// The last stored health report.
pub(super) async fn health(app: &AppState) -> Result<HealthStatus, BusError> {
    let report: Option<HealthReport> = app.record(streams::DELIVERIES.name, HEALTH_KEY).await?;
    Ok(report.map_or_else(HealthStatus::default, |HealthReport { at, conditions, .. }| {
        HealthStatus { at: Some(at), conditions }
    }))
}

fn count(feeds: &Registry<FeedRecord>) -> FeedCounts {
    let mut counts = FeedCounts::default();
    for feed in feeds.records() {
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

pub(super) async fn get_storage(api: Api) -> Answer<StorageReport> {
    let mut found = Vec::new();
    for stream in streams::STREAMS {
        match api.app.stream_use(stream.name).await {
            Ok(stream) => found.push(stream),
            // The stream is created with its first message.
            Err(BusError::NoStream(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Json(StorageReport { schema: Tag::new(), at: api.app.now(), streams: found }))
}

impl AppState {
    async fn stream_use(&self, name: &str) -> Result<StreamUse, BusError> {
        let state = self.bus.stream_state(name).await?;
        let is_empty = state.messages == 0;
        let (oldest, newest) = match is_empty {
            true => (None, None),
            false => {
                (self.stored_at(name, state.first).await?, self.stored_at(name, state.last).await?)
            }
        };
        let (messages, bytes) = (state.messages, state.bytes);
        Ok(StreamUse { name: name.to_owned(), messages, bytes, oldest, newest })
    }

    /// When a message was stored; `None` if it was dropped meanwhile.
    async fn stored_at(&self, stream: &str, sequence: u64) -> Result<Option<Timestamp>, BusError> {
        match self.bus.get(stream, sequence).await {
            Ok(stored) => Ok(Some(timestamp(stored.at))),
            Err(BusError::Gone { .. } | BusError::NotYet { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// How long the bus may take to answer.
const BUS_TIME: Duration = Duration::from_secs(2);
/// The most messages that the projection may lag behind.
const LAG: u64 = 1_000;

/// Answers whenever the process is alive.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Answers if bus and projection work.
pub(super) async fn ready(api: Api) -> ApiResult<&'static str> {
    if let Some(problem) = api.app.settings.condition.problem() {
        return Err(Refusal::busy(problem));
    }
    let state = api.app.bus.stream_state(streams::OUTPUT.name);
    let state = tokio::time::timeout(BUS_TIME, state).await;
    let state = state.map_err(|_| Refusal::busy("the bus does not answer in time"))?;
    let state = state.map_err(|error| Refusal::busy(error.to_string()))?;
    let lag = state.last.saturating_sub(*api.app.projected_sequence.borrow());
    if lag > LAG {
        return Err(Refusal::busy(format!("{lag} messages behind the output stream")));
    }
    Ok("ready\n")
}
