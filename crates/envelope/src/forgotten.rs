//! The list of forgotten articles, for all stages that read articles.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wirefold_flow::{Bus, BusError, Entry, KeyValue, UnixMillis};
use wirefold_proto::{FORGETTING, streams};

/// The greatest age of the copy of the list.
const FRESH: Duration = Duration::from_secs(5);

/// A copy of the list, at most five seconds old. Clones share it.
#[derive(Clone)]
pub struct Forgotten {
    keys: Arc<dyn KeyValue>,
    list: Arc<Mutex<List>>,
}

#[derive(Default)]
struct List {
    keys: BTreeSet<String>,
    /// The revision of the last change that was read.
    revision: u64,
    /// The time at which the list was read last. `None` before the first time.
    read: Option<UnixMillis>,
}

impl Forgotten {
    /// Opens the list of a bus. It is read when first needed.
    ///
    /// # Errors
    /// Any error of the bus.
    pub fn open(bus: &dyn Bus) -> Result<Self, BusError> {
        let keys = bus.key_value(streams::FORGOTTEN.name)?;
        Ok(Self { keys, list: Arc::default() })
    }

    /// Whether one of these keys is on the list.
    ///
    /// # Errors
    /// Any error of the bus.
    pub async fn has(&self, keys: &[String], now: UnixMillis) -> Result<bool, BusError> {
        self.refresh(now).await?;
        let list = self.lock();
        Ok(keys.iter().any(|key| list.keys.contains(key)))
    }

    /// The revision of the latest entry; 0 if the list is empty. A stage that stores results computed from
    /// articles computes them again when this has grown.
    ///
    /// # Errors
    /// Any error of the bus.
    pub async fn newest(&self) -> Result<u64, BusError> {
        let changes = self.changes(0).await?;
        let listed = changes.iter().filter(|it| it.value.is_some() && it.key != FORGETTING);
        Ok(listed.map(|entry| entry.revision).max().unwrap_or(0))
    }

    /// The changes of the list since a revision.
    async fn changes(&self, after: u64) -> Result<Vec<Entry>, BusError> {
        match self.keys.changes(&[], after).await {
            // The permissions on a server may be older than the list. Then there is no list.
            Err(BusError::NotAllowed { .. } | BusError::NoStream(_)) => Ok(Vec::new()),
            changes => changes,
        }
    }

    async fn refresh(&self, now: UnixMillis) -> Result<(), BusError> {
        let after = {
            let list = self.lock();
            if list.read.is_some_and(|read| read.plus(FRESH) > now) {
                return Ok(());
            }
            list.revision
        };
        let changes = self.changes(after).await?;
        let mut list = self.lock();
        for entry in changes {
            list.revision = entry.revision;
            match entry.value {
                Some(_) => list.keys.insert(entry.key),
                None => list.keys.remove(&entry.key),
            };
        }
        list.read = Some(now);
        Ok(())
    }

    // No panic can leave the list half changed, so a poisoned lock can still be used.
    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
