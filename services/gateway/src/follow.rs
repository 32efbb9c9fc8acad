//! Reads the streams and updates the projection, and the table `wf_stories` for other programs.
//!
//! The table follows the output behind the projection, which knows the state of a story after merges and splits. It
//! stores its position in itself. After a crash it writes the missing states again; writing a state twice changes
//! nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio_util::sync::CancellationToken;
use wirefold_flow::{
    Backoff, BusError, Event, KeyValue, OrderedReader, Position, Stored, UnixMillis, rolled_back,
};
use wirefold_proto::{
    Alert, DecodeError, EnrichedText, EventId, OutputCommand, OutputForgotten, REVISION_HEADER,
    StoryChange, StoryId, StoryRecord, Subject, SubscriptionId, Tag, Target, decode, encode,
    name_of, streams,
};

use crate::api::kept;
use crate::gateway::GatewayError;
use crate::metrics;
use crate::projection::{Batch, Change, FILE, ProjectionError};
use crate::state::AppState;

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
pub(crate) async fn run(app: &Arc<AppState>, stop: &CancellationToken) -> Result<(), GatewayError> {
    let ended = stop.child_token();
    let follow = |stream| {
        let ended = ended.clone();
        async move {
            let read = || read_on(app, stream, &ended);
            let followed = retry_until_done(app, stream, &ended, read).await;
            // The first task that ends stops the others.
            ended.cancel();
            followed
        }
    };
    let tables = async {
        if !app.settings.tables {
            return Ok(());
        }
        let read = || read_on_for_tables(app, &ended);
        let written = retry_until_done(app, streams::OUTPUT.name, &ended, read).await;
        ended.cancel();
        written
    };
    let (output, alerts, tables, (), ()) = tokio::join!(
        follow(streams::OUTPUT.name),
        follow(streams::ALERTS.name),
        tables,
        send_heartbeats(app, &ended),
        kept::run(app, &ended),
    );
    output.and(alerts).and(tables)
}

/// Runs a task until it succeeds. It reports errors that may pass, and waits them out.
pub(crate) async fn retry_until_done<F>(
    app: &AppState,
    stream: &'static str,
    stop: &CancellationToken,
    mut work: impl FnMut() -> F,
) -> Result<(), GatewayError>
where
    F: Future<Output = Result<(), GatewayError>>,
{
    let (mut backoff, mut since) = (RETRY, app.clock.now());
    while let Err(error) = work().await {
        if !may_pass(&error) {
            return Err(error);
        }
        tell(app, stream, &error);
        let now = app.clock.now();
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
            () = app.clock.sleep_until(now.plus(wait)) => {}
        }
    }
    Ok(())
}

/// Reports a failing bus, and a disk that is full or refuses writes, to the observer.
fn tell(app: &AppState, stream: &'static str, error: &GatewayError) {
    match error {
        GatewayError::Bus(error) => app.observer.observe(NAME, Event::of_failure(error)),
        error if is_full(error) => {
            app.observer.observe(NAME, Event::BusFailed(&BusError::DiskFull));
        }
        error if is_of_the_disk(error) => {
            let what = format!("{FILE}, which the page is made of, cannot be written: {error}");
            app.observer.observe(NAME, Event::BusFailed(&BusError::Unavailable(what)));
        }
        error => tracing::warn!(stream, %error, "projection stopped, trying again"),
    }
}

async fn read_on(
    app: &AppState,
    stream: &'static str,
    stop: &CancellationToken,
) -> Result<(), GatewayError> {
    let generation = app.projection.generation();
    let reached = app.projection.reached(stream).await?;
    let mut from = reached.sequence + 1;
    if stream == streams::OUTPUT.name {
        app.projected_sequence.send_replace(reached.sequence);
    }
    if let Some(how) = rolled_back(&*app.bus, stream, &reached).await? {
        app.observer.observe(NAME, Event::rolled_back(stream, how));
        app.projection.begin_anew(stream).await?;
        from = 1;
        if stream == streams::OUTPUT.name {
            app.projected_sequence.send_replace(0);
        }
    }
    let mut reader = app.bus.read(stream, ">", from).await?;
    let mut ready = next_stored(app, stream, from - 1, &mut *reader).await?;
    loop {
        let messages = match ready.is_empty() {
            false => std::mem::take(&mut ready),
            true => tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                messages = reader.next(BATCH) => messages?,
            },
        };
        let Some(through) = messages.last().map(Position::from) else { continue };
        let sequence = through.sequence;
        let mut changes: Vec<Change> = messages.iter().filter_map(read).collect();
        load_texts(app, &mut changes).await?;
        app.projection.apply_into(generation, Batch { stream, through, changes }).await?;
        app.bus.mark_read(stream, NAME, sequence).await?;
        metrics::ROWS.add(messages.len() as u64, &[stream]);
        if stream == streams::OUTPUT.name {
            app.projected_sequence.send_replace(sequence);
            ready = next_stored(app, stream, sequence, &mut *reader).await?;
        }
    }
}

/// Loads the whole texts of articles, as far as they are still stored, so that the search finds their words.
async fn load_texts(app: &AppState, changes: &mut [Change]) -> Result<(), BusError> {
    let sequence = |change: &Change| match change {
        Change::Article { article, .. } => Some(article.input.enriched),
        _ => None,
    };
    let wanted: Vec<u64> = changes.iter().filter_map(sequence).collect();
    let found = match app.stored_each(streams::ENRICHED.name, &wanted).await {
        Err(BusError::NoStream(_)) => return Ok(()),
        found => found?,
    };
    let articles = changes.iter_mut().filter_map(|change| match change {
        Change::Article { article, text, .. } => Some((article, text)),
        _ => None,
    });
    for ((article, text), stored) in articles.zip(found) {
        if let Some(stored) = stored
            && let Some(read) = EnrichedText::decode(&stored.body)
            && read.id == article.id
        {
            *text = read.text;
        }
    }
    Ok(())
}

/// The messages after the last one that was read. If the stream has assigned later sequences and none of them
/// is stored, they were erased, and all of them count as read.
async fn next_stored(
    app: &AppState,
    stream: &'static str,
    read: u64,
    reader: &mut dyn OrderedReader,
) -> Result<Vec<Stored>, BusError> {
    if stream != streams::OUTPUT.name {
        return Ok(Vec::new());
    }
    let last = app.bus.stream_state(stream).await?.last;
    if last <= read {
        return Ok(Vec::new());
    }
    let ready = reader.ready(BATCH).await?;
    if ready.is_empty() {
        app.projected_sequence.send_replace(last);
    }
    Ok(ready)
}

/// A message as a change. Unreadable messages are reported and skipped.
fn read(message: &Stored) -> Option<Change> {
    if message.subject == Subject::output_epoch().as_str() {
        return None;
    }
    let left_out = |error: &DecodeError| {
        let is_alerts = message.stream == streams::ALERTS.name;
        let stream = if is_alerts { streams::ALERTS.name } else { streams::OUTPUT.name };
        metrics::UNREADABLE.add(1, &[stream]);
        tracing::warn!(stream, sequence = message.sequence, %error, "message left out of the projection");
    };
    change(message).inspect_err(left_out).ok()
}

/// The subscription whose message tells a revision, too.
fn told_by(message: &Stored) -> Option<SubscriptionId> {
    let header = message.headers.get(REVISION_HEADER)?;
    let metadata: serde_json::Value = serde_json::from_str(header).ok()?;
    metadata["told_by"]["subscription"].as_str()?.parse().ok()
}

/// A message as a change.
pub(crate) fn change(message: &Stored) -> Result<Change, DecodeError> {
    use wirefold_proto::Message as _;
    let body = &message.body;
    Ok(match &*name_of(body)? {
        Alert::NAME => {
            let (alert, told_by) = (Box::new(decode(body)?), told_by(message));
            Change::Alert { alert, body: body.clone(), told_by }
        }
        OutputForgotten::NAME => Change::Forgotten(Box::new(decode(body)?)),
        OutputCommand::NAME => Change::Command(Box::new(decode(body)?)),
        _ => Change::of_article(message, Box::new(decode(body)?)),
    })
}

fn may_pass(error: &GatewayError) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase};
    match error {
        // The next check reports it and reads the stream from its start.
        GatewayError::Bus(BusError::RolledBack { .. }) => true,
        GatewayError::Bus(error) => error.may_pass(),
        GatewayError::Failed(ProjectionError::BegunAnew) => true,
        error if is_full(error) || is_of_the_disk(error) => true,
        // A damaged file was created anew.
        error => {
            let code = code(error);
            matches!(code, Some(DatabaseBusy | DatabaseLocked | DatabaseCorrupt | NotADatabase))
        }
    }
}

/// Whether the file could not be written, read or synced. The next attempt may succeed, since the transaction
/// was rolled back.
fn is_of_the_disk(error: &GatewayError) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, SystemIoFailure};
    matches!(code(error), Some(CannotOpen | SystemIoFailure))
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
async fn send_heartbeats(app: &AppState, stop: &CancellationToken) {
    for beat in 0_u32.. {
        app.observer.observe(NAME, Event::Alive);
        if let Ok(state) = app.bus.stream_state(streams::OUTPUT.name).await {
            let lag = state.last.saturating_sub(*app.projected_sequence.borrow());
            metrics::LAG.set(lag as f64, &[]);
        }
        let now = app.clock.now();
        if beat.is_multiple_of(EXPIRY) {
            expire(app, now, stop).await;
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = app.clock.sleep_until(now.plus(HEARTBEAT)) => {}
        }
    }
}

async fn expire(app: &AppState, now: UnixMillis, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match app.projection.expire(now.minus(KEPT)).await {
            Ok(0) => return,
            Ok(articles) => tracing::debug!(articles, "old articles left the projection"),
            Err(error) => {
                tracing::warn!(%error, "old articles stay in the projection");
                return;
            }
        }
    }
}

/// The key of the last applied sequence.
const SEQUENCE_KEY: &str = "place";
/// Stories in one write. The number is small, because other stages write too.
const AT_ONCE: usize = 8;
/// The most stories that are written after a change of their event.
const STORIES_OF_EVENT: usize = 500;

async fn read_on_for_tables(app: &AppState, stop: &CancellationToken) -> Result<(), GatewayError> {
    let table = app.bus.key_value(streams::STORIES.name)?;
    let sequence = resume_sequence(app, &*table).await?;
    let mut reader = app.bus.read(streams::OUTPUT.name, ">", sequence + 1).await?;
    let mut projected = app.projected_sequence.subscribe();
    loop {
        let messages = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            messages = reader.next(BATCH) => messages,
        };
        if let Err(BusError::RolledBack { .. }) = messages {
            table.put(SEQUENCE_KEY, "0".into()).await?;
        }
        let messages = messages?;
        let Some(through) = messages.last().map(|message| message.sequence) else { continue };
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            // The sender lives as long as the gateway, so this cannot fail.
            _ = projected.wait_for(|shown| *shown >= through) => {}
        }
        let changed = changed_stories(app, &messages).await?;
        write_stories(app, &table, changed).await?;
        table.put(SEQUENCE_KEY, through.to_string().into()).await?;
    }
}

/// The sequence to continue from. A table that is ahead of the stream was filled from an earlier stream.
async fn resume_sequence(app: &AppState, table: &dyn KeyValue) -> Result<u64, BusError> {
    let kept = table.get(SEQUENCE_KEY).await?.and_then(|entry| entry.value);
    let kept = kept.and_then(|value| str::from_utf8(&value).ok()?.parse().ok()).unwrap_or(0);
    let last = app.bus.stream_state(streams::OUTPUT.name).await?.last;
    Ok(if kept > last { 0 } else { kept })
}

/// The stories that these messages change.
async fn changed_stories(
    app: &AppState,
    messages: &[Stored],
) -> Result<BTreeSet<StoryId>, GatewayError> {
    let mut articles = Vec::new();
    let mut stories = BTreeSet::new();
    let mut events = BTreeSet::<EventId>::new();
    let mut changed = Vec::new();
    // The projection has already reported unreadable messages.
    for change in messages.iter().filter_map(|message| change(message).ok()) {
        match change {
            Change::Article { article, .. } => {
                articles.push(article.id);
                changed.extend(article.changes);
            }
            Change::Forgotten(forgotten) => changed.extend(forgotten.changes),
            Change::Command(command) => {
                stories.extend(command.stories.iter().map(|after| after.story));
                changed.extend(command.changes);
            }
            Change::Alert { .. } => {}
        }
    }
    for change in changed {
        match change {
            StoryChange::Merged {
                from: Target::Event(from), into: Target::Event(into), ..
            } => {
                events.extend([from, into]);
            }
            StoryChange::Merged {
                from: Target::Story(from), into: Target::Story(into), ..
            }
            | StoryChange::Split { from, into, .. } => stories.extend([from, into]),
            StoryChange::Credited { story, .. }
            | StoryChange::Preferred { story, .. }
            | StoryChange::Lead { story, .. }
            | StoryChange::Quiet { target: Target::Story(story) } => stories.extend([story]),
            // The first concerns only the event, and the contract excludes the second.
            StoryChange::Quiet { target: Target::Event(_) } | StoryChange::Merged { .. } => {}
        }
    }
    // An article may now be in another story than the decision names.
    stories.extend(app.projection.articles(articles).await?.into_iter().map(|it| it.story));
    // A change of an event concerns all its stories.
    for event in events {
        let of_event = app.projection.stories_of_event(event, STORIES_OF_EVENT).await?;
        stories.extend(of_event.into_iter().map(|story| story.id));
    }
    Ok(stories)
}

/// Writes the current state of these stories. A story that is no longer shown is deleted.
async fn write_stories(
    app: &AppState,
    table: &Arc<dyn KeyValue>,
    stories: BTreeSet<StoryId>,
) -> Result<(), GatewayError> {
    let shown = app.projection.these_briefs(stories.iter().copied().collect()).await?;
    let mut shown: BTreeMap<_, _> = shown.into_iter().map(|story| (story.id, story)).collect();
    let states = stories.into_iter().map(|id| (id, shown.remove(&id)));
    let writes = states.map(|(id, story)| async move {
        let key = format!("story.{id}");
        let Some(story) = story else { return table.delete(&key).await.map(drop) };
        // A story too large for a message stays as it is.
        let Ok(value) = encode(&StoryRecord { schema: Tag::new(), story }) else { return Ok(()) };
        table.put(&key, value.into()).await.map(drop)
    });
    let written = stream::iter(writes).buffer_unordered(AT_ONCE);
    Ok(written.try_collect().await?)
}
