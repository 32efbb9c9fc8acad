//! The feeds, and when each is due.

use std::collections::{BTreeSet, HashMap};

use tokio::task::AbortHandle;
use wirefold_flow::UnixMillis;
use wirefold_proto::{FeedHealth, FeedId, FeedRecord};

use crate::metrics::FEEDS;
use crate::state::Memo;

/// A feed as the scheduler has it.
pub(crate) struct Entry {
    pub(crate) record: FeedRecord,
    pub(crate) memo: Memo,
    /// When it is polled next; none while it is polled, and where it is gone.
    due: Option<UnixMillis>,
    /// The poll under way.
    pub(crate) poll: Option<AbortHandle>,
}

/// All feeds.
#[derive(Default)]
pub(crate) struct Table {
    feeds: HashMap<FeedId, Entry>,
    due: BTreeSet<(UnixMillis, FeedId)>,
}

impl Table {
    pub(crate) fn get(&self, feed: &FeedId) -> Option<&Entry> {
        self.feeds.get(feed)
    }

    pub(crate) fn get_mut(&mut self, feed: &FeedId) -> Option<&mut Entry> {
        self.feeds.get_mut(feed)
    }

    /// Puts a feed in, in the place of the one with its id.
    pub(crate) fn put(&mut self, record: FeedRecord, memo: Memo, due: Option<UnixMillis>) {
        let feed = record.feed.id.clone();
        self.remove(&feed);
        self.due.extend(due.map(|due| (due, feed.clone())));
        self.feeds.insert(feed, Entry { record, memo, due, poll: None });
    }

    pub(crate) fn remove(&mut self, feed: &FeedId) -> Option<Entry> {
        let entry = self.feeds.remove(feed)?;
        if let Some(due) = entry.due {
            self.due.remove(&(due, feed.clone()));
        }
        Some(entry)
    }

    /// The next feed that is due, taken from the order until it is put in again.
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

    /// Shows how the feeds are doing.
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
    }
}
