//! Marks each feed in the store before it is parsed, so that a feed that kills the process is found
//! at the next start.
//!
//! All feeds that were marked when a process died are suspects. Each of them is parsed alone the
//! next time. Only a feed that kills the process again is set aside. A power cut therefore sets none
//! aside.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};
use wirefold_flow::BusError;
use wirefold_proto::FeedId;

use super::Poller;
use crate::state::ReadMark;

/// The feeds that may be parsed now: many at one time, or one suspect alone.
#[derive(Default)]
pub(crate) struct ParseGate {
    gate: Arc<RwLock<()>>,
    suspects: Mutex<HashSet<FeedId>>,
}

/// The right to parse one feed.
enum Permit {
    Alone { _gate: OwnedRwLockWriteGuard<()> },
    WithOthers { _gate: OwnedRwLockReadGuard<()> },
}

impl ParseGate {
    /// Makes these feeds suspects: each is parsed alone once.
    pub(crate) fn suspect(&self, feeds: impl IntoIterator<Item = FeedId>) {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).extend(feeds);
    }

    fn is_suspect(&self, feed: &FeedId) -> bool {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).contains(feed)
    }

    fn clear(&self, feed: &FeedId) {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).remove(feed);
    }

    async fn permit(&self, is_alone: bool) -> Permit {
        let gate = self.gate.clone();
        match is_alone {
            true => Permit::Alone { _gate: gate.write_owned().await },
            false => Permit::WithOthers { _gate: gate.read_owned().await },
        }
    }
}

impl Poller {
    /// Stores the mark that a feed is being parsed, then parses it with `read`, then deletes the mark.
    pub(super) async fn parse_marked<T>(
        &self,
        feed: &FeedId,
        read: impl Future<Output = T>,
    ) -> Result<T, BusError> {
        let is_alone = self.parse_gate.is_suspect(feed);
        let _permit = self.parse_gate.permit(is_alone).await;
        self.store.put_read_mark(feed, ReadMark { is_alone }).await?;
        let read = read.await;
        self.store.forget_read_mark(feed).await?;
        self.parse_gate.clear(feed);
        Ok(read)
    }
}
