//! What may not come in again, for those who take articles in.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wirefold_flow::{Bus, BusError, Entry, KeyValue, UnixMillis};
use wirefold_proto::{FORGETTING, streams};

/// How old what is known of the list may be.
const FRESH: Duration = Duration::from_secs(5);

/// The list, as it stood moments ago. Clones are one.
#[derive(Clone)]
pub struct Forgotten {
    keys: Arc<dyn KeyValue>,
    known: Arc<Mutex<Listed>>,
}

#[derive(Default)]
struct Listed {
    keys: BTreeSet<String>,
    /// The last change that is known.
    revision: u64,
    /// When the list was read last; none before the first time.
    read: Option<UnixMillis>,
}

impl Forgotten {
    /// The list of a bus. It is read when it is first asked.
    ///
    /// # Errors
    /// Whatever the bus says.
    pub fn open(bus: &dyn Bus) -> Result<Self, BusError> {
        let keys = bus.key_value(streams::FORGOTTEN.name)?;
        Ok(Self { keys, known: Arc::default() })
    }

    /// Whether one of these keys is on the list.
    ///
    /// # Errors
    /// Whatever the bus says.
    pub async fn has(&self, keys: &[String], now: UnixMillis) -> Result<bool, BusError> {
        self.refresh(now).await?;
        let known = self.known();
        Ok(keys.iter().any(|key| known.keys.contains(key)))
    }

    /// The revision of what was put on the list last; 0 where nothing is on it. Whoever keeps what it makes
    /// of articles makes it anew once this is later than it was then.
    ///
    /// # Errors
    /// Whatever the bus says.
    pub async fn newest(&self) -> Result<u64, BusError> {
        let changes = self.changes(0).await?;
        let listed = changes.iter().filter(|it| it.value.is_some() && it.key != FORGETTING);
        Ok(listed.map(|entry| entry.revision).max().unwrap_or(0))
    }

    /// What changed on the list since a revision.
    async fn changes(&self, after: u64) -> Result<Vec<Entry>, BusError> {
        match self.keys.changes(after).await {
            // The rights of a server may be older than the list: then there is none.
            Err(BusError::NotAllowed { .. } | BusError::NoStream(_)) => Ok(Vec::new()),
            changes => changes,
        }
    }

    async fn refresh(&self, now: UnixMillis) -> Result<(), BusError> {
        let after = {
            let known = self.known();
            if known.read.is_some_and(|read| read.plus(FRESH) > now) {
                return Ok(());
            }
            known.revision
        };
        let changes = self.changes(after).await?;
        let mut known = self.known();
        for entry in changes {
            known.revision = known.revision.max(entry.revision);
            match entry.value {
                Some(_) => known.keys.insert(entry.key),
                None => known.keys.remove(&entry.key),
            };
        }
        known.read = Some(now);
        Ok(())
    }

    // Nobody leaves it half changed: a poisoned lock is as good as another.
    fn known(&self) -> MutexGuard<'_, Listed> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
