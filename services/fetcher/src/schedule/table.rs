//! The table of feeds and their due times.

use std::collections::{BTreeSet, HashMap};

use tokio::task::AbortHandle;
use wirefold_flow::UnixMillis;
use wirefold_proto::{FeedHealth, FeedId, FeedRecord};

use crate::metrics::{FEEDS, SET_ASIDE};
use crate::state::Memo;

/// A feed in the table.
pub(crate) struct Entry {
    pub(crate) record: FeedRecord,
    pub(crate) memo: Memo,
    /// When it is polled next; `None` while it is polled, and if it is gone.
    due: Option<UnixMillis>,
    /// The poll under way.
    pub(crate) poll: Option<AbortHandle>,
}

/// All feeds.
#[derive(Default)]
pub(crate) struct Table {
    feeds: HashMap<FeedId, Entry>,
    due: BTreeSet<(UnixMillis, FeedId)>,
    /// The feeds of each address.
    addresses: HashMap<String, BTreeSet<FeedId>>,
}

impl Table {
    pub(crate) fn get(&self, feed: &FeedId) -> Option<&Entry> {
        self.feeds.get(feed)
    }

    /// The records of all feeds.
    pub(crate) fn records(&self) -> impl Iterator<Item = &FeedRecord> {
        self.feeds.values().map(|entry| &entry.record)
    }

    /// When a feed is polled next; `None` while it is polled, and if it is gone.
    pub(crate) fn due(&self, feed: &FeedId) -> Option<UnixMillis> {
        self.feeds.get(feed)?.due
    }

    pub(crate) fn get_mut(&mut self, feed: &FeedId) -> Option<&mut Entry> {
        self.feeds.get_mut(feed)
    }

    /// Adds a feed, or replaces the one with its id.
    pub(crate) fn put(&mut self, record: FeedRecord, memo: Memo, due: Option<UnixMillis>) {
        let feed = record.feed.id.clone();
        self.remove(&feed);
        self.due.extend(due.map(|due| (due, feed.clone())));
        let address = memo.address(&record.feed.url).to_owned();
        self.addresses.entry(address).or_default().insert(feed.clone());
        self.feeds.insert(feed, Entry { record, memo, due, poll: None });
    }

    pub(crate) fn remove(&mut self, feed: &FeedId) -> Option<Entry> {
        let entry = self.feeds.remove(feed)?;
        if let Some(due) = entry.due {
            self.due.remove(&(due, feed.clone()));
        }
        let address = entry.memo.address(&entry.record.feed.url);
        if let Some(feeds) = self.addresses.get_mut(address) {
            feeds.remove(feed);
            if feeds.is_empty() {
                self.addresses.remove(address);
            }
        }
        Some(entry)
    }

    /// The other feeds that are polled at the address of this one, by name.
    pub(crate) fn with_same_address(&self, feed: &FeedId) -> Vec<FeedId> {
        let Some(entry) = self.feeds.get(feed) else {
            return Vec::new();
        };
        let all = self.addresses.get(entry.memo.address(&entry.record.feed.url));
        let is_polled = |twin: &&FeedId| {
            let is_gone = |known: &Entry| known.record.health == FeedHealth::Gone;
            *twin != feed && self.feeds.get(*twin).is_some_and(|twin| !is_gone(twin))
        };
        all.into_iter().flatten().filter(is_polled).cloned().collect()
    }

    /// Makes the other feeds of an address due, while its answer is fresh.
    pub(crate) fn poll_same_address_soon(&mut self, feed: &FeedId, now: UnixMillis) {
        for twin in self.with_same_address(feed) {
            self.poll_soon(&twin, now);
        }
    }

    /// Makes a feed due, unless it is polled right now, is set aside or gone.
    pub(crate) fn poll_soon(&mut self, feed: &FeedId, now: UnixMillis) {
        // A feed that is being polled has no due time.
        if let Some(entry) = self.feeds.get_mut(feed)
            && let Some(due) = entry.due.filter(|due| *due > now)
        {
            self.due.remove(&(due, feed.clone()));
            entry.due = Some(now);
            self.due.insert((now, feed.clone()));
        }
    }

    /// The next feed that is due. It has no due time until it is put into the table again.
    pub(crate) fn take_due(&mut self, now: UnixMillis) -> Option<&mut Entry> {
        let is_due = self.due.first().is_some_and(|(due, _)| *due <= now);
        let (_, feed) = is_due.then(|| self.due.pop_first()).flatten()?;
        let entry = self.feeds.get_mut(&feed)?;
        entry.due = None;
        Some(entry)
    }

    /// When the next feed is due.
    pub(crate) fn next_due(&self) -> Option<UnixMillis> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Sets the metrics about the health of feeds.
    pub(crate) fn count(&self) {
        let healths = [
            (FeedHealth::Waiting, "waiting"),
            (FeedHealth::Good, "good"),
            (FeedHealth::Failing, "failing"),
            (FeedHealth::Gone, "gone"),
        ];
        for (health, label) in healths {
            let count = self.feeds.values().filter(|entry| entry.record.health == health).count();
            FEEDS.set(count as f64, &[label]);
        }
        let aside = self.feeds.values().filter(|entry| entry.record.set_aside.is_some()).count();
        SET_ASIDE.set(aside as f64, &[]);
    }
}
