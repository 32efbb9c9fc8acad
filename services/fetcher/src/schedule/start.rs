//! Starts the scheduler: joins the feeds of the configuration with the stored ones.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::JoinSet;
use wirefold_envelope::unix_millis;
use wirefold_flow::{
    BusError, Event, OrderedReader, Position, StageContext, UnixMillis, rolled_back,
};
use wirefold_proto::streams::CONTROL;
use wirefold_proto::{FeedHealth, FeedId, FeedRecord};

use super::commands::FILTER;
use super::{Scheduler, Table};
use crate::FetcherError;
use crate::backfill::Backfills;
use crate::hosts::Hosts;
use crate::interval::start_wait;
use crate::lists::Lists;
use crate::poll::{Poller, set_aside, set_aside_problem, waiting};
use crate::settings::Settings;

use crate::state::{Memo, ReadMark, StoredState};

/// How many records are written at one time.
const AT_ONCE: usize = 64;

impl Scheduler {
    /// Joins the feeds and lists of the configuration with the stored ones.
    pub(crate) async fn load(poller: Arc<Poller>) -> Result<Self, FetcherError> {
        let StoredState { feeds, read_marks, lists, backfills, control } =
            poller.store.load().await?;
        let (lists, gone) = Lists::plan(&poller.settings.lists, lists);
        let may_follow = lists.unread().next().is_some();
        let Plan { mut feeds, to_write, to_forget } = plan(&poller.settings, feeds, may_follow);
        for feed in &to_forget {
            tracing::info!(%feed, "feed is no longer configured and was forgotten");
            poller.store.forget(feed).await?;
        }
        write(&poller, to_write).await?;
        for record in lists.unread().filter(|record| !record.manual_overrides.is_empty()) {
            poller.store.put_list(record).await?;
        }
        for url in &gone {
            tracing::info!(list = url, "list of feeds is no longer configured and was forgotten");
            poller.store.forget_list(url).await?;
        }
        let commands = commands_after(&poller.context, control).await?;
        let now = poller.context.clock.now();
        handle_read_marks(&poller, &mut feeds, read_marks).await?;
        restore_pauses(&poller.hosts, &feeds);
        let table = table_of(feeds, now);
        table.count();
        let (polls, polled) = (JoinSet::new(), HashMap::new());
        let mut scheduler =
            Self { poller, table, lists, backfills: Backfills::default(), polls, polled, commands };
        backfills.into_iter().for_each(|backfill| scheduler.continue_backfill(backfill));
        Ok(scheduler)
    }
}

/// A reader of the commands after those that were carried out. If the stream went back in time, its
/// commands may have been carried out, and only new ones are read.
pub(super) async fn commands_after(
    context: &StageContext,
    carried_out: u64,
) -> Result<Box<dyn OrderedReader>, BusError> {
    let bus = &*context.bus;
    let reached = Position::at_sequence(carried_out);
    let from = match rolled_back(bus, CONTROL.name, &reached).await? {
        None => carried_out + 1,
        Some(how) => {
            context.observer.observe("fetcher", Event::rolled_back(CONTROL.name, how));
            how.last + 1
        }
    };
    bus.read(CONTROL.name, FILTER, from).await
}

/// The feeds to poll, and the changes to the stored state.
#[derive(Default)]
struct Plan {
    feeds: Vec<(FeedRecord, Memo)>,
    to_write: Vec<FeedRecord>,
    to_forget: Vec<FeedId>,
}

/// Joins the configured feeds with the stored ones. `may_follow`: there is a list that was never read,
/// which may replace one that is no longer configured. Until it is read, the feeds of the old list and
/// their state stay.
fn plan(
    settings: &Settings,
    mut remembered: HashMap<FeedId, (FeedRecord, Memo)>,
    may_follow: bool,
) -> Plan {
    let mut plan = Plan::default();
    let is_list = |url: &String| settings.lists.iter().any(|list| list.url == *url);
    for configured in &settings.feeds {
        let feed = &configured.feed;
        let managed_by = Some(configured.managed_by.clone());
        let before = remembered.remove(&feed.id);
        let same_address = before.filter(|(record, _)| record.feed.url == feed.url);
        let (record, memo) = match same_address {
            Some((known, memo)) => {
                let lists = known.lists.iter().filter(|it| is_list(it)).cloned().collect();
                let record = FeedRecord { feed: feed.clone(), managed_by, lists, ..known.clone() };
                if record == known {
                    plan.feeds.push((record, memo));
                    continue;
                }
                (record, memo)
            }
            None => (waiting(feed.clone(), managed_by, settings), Memo::default()),
        };
        plan.to_write.push(record.clone());
        plan.feeds.push((record, memo));
    }
    for (feed, (record, memo)) in remembered {
        let is_manual = record.managed_by.is_none() && record.lists.is_empty();
        let lists: Vec<String> = record.lists.iter().filter(|it| is_list(it)).cloned().collect();
        if lists.is_empty() && !is_manual {
            match may_follow && !record.lists.is_empty() {
                true => plan.feeds.push((record, memo)),
                false => plan.to_forget.push(feed),
            }
            continue;
        }
        // A feed that a file defined before may still be in a list.
        let kept = FeedRecord { managed_by: None, lists, ..record.clone() };
        if kept != record {
            plan.to_write.push(kept.clone());
        }
        plan.feeds.push((kept, memo));
    }
    plan
}

/// Feeds that were being parsed when the last process died are parsed alone. A feed that was parsed
/// alone then is set aside.
async fn handle_read_marks(
    poller: &Poller,
    feeds: &mut [(FeedRecord, Memo)],
    read_marks: HashMap<FeedId, ReadMark>,
) -> Result<(), FetcherError> {
    let now = poller.context.clock.now();
    for (feed, _) in read_marks.iter().filter(|(_, mark)| mark.is_alone) {
        if let Some((record, _)) = feeds.iter_mut().find(|(record, _)| record.feed.id == *feed) {
            *record = set_aside(record.clone(), now);
            poller.store.put_record(record).await?;
        }
        poller.store.forget_read_mark(feed).await?;
    }
    // Logged at each start, because people may not have seen the last one.
    for (record, _) in feeds.iter().filter(|(record, _)| record.set_aside.is_some()) {
        let feed = &record.feed.id;
        tracing::error!(%feed, "{}", set_aside_problem(feed));
    }
    let suspects = read_marks.into_iter().filter(|(_, mark)| !mark.is_alone).map(|(feed, _)| feed);
    poller.parse_gate.suspect(suspects);
    Ok(())
}

/// Restores the times until which hosts want no requests. They apply to all feeds of a host.
fn restore_pauses(hosts: &Hosts, feeds: &[(FeedRecord, Memo)]) {
    for (record, memo) in feeds {
        let address = url::Url::parse(memo.address(&record.feed.url));
        if let (Ok(url), Some(until)) = (address, memo.left_alone) {
            hosts.pause(&url, UnixMillis(until));
        }
    }
}

/// Writes many records, [`AT_ONCE`] at a time.
pub(crate) async fn write(
    poller: &Arc<Poller>,
    records: Vec<FeedRecord>,
) -> Result<(), FetcherError> {
    let mut writing = JoinSet::new();
    for record in records {
        if writing.len() == AT_ONCE {
            written_result(writing.join_next().await)?;
        }
        let store = poller.store.clone();
        writing.spawn(async move { store.put_record(&record).await });
    }
    while let Some(written) = writing.join_next().await {
        written_result(Some(written))?;
    }
    Ok(())
}

fn written_result(
    written: Option<Result<Result<(), BusError>, tokio::task::JoinError>>,
) -> Result<(), FetcherError> {
    match written {
        Some(Ok(written)) => Ok(written?),
        Some(Err(_)) | None => Ok(()),
    }
}

/// The table of feeds. Polls that are overdue are spread over the first minute, always in the same way.
fn table_of(feeds: Vec<(FeedRecord, Memo)>, now: UnixMillis) -> Table {
    let due = |record: &FeedRecord| record.next_poll.map_or(UnixMillis(0), unix_millis);
    let is_idle =
        |record: &FeedRecord| record.health == FeedHealth::Gone || record.set_aside.is_some();
    let overdue = feeds.iter().filter(|(record, _)| !is_idle(record) && due(record) <= now).count();
    let mut table = Table::default();
    for (record, memo) in feeds {
        let due = match due(&record) {
            _ if is_idle(&record) => None,
            due if due > now => Some(due),
            _ => Some(now.plus(start_wait(&record.feed.id, overdue))),
        };
        table.put(record, memo, due);
    }
    table
}
