//! One at a time takes items of a feed: a poll, or the reading of its archive.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Guarded, PoisonError};

use tokio::sync::{Mutex, OwnedMutexGuard};
use wirefold_proto::FeedId;

/// The feeds whose items are being taken.
#[derive(Default)]
pub(crate) struct Taking {
    feeds: Guarded<HashMap<FeedId, Arc<Mutex<()>>>>,
}

impl Taking {
    /// The right to take items of a feed, once nobody else has it.
    pub(super) async fn of(&self, feed: &FeedId) -> OwnedMutexGuard<()> {
        let place = {
            let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
            feeds.retain(|_, place| Arc::strong_count(place) > 1);
            feeds.entry(feed.clone()).or_default().clone()
        };
        place.lock_owned().await
    }
}
