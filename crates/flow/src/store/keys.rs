//! The rules of buckets.

use bytes::Bytes;

use super::engine::Engine;
use crate::bus::Entry;
use crate::error::BusError;

impl Engine {
    /// Changes a key if it has the expected revision. Returns the new revision.
    ///
    /// # Errors
    /// [`BusError::Refused`], or a failing store.
    pub fn put_entry(
        &mut self,
        bucket: &str,
        key: &str,
        value: Option<&Bytes>,
        expected: Option<u64>,
    ) -> Result<u64, BusError> {
        if key.is_empty() {
            return Err(BusError::BadName { what: "key", name: String::new() });
        }
        if let Some(expected) = expected {
            let entry = self.tables.entry(bucket, key)?.filter(|entry| entry.value.is_some());
            let found = entry.map_or(0, |entry| entry.revision);
            if found != expected {
                return Err(BusError::Refused { expected, found });
            }
        }
        let revision = self.tables.revision(bucket)? + 1;
        let entry = Entry { key: key.to_owned(), revision, value: value.cloned() };
        self.tables.put_entry(bucket, &entry)?;
        Ok(revision)
    }

    /// The last change after a revision of each key that is one of these names, or begins with one and a dot; of each key
    /// if there are no names.
    ///
    /// # Errors
    /// A failing store.
    pub fn entries(
        &mut self,
        bucket: &str,
        names: &[String],
        after: u64,
    ) -> Result<Vec<Entry>, BusError> {
        if names.is_empty() {
            return self.tables.entries(bucket, after);
        }
        let mut entries = Vec::new();
        for name in names {
            entries.extend(self.tables.entries_under(bucket, name, after)?);
        }
        entries.sort_by_key(|entry| entry.revision);
        entries.dedup_by_key(|entry| entry.revision);
        Ok(entries)
    }
}
