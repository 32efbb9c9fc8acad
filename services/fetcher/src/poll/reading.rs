//! Which feeds are being read, stored before they are: what ends the whole process over one feed
//! is found at the next start.
//!
//! All feeds that were being read when a process died are suspects. Each is read alone the next
//! time: only one over which the process dies again is set aside. So a power cut sets none aside.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};
use wirefold_flow::BusError;
use wirefold_proto::FeedId;

use super::Poller;
use crate::state::Begun;

/// Who may be read now: all at once, or one suspect alone.
#[derive(Default)]
pub(crate) struct Reading {
    gate: Arc<RwLock<()>>,
    suspects: Mutex<HashSet<FeedId>>,
}

/// The right to read one feed.
enum Turn {
    Alone { _gate: OwnedRwLockWriteGuard<()> },
    WithOthers { _gate: OwnedRwLockReadGuard<()> },
}

impl Reading {
    /// Has these feeds be read alone, each once.
    pub(crate) fn suspect(&self, feeds: impl IntoIterator<Item = FeedId>) {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).extend(feeds);
    }

    fn is_suspect(&self, feed: &FeedId) -> bool {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).contains(feed)
    }

    fn clear(&self, feed: &FeedId) {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).remove(feed);
    }

    async fn turn(&self, is_alone: bool) -> Turn {
        let gate = self.gate.clone();
        match is_alone {
            true => Turn::Alone { _gate: gate.write_owned().await },
            false => Turn::WithOthers { _gate: gate.read_owned().await },
        }
    }
}

impl Poller {
    /// Reads a feed by `read`, and has stored before that it does.
    pub(super) async fn read_marked<T>(
        &self,
        feed: &FeedId,
        read: impl Future<Output = T>,
    ) -> Result<T, BusError> {
        let is_alone = self.reading.is_suspect(feed);
        let _turn = self.reading.turn(is_alone).await;
        self.store.put_begun(feed, Begun { is_alone }).await?;
        let read = read.await;
        self.store.forget_begun(feed).await?;
        self.reading.clear(feed);
        Ok(read)
    }
}
