//! Requests lists when they are due, and carries out their changes.

use std::time::Duration;

use tokio::task::JoinError;
use wirefold_envelope::timestamp;
use wirefold_flow::{Backoff, Point, UnixMillis};
use wirefold_proto::{FeedId, FeedRecord, FeedSettings, ListRecord};

use super::{Scheduler, write};
use crate::FetcherError;
use crate::feed_address::identity;
use crate::interval::start_wait;
use crate::lists::{Change, ListAnswer, changes};
use crate::metrics::LISTS;
use crate::opml::Opml;
use crate::poll::waiting;
use crate::settings::ConfiguredList;
use crate::state::Memo;

/// The wait after the first failure. It doubles after each further one, up to the list's interval.
const FIRST_WAIT: Duration = Duration::from_mins(15);

/// While many feeds are removed, the fetcher sends a heartbeat after this many.
const ALIVE_EACH: usize = 16;
/// The problem of a list that names less than half of its earlier feeds. The next such answer is applied.
const SHRUNK: &str = "it names less than half of the feeds that it named before: wirefold removes none unless the next answer says the same";

impl Scheduler {
    /// Requests the lists that are due.
    pub(crate) fn request_due_lists(&mut self) {
        let now = self.poller.context.clock.now();
        while let Some(list) = self.lists.take_due(now) {
            let (poller, record) = (self.poller.clone(), list.record.clone());
            self.lists.requests.spawn(async move {
                let asked = poller.request_list(&record).await;
                (record.url, asked)
            });
        }
    }

    /// Applies the answer for a list, then stores that it was read.
    pub(crate) async fn apply_list_answer(
        &mut self,
        answered: Result<(String, ListAnswer), JoinError>,
    ) -> Result<(), FetcherError> {
        let now = self.poller.context.clock.now();
        let Ok((url, asked)) = answered else {
            // The task panicked and its list is unknown: every list without a due time is requested again.
            let later = now.plus(FIRST_WAIT);
            self.lists.lists.values_mut().for_each(|list| list.due = list.due.or(Some(later)));
            return Ok(());
        };
        let Some(list) = self.lists.lists.get(&url) else { return Ok(()) };
        let (settings, record) = (list.settings.clone(), list.record.clone());
        let record = match asked {
            ListAnswer::Unchanged => {
                LISTS.add(1, &["unchanged"]);
                after_good_answer(record, now, &settings)
            }
            ListAnswer::Failed { problem, retry_after } => {
                LISTS.add(1, &["failed"]);
                after_failure(record, problem, retry_after, now, &settings)
            }
            ListAnswer::Read { opml, etag, last_modified } => {
                let was_reported = record.problem.as_deref() == Some(SHRUNK);
                let (manual_overrides, has_shrunk) =
                    self.apply_list(&settings, &opml, was_reported).await?;
                // These include manual overrides that were added meanwhile.
                let record = ListRecord { manual_overrides, ..record };
                let shrunk = (has_shrunk && !was_reported).then_some(SHRUNK);
                match problem(&opml).or(shrunk) {
                    Some(problem) => {
                        LISTS.add(1, &["failed"]);
                        after_failure(record, problem.to_owned(), None, now, &settings)
                    }
                    None => {
                        LISTS.add(1, &["read"]);
                        let feeds = u32::try_from(opml.feeds.len()).unwrap_or(u32::MAX);
                        let record = ListRecord { etag, last_modified, feeds, ..record };
                        after_good_answer(record, now, &settings)
                    }
                }
            }
        };
        crate::check_fail_point(&self.poller.context, Point::Acknowledged)?;
        self.put_list(record).await
    }

    /// Stores the record of a list, and sets when it is due.
    async fn put_list(&mut self, record: ListRecord) -> Result<(), FetcherError> {
        self.poller.store.put_list(&record).await?;
        if let Some(list) = self.lists.lists.get_mut(&record.url) {
            list.due = record.next_poll.map(wirefold_envelope::unix_millis);
            list.record = record;
        }
        Ok(())
    }

    /// Adds, changes and removes feeds as the list requires. Returns its feeds with a manual override,
    /// and whether more than half of its feeds left or would have left.
    async fn apply_list(
        &mut self,
        list: &ConfiguredList,
        opml: &Opml,
        may_shrink: bool,
    ) -> Result<(Vec<String>, bool), FetcherError> {
        let overridden =
            self.lists.lists.get(&list.url).map(|it| it.record.manual_overrides.clone());
        let known = self.table.records();
        let changes = changes(list, opml, (&overridden.unwrap_or_default(), may_shrink), known);
        let (added, changed) = (changes.add.len(), changes.change.len());
        for (at, feed) in changes.remove.iter().enumerate() {
            self.remove_feed(feed).await?;
            if at % ALIVE_EACH == 0 {
                self.alive();
            }
        }
        let mut records = Vec::with_capacity(changed + added);
        for (feed, change) in changes.change {
            records.extend(self.apply_change(&feed, change, &list.url).await?);
        }
        records.extend(self.add_feeds(changes.add, &list.url));
        write(&self.poller, records).await?;
        if added + changed + changes.remove.len() > 0 {
            let (url, removed) = (&list.url, changes.remove.len());
            tracing::info!(list = url, added, changed, removed, "feeds follow their list");
        }
        self.table.count();
        Ok((changes.overridden, changes.has_shrunk))
    }

    /// Applies a change to a feed. Its due time stays the same.
    async fn apply_change(
        &mut self,
        feed: &FeedId,
        change: Change,
        list: &str,
    ) -> Result<Option<FeedRecord>, FetcherError> {
        let now = self.poller.context.clock.now();
        let is_polled = self.table.get(feed).is_some_and(|entry| entry.poll.is_some());
        let due = if is_polled { Some(now) } else { self.table.due(feed) };
        self.interrupt(feed).await?;
        let Some(entry) = self.table.remove(feed) else { return Ok(None) };
        let record = change.apply(entry.record, list);
        self.table.put(record.clone(), entry.memo, due);
        Ok(Some(record))
    }

    /// Adds feeds to the table and spreads their first polls. Returns their records.
    fn add_feeds(&mut self, feeds: Vec<FeedSettings>, list: &str) -> Vec<FeedRecord> {
        let now = self.poller.context.clock.now();
        let among = feeds.len();
        let mut records = Vec::with_capacity(among);
        for feed in feeds {
            let mut record = waiting(feed, None, &self.poller.settings);
            record.lists.push(list.to_owned());
            let due = now.plus(start_wait(&record.feed.id, among));
            self.table.put(record.clone(), Memo::default(), Some(due));
            records.push(record);
        }
        records
    }

    /// Records a manual override of a feed: its lists no longer change or remove it.
    pub(crate) async fn record_override(&mut self, feed: &FeedId) -> Result<(), FetcherError> {
        let Some(entry) = self.table.get(feed) else { return Ok(()) };
        let name = identity(&entry.record.feed.url);
        for url in entry.record.lists.clone() {
            let Some(list) = self.lists.lists.get_mut(&url) else { continue };
            if !list.record.manual_overrides.contains(&name) {
                list.record.manual_overrides.push(name.clone());
                let record = list.record.clone();
                self.poller.store.put_list(&record).await?;
            }
        }
        Ok(())
    }
}

/// Why a readable list removes no feeds, if so.
fn problem(opml: &Opml) -> Option<&'static str> {
    match opml.feeds.is_empty() {
        _ if !opml.is_whole => {
            Some("it is cut off or damaged: wirefold uses the readable part and removes no feed")
        }
        true => Some("it contains no feeds: wirefold removes none"),
        false => None,
    }
}

fn after_good_answer(record: ListRecord, now: UnixMillis, list: &ConfiguredList) -> ListRecord {
    let at = Some(timestamp(now));
    ListRecord {
        problem: None,
        failures: 0,
        failing_since: None,
        last_poll: at,
        last_good: at,
        next_poll: Some(timestamp(now.plus(list.every))),
        ..record
    }
}

fn after_failure(
    record: ListRecord,
    problem: String,
    retry_after: Option<Duration>,
    now: UnixMillis,
    list: &ConfiguredList,
) -> ListRecord {
    let failures = record.failures.saturating_add(1);
    let wait = Backoff::new(FIRST_WAIT, list.every).wait_after(failures);
    let wait = wait.max(retry_after.unwrap_or_default());
    if record.failures == 0 {
        tracing::warn!(list = record.url, problem, "list of feeds failed");
    }
    let at = timestamp(now);
    ListRecord {
        problem: Some(problem),
        failures,
        failing_since: record.failing_since.or(Some(at)),
        last_poll: Some(at),
        next_poll: Some(timestamp(now.plus(wait))),
        ..record
    }
}
