//! Reads the streams and updates the projection.

mod tables;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_flow::{
    Backoff, BusError, Event, OrderedReader, Position, Stored, UnixMillis, rolled_back,
};
use wirefold_proto::{
    Alert, DecodeError, OutputArticle, OutputCommand, OutputStory, decode, name_of, streams,
};

use crate::error::GatewayError;
use crate::inner::Inner;
use crate::metrics;
use crate::projection::{Batch, Change, FILE, ProjectionError};

/// Messages applied in one transaction.
pub(crate) const BATCH: usize = 500;
/// The name in marks and heartbeats.
pub(crate) const NAME: &str = "gateway";
/// How long articles are shown.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// The time between heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// The time between deletions of old rows, in heartbeats.
const EXPIRY: u32 = 360;
/// The longest wait before a failed step is tried again.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const RETRY: Backoff = Backoff::new(Duration::from_secs(1), LONGEST_WAIT);

/// Follows both streams until stopped.
pub(crate) async fn run(inner: &Arc<Inner>, stop: &CancellationToken) -> Result<(), GatewayError> {
    let ended = stop.child_token();
    let follow = |stream| {
        let ended = ended.clone();
        async move {
            let followed = follow(inner, stream, &ended).await;
            // The first task that ends stops the others.
            ended.cancel();
            followed
        }
    };
    let tables = async {
        if !inner.settings.tables {
            return Ok(());
        }
        let written = tables::run(inner, &ended).await;
        ended.cancel();
        written
    };
    let (output, alerts, tables, ()) = tokio::join!(
        follow(streams::OUTPUT.name),
        follow(streams::ALERTS.name),
        tables,
        send_heartbeats(inner, &ended),
    );
    output.and(alerts).and(tables)
}

async fn follow(
    inner: &Inner,
    stream: &'static str,
    stop: &CancellationToken,
) -> Result<(), GatewayError> {
    retry_until_done(inner, stream, stop, || read_on(inner, stream, stop)).await
}

/// Runs a task until it succeeds. It reports errors that may pass, and waits them out.
pub(crate) async fn retry_until_done<F>(
    inner: &Inner,
    stream: &'static str,
    stop: &CancellationToken,
    mut work: impl FnMut() -> F,
) -> Result<(), GatewayError>
where
    F: Future<Output = Result<(), GatewayError>>,
{
    let (mut backoff, mut since) = (RETRY, inner.clock.now());
    while let Err(error) = work().await {
        if !may_pass(&error) {
            return Err(error);
        }
        tell(inner, stream, &error);
        let now = inner.clock.now();
        // After this time without an error, the next one counts as new.
        if now.since(since) > LONGEST_WAIT * 2 {
            backoff.reset();
        }
        since = now;
        // Two tasks that fail together should not try again together.
        let wait = backoff.next_wait_shortened(now.0);
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            () = inner.clock.sleep_until(now.plus(wait)) => {}
        }
    }
    Ok(())
}

/// Reports a failing bus, and a disk that is full or refuses writes, to the observer.
fn tell(inner: &Inner, stream: &'static str, error: &GatewayError) {
    match error {
        GatewayError::Bus(error) => inner.observer.observe(NAME, Event::of_failure(error)),
        error if is_full(error) => {
            inner.observer.observe(NAME, Event::BusFailed(&BusError::DiskFull));
        }
        error if is_of_the_disk(error) => {
            let what = format!("{FILE}, which the page is made of, cannot be written: {error}");
            inner.observer.observe(NAME, Event::BusFailed(&BusError::Unavailable(what)));
        }
        error => tracing::warn!(stream, %error, "projection stopped, trying again"),
    }
}

async fn read_on(
    inner: &Inner,
    stream: &'static str,
    stop: &CancellationToken,
) -> Result<(), GatewayError> {
    let generation = inner.projection.generation();
    let reached = inner.projection.reached(stream).await?;
    let mut from = reached.sequence + 1;
    if stream == streams::OUTPUT.name {
        inner.projected_sequence.send_replace(reached.sequence);
    }
    if let Some(how) = rolled_back(&*inner.bus, stream, &reached).await? {
        inner.observer.observe(NAME, Event::rolled_back(stream, how));
        inner.projection.begin_anew(stream).await?;
        from = 1;
        if stream == streams::OUTPUT.name {
            inner.projected_sequence.send_replace(0);
        }
    }
    let mut reader = inner.bus.read(stream, ">", from).await?;
    let mut ready = next_stored(inner, stream, from - 1, &mut *reader).await?;
    loop {
        let messages = match ready.is_empty() {
            false => std::mem::take(&mut ready),
            true => tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                messages = reader.next(BATCH) => messages?,
            },
        };
        let Some(through) = messages.last().map(Position::from) else {
            continue;
        };
        let sequence = through.sequence;
        let changes = messages.iter().filter_map(read).collect();
        inner.projection.apply_into(generation, Batch { stream, through, changes }).await?;
        inner.bus.mark_read(stream, NAME, sequence).await?;
        metrics::ROWS.add(messages.len() as u64, &[stream]);
        if stream == streams::OUTPUT.name {
            inner.projected_sequence.send_replace(sequence);
            ready = next_stored(inner, stream, sequence, &mut *reader).await?;
        }
    }
}

/// The messages after the last one that was read. If the stream has assigned later sequences and none of them
/// is stored, they were erased, and all of them count as read.
async fn next_stored(
    inner: &Inner,
    stream: &'static str,
    read: u64,
    reader: &mut dyn OrderedReader,
) -> Result<Vec<Stored>, BusError> {
    if stream != streams::OUTPUT.name {
        return Ok(Vec::new());
    }
    let last = inner.bus.stream_state(stream).await?.last;
    if last <= read {
        return Ok(Vec::new());
    }
    let ready = reader.ready(BATCH).await?;
    if ready.is_empty() {
        inner.projected_sequence.send_replace(last);
    }
    Ok(ready)
}

/// A message as a change. Unreadable messages are reported and skipped.
fn read(message: &Stored) -> Option<Change> {
    match change(message) {
        Ok(change) => Some(change),
        Err(error) => {
            let stream = known_name(&message.stream);
            metrics::UNREADABLE.add(1, &[stream]);
            tracing::warn!(stream, sequence = message.sequence, %error, "message left out of the projection");
            None
        }
    }
}

/// A message as a change.
pub(crate) fn change(message: &Stored) -> Result<Change, DecodeError> {
    use wirefold_proto::Message as _;
    let body = &message.body;
    match &*name_of(body)? {
        Alert::NAME => decode(body).map(|alert| {
            let body = body.clone();
            Change::Alert { alert: Box::new(alert), body }
        }),
        OutputStory::NAME => decode(body).map(|change| Change::Story(Box::new(change))),
        OutputCommand::NAME => decode(body).map(|command| Change::Command(Box::new(command))),
        _ => {
            let article: Box<OutputArticle> = Box::new(decode(body)?);
            Ok(Change::of_article(article, body.clone(), message.at))
        }
    }
}

fn known_name(stream: &str) -> &'static str {
    let is_alerts = stream == streams::ALERTS.name;
    if is_alerts { streams::ALERTS.name } else { streams::OUTPUT.name }
}

fn may_pass(error: &GatewayError) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    match error {
        // The next check reports it and reads the stream from its start.
        GatewayError::Bus(BusError::RolledBack { .. }) => true,
        GatewayError::Bus(error) => error.may_pass(),
        error => {
            let is_busy = matches!(code(error), Some(DatabaseBusy | DatabaseLocked));
            is_full(error) || is_of_the_disk(error) || is_busy || is_begun_anew(error)
        }
    }
}

/// Whether the file could not be written, read or synced. The next attempt may succeed, since the transaction
/// was rolled back.
fn is_of_the_disk(error: &GatewayError) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, SystemIoFailure};
    matches!(code(error), Some(CannotOpen | SystemIoFailure))
}

/// Whether the file was damaged and created anew.
fn is_begun_anew(error: &GatewayError) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error, GatewayError::Failed(ProjectionError::BegunAnew))
        || matches!(code(error), Some(DatabaseCorrupt | NotADatabase))
}

fn is_full(error: &GatewayError) -> bool {
    code(error) == Some(rusqlite::ErrorCode::DiskFull)
}

fn code(error: &GatewayError) -> Option<rusqlite::ErrorCode> {
    match error {
        GatewayError::Failed(ProjectionError::Sqlite(error)) => error.sqlite_error_code(),
        _ => None,
    }
}

/// Sends heartbeats with the lag, and deletes old rows.
async fn send_heartbeats(inner: &Inner, stop: &CancellationToken) {
    for beat in 0_u32.. {
        inner.observer.observe(NAME, Event::Alive);
        if let Ok(state) = inner.bus.stream_state(streams::OUTPUT.name).await {
            let lag = state.last.saturating_sub(*inner.projected_sequence.borrow());
            metrics::LAG.set(lag as f64, &[]);
        }
        let now = inner.clock.now();
        if beat.is_multiple_of(EXPIRY) {
            expire(inner, now, stop).await;
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = inner.clock.sleep_until(now.plus(HEARTBEAT)) => {}
        }
    }
}

async fn expire(inner: &Inner, now: UnixMillis, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match inner.projection.expire(now.minus(KEPT)).await {
            Ok(0) => return,
            Ok(articles) => tracing::debug!(articles, "old articles left the projection"),
            Err(error) => {
                tracing::warn!(%error, "old articles stay in the projection");
                return;
            }
        }
    }
}
