//! Keeps the exports of events that alerted, because texts, output and alerts expire.
//!
//! An object of `wf_kept` is named `<event>-<milliseconds>`. It has all that wirefold knew of the event until that time.
//! Its first line is its row in the list, and the compressed export follows. The projection and the names say what is
//! due, so a kill repeats a write at most. A write reads the earlier object, whose texts may have expired elsewhere. That
//! object is deleted only after the new one is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::timestamp;
use wirefold_flow::{BusError, UnixMillis, read_object, write_object};
use wirefold_proto::{EventId, TextPolicy, decode, encode, streams};
use wirefold_text::Text;

use crate::api::request::Query;
use crate::api::{Answer, Api, ApiResult, export, handover};
use crate::projection::{Alerted, Cursor, Paging};
use crate::refusal::Refusal;
use crate::shapes::{EventExport, KeptPage, KeptRow};
use crate::state::AppState;

/// How long an event is quiet before its export is written.
const QUIET: Duration = Duration::from_hours(48);
/// After this time it is written although it is not quiet: texts are stored for at least 14 days.
const LONGEST: Duration = Duration::from_hours(9 * 24);
/// How far back commands are looked for. An event leaves the projection after that.
const COMMANDS: Duration = Duration::from_hours(30 * 24);
/// The time between two looks.
const INTERVAL: Duration = Duration::from_mins(10);
/// Fast, and about a third of the size.
const LEVEL: i32 = 3;

/// The name of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    /// The export has everything until this time.
    until: UnixMillis,
    event: EventId,
}

impl Name {
    fn parse(name: &str) -> Option<Self> {
        let (event, until) = name.rsplit_once('-')?;
        Some(Self { event: event.parse().ok()?, until: UnixMillis(until.parse().ok()?) })
    }

    fn cursor(&self) -> Cursor {
        Cursor::new(i64::try_from(self.until.0).unwrap_or(i64::MAX), self.event.to_string())
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.event, self.until.0)
    }
}

/// An object, read.
#[derive(Debug)]
pub struct Kept {
    /// Its row in the list.
    pub row: KeptRow,
    /// The export.
    pub export: EventExport,
}

impl Kept {
    /// Reads an object; `None` if this release cannot.
    #[must_use]
    pub fn read(object: &[u8]) -> Option<Self> {
        let end = object.iter().position(|byte| *byte == b'\n')?;
        let export = zstd::decode_all(object.get(end + 1..)?).ok()?;
        Some(Self { row: row_of(object)?, export: decode(&export).ok()? })
    }

    /// The object.
    ///
    /// # Errors
    /// The export is too large.
    pub fn written(&self) -> Result<Vec<u8>, std::io::Error> {
        let mut object = serde_json::to_vec(&self.row)?;
        object.push(b'\n');
        let mut packed = zstd::Encoder::new(object, LEVEL)?;
        packed.include_checksum(true)?;
        packed.write_all(&encode(&self.export).map_err(std::io::Error::other)?)?;
        packed.finish()
    }

    /// Finds title and statements again in the articles that it still has.
    pub fn restate(&mut self) {
        let EventExport { articles, left_out, statements, title, .. } = &mut self.export;
        let texts = articles.iter().filter_map(|it| Some((it.output.id, it.output.text.as_ref()?)));
        let texts = texts.map(|(id, text)| (id, Text::new(text))).collect();
        let stories: Vec<_> = articles.iter().map(|it| (it.story, it.output.clone())).collect();
        *statements = export::with_sentences(&stories, *left_out, &texts);
        *title = export::title(&stories);
        self.row.title.clone_from(title);
    }
}

pub(super) async fn list(api: Api, Query(page): Query<Paging>) -> Answer<KeptPage> {
    Ok(Json(api.app.kept_page(&page).await?))
}

fn row_of(object: &[u8]) -> Option<KeptRow> {
    serde_json::from_slice(object.split(|byte| *byte == b'\n').next()?).ok()
}

/// Writes the exports that are due and deletes those past this time, until it is stopped.
pub(crate) async fn run(app: &Arc<AppState>, stop: &CancellationToken) {
    let Some(keep) = app.settings.keep else { return };
    let work = async {
        loop {
            let next = app.clock.now().plus(INTERVAL);
            if let Err(refusal) = look(app, keep).await {
                tracing::warn!(error = refusal.explain().1, "exports are not kept, trying again");
            }
            app.clock.sleep_until(next).await;
        }
    };
    // An object whose writer is dropped changes nothing.
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = work => {}
    }
}

/// Writes the exports that are due, and deletes those past this time or replaced since.
pub(crate) async fn look(app: &Arc<AppState>, keep: Duration) -> ApiResult<()> {
    let now = app.clock.now();
    let (quiet, oldest) = (now.minus(QUIET), now.minus(keep));
    for stream in [streams::OUTPUT.name, streams::ALERTS.name] {
        if is_behind(app, stream, quiet).await? {
            return Ok(());
        }
    }
    let store = app.bus.objects(streams::KEPT.name)?;
    let mut newest = BTreeMap::new();
    for name in app.kept_names().await? {
        if *newest.entry(name.event).or_insert(name.until) > name.until || name.until < oldest {
            store.delete(&name.to_string()).await?;
        }
    }
    for event in alerted(app, now).await? {
        let kept = newest.get(&event.event).copied();
        let since = kept.unwrap_or(event.first_seen);
        let is_due = event.changed <= quiet || since <= now.minus(LONGEST);
        if is_due && kept < Some(event.changed) && event.changed >= oldest {
            let until = event.changed.min(quiet);
            if let Err(refusal) = write(app, &event, Name { until, event: event.event }).await {
                let (event, error) = (event.event, refusal.explain().1);
                tracing::warn!(%event, error, "export is not kept, trying again");
            }
        }
    }
    Ok(())
}

/// Whether the projection lacks a message from before this time.
async fn is_behind(app: &AppState, stream: &'static str, time: UnixMillis) -> ApiResult<bool> {
    let reached = app.projection.reached(stream).await?.sequence;
    let mut reader = app.bus.read(stream, ">", reached + 1).await?;
    Ok(reader.ready(1).await?.first().is_some_and(|unread| unread.at < time))
}

/// The events that an alert of a subscription with `keep` is about.
async fn alerted(app: &AppState, now: UnixMillis) -> ApiResult<Vec<Alerted>> {
    let records = app.subscriptions().await?.into_records().into_iter();
    let not_kept = records.filter(|it| it.subscription.keep == Some(false));
    let not_kept = not_kept.map(|it| it.subscription.id.to_string()).collect();
    let since = timestamp(now.minus(COMMANDS));
    let (commands, _) = handover::newest(app, since, |_, about| about.is_some()).await?;
    let commands = commands.into_iter().filter_map(|(sent, (_, about))| Some((sent.at, about?)));
    Ok(app.projection.alerted(not_kept, commands.collect()).await?)
}

async fn write(app: &Arc<AppState>, event: &Alerted, name: Name) -> ApiResult<()> {
    let export = app.export(event.event, app.now(), TextPolicy::Full).await?;
    let names: BTreeSet<&String> = export.alerts.iter().map(|it| &it.subscription).collect();
    let row = KeptRow {
        event: export.event,
        title: export.title.clone(),
        changed: timestamp(event.changed),
        subscriptions: names.into_iter().cloned().collect(),
    };
    let object = app.compute(move || Kept { row, export }.written()).await?;
    let object = object.map_err(|error| Refusal::failed(error.to_string()))?;
    let store = app.bus.objects(streams::KEPT.name)?;
    Ok(write_object(&*store, &name.to_string(), object.into()).await?)
}

impl AppState {
    /// The names of all objects, the newest first. An event may have several after a kill.
    async fn kept_names(&self) -> Result<Vec<Name>, BusError> {
        let names = self.bus.objects(streams::KEPT.name)?.names().await?;
        let mut names: Vec<Name> = names.iter().filter_map(|name| Name::parse(name)).collect();
        names.sort_unstable_by(|one, other| other.cmp(one));
        Ok(names)
    }

    /// The kept events whose id begins like this.
    pub(crate) async fn kept_events(&self, given: &str) -> Result<BTreeSet<EventId>, BusError> {
        let given = given.trim().to_ascii_lowercase();
        let digits = given.strip_prefix("e-").unwrap_or(&given);
        let mut events: BTreeSet<_> = self.kept_names().await?.iter().map(|it| it.event).collect();
        events.retain(|event| event.to_string()[2..].starts_with(digits));
        Ok(events)
    }

    /// The kept export of an event; `None` if there is none.
    pub(crate) async fn kept(&self, event: EventId) -> ApiResult<Option<EventExport>> {
        let names = self.kept_names().await?;
        let Some(name) = names.into_iter().find(|name| name.event == event) else {
            return Ok(None);
        };
        // Another gateway may have replaced it meanwhile: the next attempt finds its successor.
        let gone = || Refusal::busy(format!("the kept export of {event} is being replaced"));
        let store = self.bus.objects(streams::KEPT.name)?;
        let object = read_object(&*store, &name.to_string()).await?.ok_or_else(gone)?;
        let kept = self.compute(move || Kept::read(&object)).await?;
        let unreadable = || Refusal::failed(format!("the kept export of {event} cannot be read"));
        kept.map(|kept| Some(kept.export)).ok_or_else(unreadable)
    }

    /// The kept exports, the last changed first.
    pub(crate) async fn kept_page(&self, paging: &Paging) -> ApiResult<KeptPage> {
        let mut names = self.kept_names().await?;
        let mut known = BTreeSet::new();
        names.retain(|name| known.insert(name.event) && paging.is_after(&name.cursor()));
        names.truncate(paging.limit() + 1);
        let next = paging.cut(&mut names, Name::cursor);
        let store = self.bus.objects(streams::KEPT.name)?;
        let mut rows = Vec::with_capacity(names.len());
        for name in names {
            let Some(mut reader) = store.read(&name.to_string()).await? else { continue };
            // The first piece of an object is longer than any row.
            rows.extend(reader.next().await?.as_deref().and_then(row_of));
        }
        Ok(KeptPage { schema: wirefold_proto::Tag::new(), kept: rows, next })
    }
}
