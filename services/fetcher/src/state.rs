//! The stored state of the fetcher, in the bucket `wf_feeds`.
//!
//! | key | value |
//! |---|---|
//! | `feed.<feed>` | the record of a feed, with the time of its next poll; others may read it |
//! | `seen.<feed>` | the items it has listed, so that none becomes an article twice |
//! | `poll.<feed>` | the state: the wishes of its publisher, another address, and more |
//! | `begun.<feed>` | the mark that it is being parsed; it remains if the process dies |
//! | `list.<address>` | the record of a list of feeds, once all of its changes are done |
//! | `control` | how far `WF_CONTROL` has been read |
//!
//! Except for the mark, everything is written after the work that it records. A crash between the two
//! repeats the work with the same ids and loses nothing. If several fetchers [share](crate::shares) the feeds, each follows
//! the changes of the others.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wirefold_flow::{BusError, Entry, KeyValue, StageContext, UnixMillis};
use wirefold_proto::streams::FEEDS;
use wirefold_proto::token::{escape, unescape};
use wirefold_proto::{
    ArticleId, FEEDS_REACHED_KEY, FeedId, FeedRecord, ItemIdentity, ListRecord, Message, decode,
    encode,
};

use crate::budget::HourlyUsage;
use crate::lock::lock;
use crate::publish::retry_bus;
use crate::shares::Share;
use crate::stable_hash::hash;

/// The store of the fetcher's state. All clones are the same store.
#[derive(Clone)]
pub(crate) struct Store {
    context: StageContext,
    keys: Arc<dyn KeyValue>,
    /// The feeds of this fetcher.
    pub(crate) share: Arc<Share>,
    read: Arc<Mutex<Revisions>>,
}

/// The part of the bucket that this fetcher has read or written, if it shares it with others.
#[derive(Default)]
struct Revisions {
    /// The last revision that was read.
    through: u64,
    /// The last revisions of records and states that it read or wrote.
    by_key: HashMap<String, u64>,
    /// The keys that it is writing, whose revisions it learns with the answer.
    being_written: HashSet<String>,
}

/// A key that is being written, until this is dropped.
struct BeingWritten<'a> {
    store: &'a Store,
    key: &'a str,
}

impl Drop for BeingWritten<'_> {
    fn drop(&mut self) {
        lock(&self.store.read).being_written.remove(self.key);
    }
}

/// A change of a feed by another fetcher.
#[derive(Default)]
pub(crate) struct Change {
    pub(crate) is_removed: bool,
    pub(crate) record: Option<FeedRecord>,
    pub(crate) state: Option<PollState>,
}

/// The state that was stored before the start.
#[derive(Default)]
pub(crate) struct StoredState {
    pub(crate) feeds: HashMap<FeedId, (FeedRecord, PollState)>,
    /// The feeds that were being read when the process before this one ended.
    pub(crate) read_marks: HashMap<FeedId, ReadMark>,
    /// Lists of feeds, by address.
    pub(crate) lists: HashMap<String, ListRecord>,
    /// The last sequence of `WF_CONTROL` that was carried out.
    pub(crate) control: u64,
}

impl Store {
    pub(crate) fn open(context: &StageContext, share: Share) -> Result<Self, BusError> {
        let keys = context.bus.key_value(FEEDS.name)?;
        let (share, read) = (Arc::new(share), Arc::default());
        Ok(Self { context: context.clone(), keys, share, read })
    }

    /// Loads everything except the seen items. Ignores unreadable entries.
    pub(crate) async fn load(&self) -> Result<StoredState, BusError> {
        let mut records: HashMap<FeedId, FeedRecord> = HashMap::new();
        let mut states: HashMap<FeedId, PollState> = HashMap::new();
        let mut lists: HashMap<String, ListRecord> = HashMap::new();
        let mut read_marks: HashMap<FeedId, ReadMark> = HashMap::new();
        let mut control = 0;
        let entries = retry_bus(&self.context, || self.keys.changes(&[], 0)).await?;
        for entry in entries.iter().filter(|entry| entry.value.is_some()) {
            self.note(&entry.key, entry.revision);
        }
        lock(&self.read).through = entries.last().map_or(0, |entry| entry.revision);
        for (key, value) in entries.iter().filter_map(|e| Some((&e.key, e.value.as_ref()?))) {
            match key.split_once('.') {
                None if key == FEEDS_REACHED_KEY => control = number(value),
                Some(("feed", token)) => records.extend(record(token, value)),
                Some(("poll", token)) => {
                    states.extend(feed_id(token).map(|id| (id, PollState::read(value))));
                }
                Some(("begun", token)) => {
                    let how = serde_json::from_slice(value).unwrap_or_default();
                    read_marks.extend(feed_id(token).map(|id| (id, how)));
                }
                // An unreadable list is requested again.
                Some(("list", _)) => {
                    let list = decode::<ListRecord>(value).ok();
                    lists.extend(list.map(|list| (list.url.clone(), list)));
                }
                _ => {}
            }
        }
        let with_state = |(id, record)| {
            let state = states.remove(&id).unwrap_or_default();
            (id, (record, state))
        };
        let feeds = records.into_iter().map(with_state).collect();
        Ok(StoredState { feeds, read_marks, lists, control })
    }

    pub(crate) async fn load_seen(&self, feed: &FeedId) -> Result<SeenItems, BusError> {
        let value = self.get(&key("seen", feed)).await?;
        Ok(value.map(|value| SeenItems::read(&value)).unwrap_or_default())
    }

    pub(crate) async fn put_seen(&self, feed: &FeedId, seen: &SeenItems) -> Result<(), BusError> {
        self.put(&key("seen", feed), seen.write()).await
    }

    pub(crate) async fn put_record(&self, record: &FeedRecord) -> Result<(), BusError> {
        self.put_message(&key("feed", &record.feed.id), record).await
    }

    /// Stores the changed record of a feed; false if another fetcher changed or removed it meanwhile.
    pub(crate) async fn replace_record(&self, record: &FeedRecord) -> Result<bool, BusError> {
        let key = key("feed", &record.feed.id);
        let Some(body) = body(&key, record) else { return Ok(true) };
        if !self.share.is_shared() {
            return self.put(&key, body).await.map(|()| true);
        }
        let expected = lock(&self.read).by_key.get(&key).copied().unwrap_or(0);
        let _until_noted = self.begin_write(&key);
        let put = || self.keys.put_if(&key, body.clone(), expected);
        match retry_bus(&self.context, put).await {
            Ok(revision) => {
                self.note(&key, revision);
                Ok(true)
            }
            // The answer to an attempt that succeeded may have been lost.
            Err(BusError::Refused { .. }) => Ok(self.get(&key).await?.as_ref() == Some(&body)),
            Err(error) => Err(error),
        }
    }

    /// The feeds that other fetchers have changed since the last call, or since everything was loaded.
    pub(crate) async fn changed_by_others(&self) -> Result<BTreeMap<FeedId, Change>, BusError> {
        let through = lock(&self.read).through;
        let (mut changes, mut is_complete): (BTreeMap<FeedId, Change>, _) = (BTreeMap::new(), true);
        let entries = self.keys.changes(&[], through).await?;
        if entries.last().is_some_and(|last| last.revision < through) {
            // The bucket went back in time, as after the restore of a backup: its revisions say nothing about the earlier ones.
            lock(&self.read).by_key.clear();
            lock(&self.read).through = 0;
        }
        for Entry { key, value, revision } in entries {
            // It may be its own write, of which only the answer is missing: the next call reads it again.
            let is_open = lock(&self.read).being_written.contains(&key);
            is_complete &= !is_open;
            if is_complete {
                lock(&self.read).through = revision;
            }
            if is_open || !self.note(&key, revision) {
                continue;
            }
            let Some((what, token)) = key.split_once('.') else { continue };
            let Some(id) = feed_id(token) else { continue };
            let change = changes.entry(id).or_default();
            match (what, value) {
                ("feed", None) => change.is_removed = true,
                ("feed", Some(value)) => change.record = record(token, &value).map(|(_, it)| it),
                (_, value) => change.state = value.map(|value| PollState::read(&value)),
            }
        }
        Ok(changes)
    }

    /// Notes the revision of a record or state; whether it is a newer one.
    fn note(&self, key: &str, revision: u64) -> bool {
        let has_one = ["feed.", "poll."].iter().any(|what| key.starts_with(what));
        if !has_one || !self.share.is_shared() {
            return false;
        }
        let mut revisions = lock(&self.read);
        let noted = revisions.by_key.entry(key.to_owned()).or_default();
        let is_newer = revision > *noted;
        *noted = revision.max(*noted);
        is_newer
    }

    /// Notes that a key is being written, until the result is dropped.
    fn begin_write<'a>(&'a self, key: &'a str) -> BeingWritten<'a> {
        lock(&self.read).being_written.insert(key.to_owned());
        BeingWritten { store: self, key }
    }

    pub(crate) async fn put_list(&self, record: &ListRecord) -> Result<(), BusError> {
        self.put_message(&list_key(&record.url), record).await
    }

    /// Forgets a list, not its feeds.
    pub(crate) async fn forget_list(&self, url: &str) -> Result<(), BusError> {
        self.delete(&list_key(url)).await
    }

    pub(crate) async fn put_state(&self, feed: &FeedId, state: &PollState) -> Result<(), BusError> {
        self.put(&key("poll", feed), state.write()).await
    }

    pub(crate) async fn put_read_mark(
        &self,
        feed: &FeedId,
        mark: ReadMark,
    ) -> Result<(), BusError> {
        let body = serde_json::to_vec(&mark).unwrap_or_default();
        self.put(&key("begun", feed), body.into()).await
    }

    pub(crate) async fn forget_read_mark(&self, feed: &FeedId) -> Result<(), BusError> {
        self.delete(&key("begun", feed)).await
    }

    pub(crate) async fn put_control(&self, sequence: u64) -> Result<(), BusError> {
        self.put(FEEDS_REACHED_KEY, sequence.to_string().into()).await
    }

    /// Forgets a feed and all items that it has listed.
    pub(crate) async fn forget(&self, feed: &FeedId) -> Result<(), BusError> {
        for what in ["begun", "seen", "poll", "feed"] {
            self.delete(&key(what, feed)).await?;
        }
        Ok(())
    }

    /// Stores a message of the contract.
    async fn put_message<M: Message>(&self, key: &str, message: &M) -> Result<(), BusError> {
        let Some(body) = body(key, message) else { return Ok(()) };
        self.put(key, body).await
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, BusError> {
        let entry = retry_bus(&self.context, || self.keys.get(key)).await?;
        Ok(entry.and_then(|entry| entry.value))
    }

    async fn put(&self, key: &str, value: Bytes) -> Result<(), BusError> {
        let _until_noted = self.begin_write(key);
        let revision = retry_bus(&self.context, || self.keys.put(key, value.clone())).await?;
        self.note(key, revision);
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), BusError> {
        retry_bus(&self.context, || self.keys.delete(key)).await?;
        Ok(())
    }
}

/// The body of a message. One that is too large is logged and not stored.
fn body<M: Message>(key: &str, message: &M) -> Option<Bytes> {
    let body = encode(message).map(Bytes::from).ok();
    if body.is_none() {
        tracing::warn!(key, "record not stored: too large");
    }
    body
}

fn key(what: &str, feed: &FeedId) -> String {
    format!("{what}.{}", escape(feed.as_str()))
}

fn list_key(url: &str) -> String {
    format!("list.{}", escape(url))
}

fn feed_id(token: &str) -> Option<FeedId> {
    unescape(token).ok()?.parse().ok()
}

fn record(token: &str, value: &[u8]) -> Option<(FeedId, FeedRecord)> {
    match decode::<FeedRecord>(value) {
        Ok(record) => Some((record.feed.id.clone(), record)),
        Err(error) => {
            tracing::warn!(feed = token, %error, "feed record cannot be read and is replaced");
            None
        }
    }
}

fn number(value: &[u8]) -> u64 {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// How often in a row, and for how long, a permanent redirect must lead to one address before that
/// address is requested directly.
const CONSISTENT: u32 = 3;
const LASTING: Duration = Duration::from_hours(24);
/// The most strikes that one failure adds to a feed. Less severe failures add fewer.
pub(crate) const STRIKE: u32 = 4;
/// The number of strikes from which a feed counts as dead.
const DEAD: u32 = 30 * STRIKE;
/// The shortest time after which it does, however often it was polled.
const DEAD_AFTER: Duration = Duration::from_hours(14 * 24);

/// The state of a feed. Its stored form leaves out what is absent, false or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PollState {
    /// The target of permanent redirects.
    pub(crate) moved: Option<Moved>,
    /// The shortest time between two polls that its publisher wants, in seconds.
    pub(crate) ttl: Option<u64>,
    /// The hours of the day, UTC, in which it wants no polls.
    pub(crate) skip_hours: Vec<u8>,
    /// The days of the week, 0 for Monday, in which it wants no polls.
    pub(crate) skip_days: Vec<u8>,
    /// For how long the last answer is fresh, in seconds.
    pub(crate) fresh: Option<u64>,
    /// The time until which its host wants no requests (`Retry-After`).
    pub(crate) left_alone: Option<u64>,
    /// The time of the next request without validators, which tests whether they are reliable.
    pub(crate) trial: Option<u64>,
    /// Whether its validators stayed the same while it changed.
    pub(crate) validators_lie: bool,
    /// A hash of the last body that was read.
    pub(crate) body: Option<u64>,
    /// The sum of the weights of its failures in a row.
    pub(crate) strikes: u32,
    /// The part of an item that identifies it, if it differs from that of the settings.
    pub(crate) identity: Option<ItemIdentity>,
    /// Whether it answers only in compatibility mode.
    pub(crate) is_plain: bool,
    /// The usual time between two polls with something new, in seconds.
    pub(crate) rhythm: Option<u64>,
    /// The mean time between two new items, in seconds.
    pub(crate) item_gap: Option<u64>,
    /// Whether it broke off in the middle the last time.
    pub(crate) is_truncated: bool,
    /// The limit that it exceeded the last time, so that only a part was read; for people.
    pub(crate) cut_short: Option<String>,
    /// Whether its rule found no article on most of the pages that were read last.
    pub(crate) is_article_missed: bool,
    /// Whether most of the pages that were read last are not those of its items.
    pub(crate) has_other_pages: bool,
    /// Whether some of its dates could not be read the last time.
    pub(crate) has_unread_dates: bool,
    /// Whether most of its items had no date the last time.
    pub(crate) is_undated: bool,
    /// How much it sent in the hour of its last articles.
    pub(crate) spent: Option<HourlyUsage>,
}

/// The target of permanent redirects of a feed's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    /// The address that redirects.
    pub(crate) from: String,
    /// The address that it redirects to.
    pub(crate) to: String,
    /// How often in a row it did.
    pub(crate) times: u32,
    /// When it first did.
    pub(crate) since: u64,
    /// Whether the new address is requested directly.
    pub(crate) is_adopted: bool,
}

impl PollState {
    pub(crate) fn read(value: &[u8]) -> Self {
        serde_json::from_slice(value).unwrap_or_default()
    }

    pub(crate) fn write(&self) -> Bytes {
        let mut fields = serde_json::to_value(self).unwrap_or_default();
        if let Some(fields) = fields.as_object_mut() {
            fields.retain(|_, value| !is_default(value));
        }
        fields.to_string().into()
    }

    /// The address to request for a feed with the address `configured` in its settings.
    pub(crate) fn address<'a>(&'a self, configured: &'a str) -> &'a str {
        match &self.moved {
            Some(moved) if moved.from == configured && moved.is_adopted => &moved.to,
            _ => configured,
        }
    }

    /// Notes the address to which permanent redirects of the configured address led this time, if any.
    pub(crate) fn note_move(&mut self, configured: &str, to: Option<&str>, now: UnixMillis) {
        let Some(to) = to else {
            // An adopted address answers without a redirect, and remains.
            if self.address(configured) == configured {
                self.moved = None;
            }
            return;
        };
        let before = self.moved.take().filter(|moved| moved.from == configured && moved.to == to);
        let (times, since) = before.map_or((1, now.0), |moved| (moved.times + 1, moved.since));
        let has_lasted = now.since(UnixMillis(since)) >= LASTING;
        self.moved = Some(Moved {
            from: configured.to_owned(),
            to: to.to_owned(),
            times: times.min(CONSISTENT),
            since,
            is_adopted: times >= CONSISTENT && has_lasted,
        });
    }

    /// Whether it is polled rarely because it has failed for a long time.
    pub(crate) fn is_dead(&self, failing_for: Duration) -> bool {
        self.strikes >= DEAD && failing_for >= DEAD_AFTER
    }

    /// Whether to request it without its validators.
    pub(crate) fn is_on_trial(&self, now: UnixMillis) -> bool {
        self.validators_lie || self.trial.is_some_and(|at| at <= now.0)
    }
}

fn is_default(value: &Value) -> bool {
    value.is_null() || *value == false || value.as_array().is_some_and(Vec::is_empty)
}

/// How a feed is being parsed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReadMark {
    /// Whether no other feed is being parsed at the same time.
    pub(crate) is_alone: bool,
    /// The fetcher that parses it, if there can be others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) by: String,
}

/// How many days an item is remembered after it was listed last.
const DAYS_KEPT: u32 = 90;
/// The most items that are remembered of one feed.
const MOST: usize = 5000;

/// The items that a feed has listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SeenItems {
    items: BTreeMap<u64, SeenItem>,
}

/// An item that a feed has listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SeenItem {
    /// A hash of its title and texts in the feed.
    pub(crate) content: u64,
    /// Its last article.
    pub(crate) article: ArticleId,
    /// The day it was listed last, counted from 1970.
    pub(crate) day: u32,
    /// A hash of its link and title; 0 if one of them is missing.
    pub(crate) page: u64,
    /// Hashes of its title and of its text; 0 for one that is too short to identify it.
    pub(crate) parts: [u64; 2],
    /// Whether one of its articles was baseline.
    pub(crate) is_baseline: bool,
}

/// The stored form of an item. Hashes are in hexadecimal digits, which every JSON reader keeps exact.
/// The last column has the hashes of its link and title, of its title and of its text, followed by [`BASELINE`] if one of its
/// articles was baseline.
#[derive(Serialize, Deserialize)]
struct Row(String, String, ArticleId, u32, String);

const BASELINE: char = '+';

impl SeenItems {
    /// The item with this key.
    pub(crate) fn get(&self, item_key: &str) -> Option<SeenItem> {
        self.items.get(&hash(&[item_key])).copied()
    }

    /// All items, with the hashes of their keys.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, SeenItem)> {
        self.items.iter().map(|(key, known)| (*key, *known))
    }

    /// Remembers an item.
    pub(crate) fn put(&mut self, item_key: &str, known: SeenItem) {
        self.items.insert(hash(&[item_key]), known);
    }

    /// Forgets items that were not listed for a long time. Beyond the limit, forgets those that were
    /// unlisted longest.
    pub(crate) fn prune(&mut self, today: u32) {
        self.items.retain(|_, known| known.day.saturating_add(DAYS_KEPT) >= today);
        let excess = self.items.len().saturating_sub(MOST);
        if excess > 0 {
            let mut by_day: Vec<(u32, u64)> =
                self.items.iter().map(|(key, known)| (known.day, *key)).collect();
            by_day.sort_unstable();
            for (_, key) in &by_day[..excess] {
                self.items.remove(key);
            }
        }
    }

    pub(crate) fn write(&self) -> Bytes {
        let hex = |number: u64| format!("{number:016x}");
        let row = |(key, known): (&u64, &SeenItem)| {
            let [title, text] = known.parts.map(hex);
            let mut hashes = format!("{} {title} {text}", hex(known.page));
            hashes.extend(known.is_baseline.then_some(BASELINE));
            Row(hex(*key), hex(known.content), known.article, known.day, hashes)
        };
        let rows: Vec<Row> = self.items.iter().map(row).collect();
        serde_json::to_vec(&rows).map(Bytes::from).unwrap_or_default()
    }

    /// An unreadable value counts as no items: articles are then published again with the same ids.
    pub(crate) fn read(value: &[u8]) -> Self {
        let rows: Vec<Row> = serde_json::from_slice(value).unwrap_or_default();
        let number = |hex: &str| u64::from_str_radix(hex, 16).ok();
        let item = |Row(key, content, article, day, hashes): Row| {
            let of_baseline = hashes.strip_suffix(BASELINE);
            let is_baseline = of_baseline.is_some();
            let mut numbers = of_baseline.unwrap_or(&hashes).split(' ').map(number);
            let mut next = || numbers.next().flatten().unwrap_or(0);
            let (page, parts) = (next(), [next(), next()]);
            let content = number(&content)?;
            Some((number(&key)?, SeenItem { content, article, day, page, parts, is_baseline }))
        };
        Self { items: rows.into_iter().filter_map(item).collect() }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;
    use wirefold_envelope::{Limits, create_streams};
    use wirefold_flow::Answer;
    use wirefold_flow::sim::{SimBus, SimDisk, VirtualClock};
    use wirefold_proto::FeedSettings;

    use super::*;

    /// A bucket of a server, which answers a write once it may.
    struct Remote {
        keys: Arc<dyn KeyValue>,
        may: Arc<Semaphore>,
    }

    impl KeyValue for Remote {
        fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
            self.keys.get(key)
        }

        fn put<'a>(&'a self, key: &'a str, value: Bytes) -> Answer<'a, u64> {
            Box::pin(async move {
                let revision = self.keys.put(key, value).await;
                self.may.acquire().await.unwrap().forget();
                revision
            })
        }

        fn put_if<'a>(&'a self, key: &'a str, value: Bytes, expected: u64) -> Answer<'a, u64> {
            self.keys.put_if(key, value, expected)
        }

        fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, u64> {
            self.keys.delete(key)
        }

        /// Gives everything after a revision that it does not have, as NATS does.
        fn changes<'a>(&'a self, names: &'a [&'a str], after: u64) -> Answer<'a, Vec<Entry>> {
            Box::pin(async move {
                let all = self.keys.changes(names, 0).await?;
                let is_known = all.last().is_some_and(|last| last.revision >= after);
                let from = if is_known { after } else { 0 };
                Ok(all.into_iter().filter(|entry| entry.revision > from).collect())
            })
        }
    }

    /// The stores of two fetchers that share an empty bucket.
    async fn stores() -> [Store; 2] {
        let clock = Arc::new(VirtualClock::default());
        let bus = SimBus::open(&SimDisk::default(), clock.clone()).bus();
        create_streams(&*bus, &Limits::default()).await.unwrap();
        let context = StageContext::new(bus, clock);
        ["a", "b"].map(|own| Store::open(&context, Share::of(own, &["a", "b"])).unwrap())
    }

    #[tokio::test]
    async fn a_bucket_that_went_back_in_time_is_read_anew() {
        let ([mut own, other], [_, other_after]) = (stores().await, stores().await);
        let feed = FeedSettings::new("harbour".parse().unwrap(), "https://harbour.example/");
        let record = FeedRecord::waiting(feed, None, 900);
        let id = &record.feed.id;
        for strikes in 0..5 {
            other.put_state(id, &PollState { strikes, ..PollState::default() }).await.unwrap();
        }
        assert!(own.replace_record(&record).await.unwrap());
        assert_eq!(own.changed_by_others().await.unwrap()[id].state.as_ref().unwrap().strikes, 4);
        let may = Arc::new(Semaphore::new(0));
        own.keys = Arc::new(Remote { keys: other_after.keys.clone(), may });
        other_after.put_record(&record).await.unwrap();
        other_after.put_state(id, &PollState::default()).await.unwrap();
        let changes = own.changed_by_others().await.unwrap();
        assert_eq!(
            (&changes[id].record, changes[id].state.as_ref().unwrap().strikes),
            (&Some(record.clone()), 0)
        );
        assert!(own.replace_record(&FeedRecord { articles: 1, ..record }).await.unwrap());
        assert_eq!(own.changed_by_others().await.unwrap().len(), 0);
    }

    #[tokio::test]
    async fn an_own_write_is_no_change_of_another_fetcher_before_its_answer_either() {
        let ([mut own, other], may) = (stores().await, Arc::new(Semaphore::new(0)));
        own.keys = Arc::new(Remote { keys: own.keys.clone(), may: may.clone() });
        let [harbour, pier] = ["harbour", "pier"].map(|id| id.parse::<FeedId>().unwrap());
        let state = PollState { strikes: 1, ..PollState::default() };
        let (writer, written) = (own.clone(), (harbour.clone(), state.clone()));
        let writing = tokio::spawn(async move { writer.put_state(&written.0, &written.1).await });
        while other.get(&key("poll", &harbour)).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        other.put_state(&pier, &state).await.unwrap();
        let changed =
            async || own.changed_by_others().await.unwrap().into_keys().collect::<Vec<_>>();
        assert_eq!(changed().await, [pier]);
        may.add_permits(1);
        writing.await.unwrap().unwrap();
        assert_eq!(changed().await, []);
        other.put_state(&harbour, &PollState::default()).await.unwrap();
        assert_eq!(changed().await, [harbour]);
    }

    const OLD: &str = "http://old.example/feed";
    const NEW: &str = "http://new.example/feed";

    fn hour(hours: u64) -> UnixMillis {
        UnixMillis(hours * 3_600_000)
    }

    #[test]
    fn a_move_is_adopted_after_three_consistent_answers_and_a_day() {
        let mut state = PollState::default();
        for at in [0, 1, 2, 23] {
            state.note_move(OLD, Some(NEW), hour(at));
            assert_eq!(state.address(OLD), OLD);
        }
        state.note_move(OLD, Some(NEW), hour(24));
        assert_eq!(state.address(OLD), NEW);
        state.note_move(OLD, None, hour(25));
        let mut seldom = PollState::default();
        for at in [0, 48] {
            seldom.note_move(OLD, Some(NEW), hour(at));
            assert_eq!(seldom.address(OLD), OLD);
        }
        assert_eq!(PollState::read(&state.write()).address(OLD), NEW);
        assert_eq!(state.address("http://third.example/"), "http://third.example/");
    }

    #[test]
    fn an_interrupted_move_is_counted_from_the_start() {
        let mut state = PollState::default();
        let answers = [Some(NEW), Some(NEW), None, Some(NEW), Some("http://x.example/"), Some(NEW)];
        for (at, to) in (0..).zip(answers) {
            state.note_move(OLD, to, hour(at * 12));
            assert_eq!(state.address(OLD), OLD);
        }
    }

    #[test]
    fn an_unreadable_state_is_empty() {
        assert_eq!(PollState::read(b"oops"), PollState::default());
        assert_eq!(PollState::read(b"{}"), PollState::default());
    }
}

#[cfg(test)]
mod seen_tests {
    use super::*;

    fn item_of_day(day: u32) -> SeenItem {
        let article = "a-00000000000000000000000001".parse().unwrap();
        let is_baseline = day.is_multiple_of(2);
        SeenItem { content: u64::MAX, article, day, page: 7, parts: [8, 0], is_baseline }
    }

    /// Hashes are stored for months: this value must never change.
    #[test]
    fn hashes_never_change() {
        assert_eq!(format!("{:016x}", hash(&["guid-1"])), "90c18f00e384a88a");
    }

    #[test]
    fn seen_items_survive_storage() {
        let mut seen = SeenItems::default();
        seen.put("one", item_of_day(20_000));
        seen.put("two", item_of_day(20_001));
        assert_eq!(SeenItems::read(&seen.write()), seen);
        assert_eq!(seen.get("two"), Some(item_of_day(20_001)));
        assert_eq!(seen.get("three"), None);
        assert_eq!(SeenItems::read(b"oops"), SeenItems::default());
    }

    #[test]
    fn items_are_remembered_for_ninety_days_after_the_last_listing() {
        let mut seen = SeenItems::default();
        seen.put("old", item_of_day(100));
        seen.put("new", item_of_day(101));
        seen.prune(190);
        assert!(seen.get("old").is_some());
        seen.prune(191);
        assert!(seen.get("old").is_none() && seen.get("new").is_some());
    }

    #[test]
    fn forgets_the_longest_unlisted_items_first() {
        let mut seen = SeenItems::default();
        for number in 0..6000 {
            seen.put(&number.to_string(), item_of_day(if number < 1500 { 100 } else { 101 }));
        }
        seen.prune(101);
        let kept = |range: std::ops::Range<u32>| {
            range.filter(|number| seen.get(&number.to_string()).is_some()).count()
        };
        assert_eq!((kept(0..1500), kept(1500..6000)), (500, 4500));
    }
}
