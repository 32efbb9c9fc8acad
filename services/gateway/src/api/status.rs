//! `status`, `storage`, `/healthz` and `/readyz`: the state of the whole installation.

use std::time::Duration;

use axum::Json;
use futures_util::TryFutureExt as _;
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
    let (numbers, output, dead, health) = tokio::try_join!(
        app.projection.numbers(now.minus(Duration::from_hours(1))).map_err(Refusal::from),
        app.bus.stream_state(streams::OUTPUT.name).map_err(Refusal::from),
        app.bus.stream_state(streams::DEAD.name).map_err(Refusal::from),
        health(app).map_err(Refusal::from),
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
    let status = report.map(|it| HealthStatus { at: Some(it.at), conditions: it.conditions });
    Ok(status.unwrap_or_default())
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
        let (messages, bytes) = (state.messages, state.bytes);
        let (mut oldest, mut newest) = (None, None);
        if messages > 0 {
            // Both may be dropped meanwhile.
            oldest = self.stored(name, state.first).await?.map(|it| timestamp(it.at));
            newest = self.stored(name, state.last).await?.map(|it| timestamp(it.at));
        }
        Ok(StreamUse { name: name.to_owned(), messages, bytes, oldest, newest })
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
