//! One lock for each feed, so that a poll and the reading of the archive never publish its items at
//! the same time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Guarded, PoisonError};

use tokio::sync::{Mutex, OwnedMutexGuard};
use wirefold_proto::FeedId;

/// A lock for each feed whose items are being published.
#[derive(Default)]
pub(crate) struct FeedLocks {
    feeds: Guarded<HashMap<FeedId, Arc<Mutex<()>>>>,
}

impl FeedLocks {
    /// Locks a feed. Waits while another task holds the lock.
    pub(super) async fn lock(&self, feed: &FeedId) -> OwnedMutexGuard<()> {
        let lock = {
            let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
            feeds.retain(|_, lock| Arc::strong_count(lock) > 1);
            feeds.entry(feed.clone()).or_default().clone()
        };
        lock.lock_owned().await
    }
}
