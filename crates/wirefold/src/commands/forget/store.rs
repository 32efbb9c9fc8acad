//! The streams and tables that `forget` changes, as one trait.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use wirefold_flow::{BusError, Entry, Stored};
use wirefold_proto::streams::FORGOTTEN;
use wirefold_proto::{FORGETTING, ForgottenRecord};

use super::change::{Change, Edit};

/// The order to forget articles.
pub(super) struct Order<'a> {
    pub(super) edits: &'a [Edit],
    pub(super) changes: &'a [Change],
    /// The number of articles that are removed.
    pub(super) articles: u64,
    /// The keys that are put on the list.
    pub(super) keys: &'a BTreeSet<String>,
    /// The data folder.
    pub(super) folder: &'a Path,
    pub(super) now: Timestamp,
}

impl Order<'_> {
    /// Whether there is nothing to remove.
    pub(super) fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.changes.is_empty()
    }

    /// The entry on the list.
    pub(super) fn record(&self) -> anyhow::Result<Vec<u8>> {
        let record = ForgottenRecord { at: self.now, articles: self.articles };
        Ok(serde_json::to_vec(&record)?)
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
