//! Keeps the polled feeds in step with remote OPML lists.
//!
//! wirefold requests lists like feeds: when they are due, at the pace of their host, with validators, and
//! with the same checks of addresses. It adds feeds that the list names. It removes feeds that came from the
//! list and are no longer in it, unless another list or a file names them. It removes feeds only if the list
//! was read to its end and names feeds. Feeds that somebody added, changed or removed by hand stay as they
//! are for as long as the list names them.
//!
//! The validators of a list are stored after all of its changes are stored. If the process is killed before
//! that, the next one requests the list again in full. Repeated changes have no effect.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use url::Url;
use wirefold_address::slug;
use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::{Backoff, Point, UnixMillis};
use wirefold_http_client::{Client, Request, Response, SendError};
use wirefold_proto::{FeedId, FeedRecord, FeedSettings, ListRecord};

use crate::FetcherError;
use crate::answer::{Answer, Failure, Validators, conditional, judge, send, validator};
use crate::feed_address::identity;
use crate::hosts::RequestKind;
use crate::interval::start_wait;
use crate::metrics::LISTS;
use crate::opml::{MOST_BYTES, Opml, OpmlFeed, read};
use crate::poll::{Poller, waiting};
use crate::schedule::{Scheduler, write};
use crate::settings::{ConfiguredList, Settings};
use crate::state::PollState;

/// A configured list and its state.
pub(crate) struct List {
    pub(crate) settings: ConfiguredList,
    pub(crate) record: ListRecord,
    /// When it is requested next; `None` while it is being requested.
    pub(crate) due: Option<UnixMillis>,
}

/// All lists.
#[derive(Default)]
pub(crate) struct Lists {
    pub(crate) lists: BTreeMap<String, List>,
    /// The requests under way.
    pub(crate) requests: JoinSet<(String, ListAnswer)>,
}

impl Lists {
    /// The configured lists with their stored records, and the addresses of stored lists that are no
    /// longer configured.
    pub(crate) fn plan(
        configured: &[ConfiguredList],
        mut remembered: HashMap<String, ListRecord>,
    ) -> (Self, Vec<String>) {
        let mut lists = BTreeMap::new();
        for settings in configured {
            let record = as_configured(settings, remembered.remove(&settings.url));
            let due = Some(record.next_poll.map_or(UnixMillis(0), unix_millis));
            lists.insert(settings.url.clone(), List { settings: settings.clone(), record, due });
        }
        // If a new list replaces another, manual overrides of its feeds still apply.
        let overridden: Vec<String> =
            remembered.values().flat_map(|it| it.manual_overrides.iter().cloned()).collect();
        for list in lists.values_mut().filter(|list| list.record.last_good.is_none()) {
            list.record.manual_overrides.extend(overridden.iter().cloned());
            list.record.manual_overrides.sort_unstable();
            list.record.manual_overrides.dedup();
        }
        let gone = remembered.into_keys().collect();
        (Self { lists, requests: JoinSet::new() }, gone)
    }

    /// The records of lists that have never been read.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &ListRecord> {
        self.lists.values().map(|list| &list.record).filter(|record| record.last_good.is_none())
    }

    /// When the next list is due.
    pub(crate) fn next_due(&self) -> Option<UnixMillis> {
        self.lists.values().filter_map(|list| list.due).min()
    }

    pub(crate) fn take_due(&mut self, now: UnixMillis) -> Option<&mut List> {
        let is_due = |list: &&mut List| list.due.is_some_and(|due| due <= now);
        let list = self.lists.values_mut().find(is_due)?;
        list.due = None;
        Some(list)
    }
}

/// The record with the settings of the file. A shorter interval makes it due sooner.
fn as_configured(settings: &ConfiguredList, before: Option<ListRecord>) -> ListRecord {
    let seconds = u32::try_from(settings.every.as_secs()).unwrap_or(u32::MAX);
    let fresh = || ListRecord::waiting(&settings.url, settings.managed_by.clone(), seconds);
    let before = before.unwrap_or_else(fresh);
    let sooner = before.last_poll.and_then(|last| last.saturating_add(settings.every).ok());
    ListRecord {
        managed_by: settings.managed_by.clone(),
        interval_seconds: seconds,
        next_poll: before.next_poll.into_iter().chain(sooner).min(),
        ..before
    }
}

/// One change may remove this many feeds, whatever the size of the list.
const FEW: usize = 3;
/// The most bytes of an id that is made from an address, before a number.
const ID_BYTES: usize = 94;

/// The changes that bring the polled feeds in step with a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Feeds that are not polled yet.
    pub(crate) add: Vec<FeedSettings>,
    /// Changes of feeds that are polled.
    pub(crate) change: Vec<(FeedId, Change)>,
    /// Feeds that no list and no file names any more.
    pub(crate) remove: Vec<FeedId>,
    /// Feeds of the list that somebody changed by hand, by address without scheme.
    pub(crate) overridden: Vec<String>,
    /// Whether it would remove more than half of its feeds, as a wrong file does.
    pub(crate) has_shrunk: bool,
}

impl Changes {
    /// A feed that the list no longer names stays if a file or another list names it.
    fn leave(&mut self, record: &FeedRecord) {
        let id = record.feed.id.clone();
        match record.managed_by.is_none() && record.lists.len() == 1 {
            true => self.remove.push(id),
            false => self.change.push((id, Change::Leave)),
        }
    }
}

/// A change of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// The list that named the feed first has other settings for it.
    Settings(Box<FeedSettings>),
    /// The list names it now, too.
    Join,
    /// The list no longer names it, but another list or a file does.
    Leave,
}

impl Change {
    /// The record after this change by the list.
    pub(crate) fn apply(self, mut record: FeedRecord, list: &str) -> FeedRecord {
        match self {
            Self::Settings(feed) => {
                if record.feed.url != feed.url {
                    (record.etag, record.last_modified) = (None, None);
                }
                record.feed = *feed;
            }
            Self::Join => record.lists.push(list.to_owned()),
            Self::Leave => record.lists.retain(|other| other != list),
        }
        record
    }
}

/// Compares a list with all feeds. `overridden` are the feeds that somebody changed by hand before. Only a
/// list that `may_shrink` removes more than half of its feeds in one change.
pub(crate) fn changes<'a>(
    list: &ConfiguredList,
    opml: &Opml,
    (overridden, may_shrink): (&[String], bool),
    known: impl Iterator<Item = &'a FeedRecord>,
) -> Changes {
    let url = list.url.as_str();
    let is_its = |record: &FeedRecord| record.lists.iter().any(|other| other == url);
    let (mut by_identity, mut ids) = (HashMap::<String, &FeedRecord>::new(), Ids::default());
    for record in known {
        ids.used.insert(record.feed.id.to_string());
        let here = by_identity.entry(identity(&record.feed.url)).or_insert(record);
        // Of two feeds at one address, the one that came from the list counts.
        if is_its(record) {
            *here = record;
        }
    }
    let mut changes = Changes::default();
    let mut named = HashSet::new();
    for feed in &opml.feeds {
        let name = identity(&feed.url);
        match by_identity.get(&name) {
            Some(record) if is_its(record) => {
                let settings = settings_of(feed, record.feed.id.clone(), list);
                let is_first = record.lists.first().is_some_and(|first| first == url);
                let is_ours = is_first && record.managed_by.is_none();
                if is_ours && record.feed != settings {
                    let change = Change::Settings(Box::new(settings));
                    changes.change.push((record.feed.id.clone(), change));
                }
            }
            Some(record) if record.managed_by.is_some() || !record.lists.is_empty() => {
                changes.change.push((record.feed.id.clone(), Change::Join));
            }
            Some(_) => changes.overridden.push(name.clone()),
            None if overridden.contains(&name) => changes.overridden.push(name.clone()),
            None => {
                changes.add.extend(ids.new_id(feed).map(|id| settings_of(feed, id, list)));
            }
        }
        named.insert(name);
    }
    let its: Vec<(String, &FeedRecord)> =
        by_identity.into_iter().filter(|(_, record)| is_its(record)).collect();
    let gone: Vec<&FeedRecord> =
        its.iter().filter(|(name, _)| !named.contains(name)).map(|(_, record)| *record).collect();
    changes.has_shrunk = gone.len() > FEW && 2 * gone.len() > its.len();
    if !opml.is_whole || opml.feeds.is_empty() || (changes.has_shrunk && !may_shrink) {
        // The list is not complete, so overrides of feeds that it does not name are kept.
        changes.overridden.extend(overridden.iter().filter(|name| !named.contains(*name)).cloned());
    } else {
        gone.into_iter().for_each(|record| changes.leave(record));
    }
    changes
}

/// The settings of a feed of a list. A list cannot set which site a feed speaks for.
fn settings_of(feed: &OpmlFeed, id: FeedId, list: &ConfiguredList) -> FeedSettings {
    FeedSettings {
        title: feed.title.clone(),
        outlet: feed.outlet.as_ref().and_then(|outlet| outlet.parse().ok()),
        group: feed.group.clone(),
        full_text: feed.full_text.unwrap_or(list.full_text),
        ..FeedSettings::new(id, feed.url.clone())
    }
}

/// The ids of all feeds, and the next number for each.
#[derive(Default)]
struct Ids {
    used: HashSet<String>,
    /// The next number to append to an id that is used.
    next: HashMap<String, u32>,
}

impl Ids {
    /// An id that no other feed has, from the id in the list, else from the address.
    fn new_id(&mut self, feed: &OpmlFeed) -> Option<FeedId> {
        let from_list = feed.id.as_ref().filter(|id| id.parse::<FeedId>().is_ok()).cloned();
        let base = from_list.or_else(|| {
            let mut slug = slug::of_address(&Url::parse(&feed.url).ok()?);
            slug.truncate(ID_BYTES);
            Some(slug.trim_matches('-').to_owned())
        })?;
        let mut id = base.clone();
        while self.used.contains(&id) || id == FeedId::push().as_str() {
            let next = self.next.entry(base.clone()).or_insert(2);
            id = format!("{base}-{next}");
            *next += 1;
        }
        self.used.insert(id.clone());
        id.parse().ok()
    }
}

/// The problem of a list whose host asked for a pause.
const PAUSED: &str = "its host wants no requests for a while";

const ACCEPT: &str = "text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5";

/// The answer for a list.
#[derive(Debug)]
pub(crate) enum ListAnswer {
    /// A list, with the validators of the answer.
    Read(Opml, Validators),
    /// Nothing has changed.
    Unchanged,
    /// There is no readable list.
    Failed(Failure),
}

/// The answer for a list that cannot be read.
fn failed(problem: impl Into<String>) -> ListAnswer {
    ListAnswer::Failed(Failure::broken(problem))
}

impl Poller {
    /// Requests a list at its host's pace.
    pub(crate) async fn request_list(&self, record: &ListRecord) -> ListAnswer {
        let Ok(url) = Url::parse(&record.url) else {
            return failed(format!("{:?} is not an address; correct it", record.url));
        };
        let clock = &self.context.clock;
        let _turn = self.hosts.turn(&url, RequestKind::Feed, Duration::ZERO).await;
        if let Some(until) = self.hosts.paused_until(&url) {
            let retry_after = Some(until.since(clock.now()));
            return ListAnswer::Failed(Failure { retry_after, ..Failure::broken(PAUSED) });
        }
        let validators = (record.etag.clone(), record.last_modified.clone());
        let request = conditional(list_request(url, &self.settings), &validators);
        let is_conditional = validators != Validators::default();
        let (answer, _) = self.send(request).await;
        list_answer(answer, is_conditional, timestamp(clock.now())).await
    }
}

/// Fetches a list once, without waiting for its host's turn. The error is for people.
pub(crate) async fn read_list_once(
    client: &Client,
    url: Url,
    settings: &Settings,
) -> Result<Opml, String> {
    let (answer, _) = send(client, list_request(url, settings)).await;
    match list_answer(answer, false, jiff::Timestamp::UNIX_EPOCH).await {
        ListAnswer::Read(opml, _) => Ok(opml),
        ListAnswer::Failed(failure) => Err(failure.problem),
        ListAnswer::Unchanged => Err("HTTP 304 (not modified)".to_owned()),
    }
}

fn list_request(url: Url, settings: &Settings) -> Request {
    settings.request(url, MOST_BYTES).with_header("Accept", ACCEPT)
}

/// Interprets the answer of the host.
async fn list_answer(
    answer: Result<Response, SendError>,
    is_conditional: bool,
    now: jiff::Timestamp,
) -> ListAnswer {
    if let Err(SendError::TooLarge { .. }) = &answer {
        let most = MOST_BYTES >> 20;
        return failed(format!("larger than {most} MiB, the limit for a list of feeds"));
    }
    match judge(answer, is_conditional, now) {
        Answer::Body(body) => read_list(body).await,
        Answer::Unchanged(_) => ListAnswer::Unchanged,
        Answer::Gone => failed("HTTP 410: the host says that this list is gone for good"),
        Answer::Failed(failure) => ListAnswer::Failed(failure),
        Answer::HostPaused(_) => failed(PAUSED),
    }
}

/// Reads a list on a blocking thread, because a large one takes time.
async fn read_list(answer: Response) -> ListAnswer {
    let validators = (validator(&answer, "etag"), validator(&answer, "last-modified"));
    match tokio::task::spawn_blocking(move || read(&answer.body)).await {
        Ok(Ok(opml)) => ListAnswer::Read(opml, validators),
        Ok(Err(error)) => failed(error.to_string()),
        Err(_) => failed("the parser crashed on this list; please report its address"),
    }
}

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
        let (outcome, record) = match asked {
            ListAnswer::Unchanged => ("unchanged", after_good_answer(record, now, &settings)),
            ListAnswer::Failed(failure) => {
                ("failed", after_failure(record, failure, now, &settings))
            }
            ListAnswer::Read(opml, (etag, last_modified)) => {
                let was_reported = record.problem.as_deref() == Some(SHRUNK);
                let (manual_overrides, has_shrunk) =
                    self.apply_list(&settings, &opml, was_reported).await?;
                // These include manual overrides that were added meanwhile.
                let record = ListRecord { manual_overrides, ..record };
                let shrunk = (has_shrunk && !was_reported).then_some(SHRUNK);
                match problem(&opml).or(shrunk) {
                    Some(problem) => {
                        let failure = Failure::broken(problem);
                        ("failed", after_failure(record, failure, now, &settings))
                    }
                    None => {
                        let feeds = u32::try_from(opml.feeds.len()).unwrap_or(u32::MAX);
                        let record = ListRecord { etag, last_modified, feeds, ..record };
                        ("read", after_good_answer(record, now, &settings))
                    }
                }
            }
        };
        LISTS.add(1, &[outcome]);
        crate::check_fail_point(&self.poller.context, Point::Acknowledged)?;
        self.put_list(record).await
    }

    /// Stores the record of a list, and sets when it is due.
    async fn put_list(&mut self, record: ListRecord) -> Result<(), FetcherError> {
        self.poller.store.put_list(&record).await?;
        if let Some(list) = self.lists.lists.get_mut(&record.url) {
            list.due = record.next_poll.map(unix_millis);
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
        self.interrupt(feed).await?;
        let Some(entry) = self.table.remove(feed) else { return Ok(None) };
        let due = if is_polled { Some(now) } else { entry.due };
        let record = change.apply(entry.record, list);
        self.table.put(record.clone(), entry.state, due);
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
            self.table.put(record.clone(), PollState::default(), Some(due));
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
    Failure { problem, retry_after, .. }: Failure,
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

#[cfg(test)]
mod tests {
    use wirefold_proto::FullText;

    use super::*;

    const LIST: &str = "https://list.example/feeds.opml";

    fn list() -> ConfiguredList {
        ConfiguredList {
            url: LIST.to_owned(),
            every: Duration::from_hours(24),
            full_text: FullText::Auto,
            managed_by: "wirefold.toml:3".to_owned(),
        }
    }

    fn opml(urls: &[&str]) -> Opml {
        let feed = |url: &&str| OpmlFeed { url: (*url).to_owned(), ..OpmlFeed::default() };
        Opml { feeds: urls.iter().map(feed).collect(), is_whole: true, ..Opml::default() }
    }

    fn record(id: &str, url: &str, lists: &[&str]) -> FeedRecord {
        let feed = FeedSettings::new(id.parse().unwrap(), url);
        let mut record = FeedRecord::waiting(feed, None, 900);
        record.lists = lists.iter().map(|list| (*list).to_owned()).collect();
        record
    }

    fn of(opml: &Opml, overridden: &[&str], known: &[FeedRecord]) -> Changes {
        let overridden: Vec<String> = overridden.iter().map(|name| (*name).to_owned()).collect();
        changes(&list(), opml, (&overridden, false), known.iter())
    }

    const A: &str = "https://a.example/feed";
    const B: &str = "https://b.example/feed";
    const OTHER: &str = "https://list.example/other.opml";

    #[test]
    fn adds_new_feeds_under_unused_ids() {
        let known = [record("a-example-feed", "https://else.example/", &[])];
        let found = of(&opml(&[A, B]), &[], &known);
        let ids: Vec<&str> = found.add.iter().map(|feed| feed.id.as_str()).collect();
        assert_eq!(ids, ["a-example-feed-2", "b-example-feed"]);
        assert!(found.change.is_empty() && found.remove.is_empty() && found.overridden.is_empty());
        // The same list again changes nothing.
        let both = [record("a", A, &[LIST]), record("b", "http://b.example/feed/", &[LIST])];
        let again = of(&opml(&[A, "http://b.example/feed/"]), &[], &both);
        assert_eq!(again, Changes::default());
    }

    #[test]
    fn removes_a_feed_when_no_list_or_file_names_it() {
        let mut managed = record("c", "https://c.example/", &[LIST]);
        managed.managed_by = Some("wirefold.toml:9".to_owned());
        let known = [
            record("a", A, &[LIST]),
            record("b", B, &[LIST, OTHER]),
            managed,
            record("d", "https://d.example/", &[OTHER]),
            record("e", "https://e.example/", &[]),
            record("f", "https://f.example/", &[LIST]),
        ];
        let mut found = of(&opml(&["https://f.example/"]), &[], &known);
        found.change.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(found.remove, ["a".parse().unwrap()]);
        let leave = |id: &str| (id.parse().unwrap(), Change::Leave);
        assert_eq!(found.change, [leave("b"), leave("c")]);
    }

    #[test]
    fn a_broken_or_empty_list_removes_nothing() {
        let known = [record("a", A, &[LIST]), record("b", B, &[LIST])];
        let broken = Opml { is_whole: false, ..opml(&[A, "https://new.example/"]) };
        let found = of(&broken, &["gone.example"], &known);
        assert_eq!((found.add.len(), found.remove.len()), (1, 0));
        assert_eq!(found.overridden, ["gone.example"], "overrides are kept behind the break");
        assert!(of(&opml(&[]), &[], &known).remove.is_empty());
    }

    #[test]
    fn removes_more_than_half_only_if_the_list_repeats_it() {
        let urls: Vec<String> = (0..10).map(|at| format!("https://{at}.example/")).collect();
        let known: Vec<FeedRecord> =
            urls.iter().map(|url| record(&url[8..9], url, &[LIST])).collect();
        let left = |kept: usize, may_shrink| {
            let urls: Vec<&str> = urls[..kept].iter().map(String::as_str).collect();
            let found = changes(&list(), &opml(&urls), (&[], may_shrink), known.iter());
            (found.remove.len(), found.has_shrunk)
        };
        assert_eq!(left(5, false), (5, false));
        assert_eq!(left(4, false), (0, true));
        assert_eq!(left(4, true), (6, true));
    }

    #[test]
    fn numbers_feeds_with_the_same_id() {
        let feed = |at: usize| OpmlFeed {
            url: format!("https://{at}.example/"),
            id: Some("news".to_owned()),
            ..OpmlFeed::default()
        };
        let many = Opml { feeds: (0..20_000).map(feed).collect(), ..opml(&[]) };
        let found = of(&many, &[], &[]);
        assert_eq!(found.add.len(), 20_000);
        assert_eq!(found.add.last().map(|last| last.id.as_str()), Some("news-20000"));
    }

    #[test]
    fn leaves_feeds_with_a_manual_override_alone() {
        let known = [record("a", A, &[])];
        let found = of(&opml(&[A, B]), &["b.example/feed", "old.example"], &known);
        let nothing = (found.add.is_empty(), found.change.is_empty(), found.remove.is_empty());
        assert_eq!(nothing, (true, true, true));
        assert_eq!(found.overridden, ["a.example/feed", "b.example/feed"]);
    }

    #[test]
    fn joins_feeds_of_files_and_other_lists_without_changing_their_settings() {
        let mut managed = record("a", A, &[]);
        managed.managed_by = Some("wirefold.toml:9".to_owned());
        let mut brought = record("b", B, &[OTHER]);
        brought.feed.group = Some("sea".to_owned());
        let found = of(&opml(&[A, B]), &[], &[managed, brought.clone()]);
        let join = |id: &str| (id.parse().unwrap(), Change::Join);
        assert_eq!(found.change, [join("a"), join("b")]);
        brought.lists = vec![OTHER.to_owned(), LIST.to_owned()];
        assert_eq!(of(&opml(&[B]), &[], &[brought.clone()]), Changes::default());
        brought.lists = vec![LIST.to_owned()];
        let changed = of(&opml(&[B]), &[], &[brought]);
        let [(_, Change::Settings(settings))] = &changed.change[..] else { panic!("{changed:?}") };
        assert_eq!((settings.group.as_deref(), settings.id.as_str()), (None, "b"));
    }
}
