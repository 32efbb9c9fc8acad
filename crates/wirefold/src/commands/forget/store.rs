//! The streams and tables that `forget` changes, as one trait.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use wirefold_flow::{BusError, Entry, Stored};
use wirefold_flow_sqlite::Offline;
use wirefold_proto::streams::FORGOTTEN;
use wirefold_proto::{FORGETTING, ForgottenRecord};

use super::plan::Plan;

/// What is to be removed.
pub(super) struct Order<'a> {
    pub(super) plan: &'a Plan,
    /// What is put on the list.
    pub(super) keys: &'a BTreeSet<String>,
    /// The data folder.
    pub(super) folder: &'a Path,
    pub(super) now: Timestamp,
}

impl Order<'_> {
    /// What stands on the list.
    pub(super) fn record(&self) -> anyhow::Result<Vec<u8>> {
        let articles = self.plan.counts.articles as u64;
        Ok(serde_json::to_vec(&ForgottenRecord { at: self.now, articles })?)
    }
}

/// Streams and tables on which no stage runs.
pub(super) trait OfflineStore {
    /// Gives each message of a stream, in order; none where there is no such stream.
    fn each(&mut self, stream: &str, take: &mut dyn FnMut(Stored)) -> Result<(), BusError>;

    /// The last change of each key of a bucket, deletions too, the oldest first.
    fn entries(&mut self, bucket: &str) -> Result<Vec<Entry>, BusError>;

    /// Removes what is planned here and in the data folder, and puts the keys on the list. A kill at any
    /// point loses nothing else, and the next run ends it.
    fn carry_out(&mut self, order: &Order<'_>) -> anyhow::Result<()>;

    /// Takes keys off the list.
    fn take_off(&mut self, keys: &[String]) -> anyhow::Result<()>;
}

impl dyn OfflineStore + '_ {
    /// Whether one was begun and did not end.
    pub(super) fn is_unfinished(&mut self) -> Result<bool, BusError> {
        let entries = self.entries(FORGOTTEN.name)?;
        Ok(entries.iter().any(|entry| entry.key == FORGETTING && entry.value.is_some()))
    }

    /// The keys that are on the list.
    pub(super) fn listed(&mut self) -> Result<BTreeSet<String>, BusError> {
        let entries = self.entries(FORGOTTEN.name)?;
        let listed =
            entries.into_iter().filter(|entry| entry.value.is_some() && entry.key != FORGETTING);
        Ok(listed.map(|entry| entry.key).collect())
    }

    /// Takes those of the keys off the list that are on it; how many were.
    pub(super) fn allow(&mut self, keys: &BTreeSet<String>) -> anyhow::Result<usize> {
        let listed: Vec<String> = self.listed()?.intersection(keys).cloned().collect();
        self.take_off(&listed)?;
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

    fn take_off(&mut self, keys: &[String]) -> anyhow::Result<()> {
        self.begin()?;
        for key in keys {
            self.put(FORGOTTEN.name, key, None)?;
        }
        Ok(self.commit()?)
    }
}
