//! The streams and tables that `forget` changes, as one trait.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use wirefold_flow::{BusError, Entry, Stored};
use wirefold_flow_sqlite::Offline;
use wirefold_proto::streams::FORGOTTEN;
use wirefold_proto::{FORGETTING, ForgottenRecord};

use super::plan::Plan;

/// The order to forget articles.
pub(super) struct Order<'a> {
    pub(super) plan: &'a Plan,
    /// The keys that are put on the list.
    pub(super) keys: &'a BTreeSet<String>,
    /// The data folder.
    pub(super) folder: &'a Path,
    pub(super) now: Timestamp,
}

impl Order<'_> {
    /// The entry on the list.
    pub(super) fn record(&self) -> anyhow::Result<Vec<u8>> {
        let articles = self.plan.counts.articles as u64;
        Ok(serde_json::to_vec(&ForgottenRecord { at: self.now, articles })?)
    }
}

/// Streams and tables on which no stage runs.
pub(super) trait OfflineStore {
    /// Passes each message of a stream in order. A missing stream has none.
    fn each(&mut self, stream: &str, take: &mut dyn FnMut(Stored)) -> Result<(), BusError>;

    /// The last change of each key of a bucket, including deletions, the oldest first.
    fn entries(&mut self, bucket: &str) -> Result<Vec<Entry>, BusError>;

    /// Removes everything in the plan, here and in the data folder, and puts the keys on the list. A kill at
    /// any point loses nothing else, and the next run finishes the work.
    fn carry_out(&mut self, order: &Order<'_>) -> anyhow::Result<()>;

    /// Takes keys off the list.
    fn remove_from_list(&mut self, keys: &[String]) -> anyhow::Result<()>;
}

impl dyn OfflineStore + '_ {
    /// Whether an earlier order was not finished.
    pub(super) fn is_unfinished(&mut self) -> Result<bool, BusError> {
        let entries = self.entries(FORGOTTEN.name)?;
        Ok(entries.iter().any(|entry| entry.key == FORGETTING && entry.value.is_some()))
    }

    /// The keys on the list.
    pub(super) fn list_keys(&mut self) -> Result<BTreeSet<String>, BusError> {
        let entries = self.entries(FORGOTTEN.name)?;
        let listed =
            entries.into_iter().filter(|entry| entry.value.is_some() && entry.key != FORGETTING);
        Ok(listed.map(|entry| entry.key).collect())
    }

    /// Takes these keys off the list. Returns the number of keys that were on it.
    pub(super) fn allow(&mut self, keys: &BTreeSet<String>) -> anyhow::Result<usize> {
        let listed: Vec<String> = self.list_keys()?.intersection(keys).cloned().collect();
        self.remove_from_list(&listed)?;
        Ok(listed.len())
    }
}

impl OfflineStore for Offline {
    fn each(&mut self, stream: &str, take: &mut dyn FnMut(Stored)) -> Result<(), BusError> {
        Offline::each(self, stream, take)
    }

    fn entries(&mut self, bucket: &str) -> Result<Vec<Entry>, BusError> {
        Offline::entries(self, bucket)
    }

    fn carry_out(&mut self, order: &Order<'_>) -> anyhow::Result<()> {
        super::erase::carry_out(order, self)
    }

    fn remove_from_list(&mut self, keys: &[String]) -> anyhow::Result<()> {
        self.begin()?;
        for key in keys {
            self.put(FORGOTTEN.name, key, None)?;
        }
        Ok(self.commit()?)
    }
}
