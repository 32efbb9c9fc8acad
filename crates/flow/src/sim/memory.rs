//! Tables in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::bus::Entry;
use crate::clock::UnixMillis;
use crate::error::BusError;
use crate::message::Stored;
use crate::store::{KnownId, Pending, Reader, StreamRow, Tables};
use crate::subject::matches;

type Result<T> = std::result::Result<T, BusError>;

/// Tables in memory. Clones are one memory.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Maps>>);

#[derive(Default)]
pub(super) struct Maps {
    streams: BTreeMap<String, StreamRow>,
    messages: BTreeMap<String, BTreeMap<u64, Stored>>,
    ids: BTreeMap<String, VecDeque<KnownId>>,
    readers: BTreeMap<(String, String), Cursor>,
    buckets: BTreeMap<String, BTreeMap<String, Entry>>,
    /// By store and name.
    pub(super) objects: BTreeMap<(String, String), Vec<Bytes>>,
    /// So many objects are still stored or deleted; the process is killed before the next.
    pub(super) objects_left: Option<usize>,
    /// Whether it was.
    pub(super) is_killed: bool,
}

#[derive(Default)]
struct Cursor {
    next: u64,
    pending: BTreeMap<u64, Pending>,
}

impl Memory {
    pub(super) fn maps(&self) -> MutexGuard<'_, Maps> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an object that is stored or deleted; whether its process still lives.
    pub(super) fn may_change_object(&self) -> bool {
        let mut maps = self.maps();
        match &mut maps.objects_left {
            Some(0) => {
                maps.is_killed = true;
                false
            }
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }
}

fn key(stream: &str, durable: &str) -> (String, String) {
    (stream.to_owned(), durable.to_owned())
}

impl Tables for Memory {
    // Nothing in memory fails half-way, so there is nothing to undo.
    fn begin(&mut self) -> Result<()> {
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        Ok(())
    }

    fn roll_back(&mut self) -> Result<()> {
        Ok(())
    }

    fn streams(&mut self) -> Result<Vec<StreamRow>> {
        Ok(self.maps().streams.values().cloned().collect())
    }

    fn put_stream(&mut self, row: &StreamRow) -> Result<()> {
        self.maps().streams.insert(row.config.name.clone(), row.clone());
        Ok(())
    }

    fn put_counters(&mut self, row: &StreamRow) -> Result<()> {
        self.put_stream(row)
    }

    fn insert(&mut self, message: &Stored) -> Result<()> {
        let mut maps = self.maps();
        let messages = maps.messages.entry(message.stream.clone()).or_default();
        messages.insert(message.sequence, message.clone());
        Ok(())
    }

    fn message(&mut self, stream: &str, sequence: u64) -> Result<Option<Stored>> {
        Ok(self.maps().messages.get(stream).and_then(|kept| kept.get(&sequence)).cloned())
    }

    fn scan(&mut self, stream: &str, from: u64, max: usize) -> Result<Vec<Stored>> {
        let maps = self.maps();
        let kept = maps.messages.get(stream).into_iter().flat_map(|kept| kept.range(from..));
        Ok(kept.take(max).map(|(_, message)| message.clone()).collect())
    }

    fn last(&mut self, stream: &str, filter: &str) -> Result<Option<Stored>> {
        let maps = self.maps();
        let kept = maps.messages.get(stream).into_iter().flat_map(|kept| kept.values().rev());
        Ok(kept.into_iter().find(|message| matches(filter, &message.subject)).cloned())
    }

    fn drop_message(&mut self, message: &Stored) -> Result<()> {
        if let Some(kept) = self.maps().messages.get_mut(&message.stream) {
            kept.remove(&message.sequence);
        }
        Ok(())
    }

    fn remember_id(&mut self, message: &Stored, after: UnixMillis) -> Result<()> {
        let mut maps = self.maps();
        let ids = maps.ids.entry(message.stream.clone()).or_default();
        while ids.front().is_some_and(|known| known.at <= after) {
            ids.pop_front();
        }
        let (sequence, at) = (message.sequence, message.at);
        ids.push_back(KnownId { id: message.id.clone(), sequence, at });
        Ok(())
    }

    fn known_ids(&mut self, stream: &str, after: UnixMillis) -> Result<Vec<KnownId>> {
        let maps = self.maps();
        let ids = maps.ids.get(stream).into_iter().flatten();
        Ok(ids.filter(|known| known.at > after).cloned().collect())
    }

    fn reader(&mut self, stream: &str, durable: &str) -> Result<Option<Reader>> {
        Ok(self.maps().readers.get(&key(stream, durable)).map(|place| Reader {
            next: place.next,
            pending: place.pending.len() as u64,
            first_pending: place.pending.keys().next().copied(),
            next_due: place.pending.values().map(|pending| pending.due).min(),
        }))
    }

    fn put_reader(&mut self, stream: &str, durable: &str, next: u64) -> Result<()> {
        self.maps().readers.entry(key(stream, durable)).or_default().next = next;
        Ok(())
    }

    fn pending(&mut self, stream: &str, durable: &str, sequence: u64) -> Result<Option<Pending>> {
        let maps = self.maps();
        let place = maps.readers.get(&key(stream, durable));
        Ok(place.and_then(|place| place.pending.get(&sequence)).copied())
    }

    fn due(
        &mut self,
        stream: &str,
        durable: &str,
        now: UnixMillis,
        max: usize,
    ) -> Result<Vec<Pending>> {
        let maps = self.maps();
        let place = maps.readers.get(&key(stream, durable)).into_iter();
        let due = place.flat_map(|place| place.pending.values()).filter(|p| p.due <= now);
        Ok(due.take(max).copied().collect())
    }

    fn put_pending(&mut self, stream: &str, durable: &str, pending: Pending) -> Result<()> {
        let mut maps = self.maps();
        let place = maps.readers.entry(key(stream, durable)).or_default();
        place.pending.insert(pending.sequence, pending);
        Ok(())
    }

    fn drop_pending(&mut self, stream: &str, durable: &str, sequence: u64) -> Result<()> {
        if let Some(place) = self.maps().readers.get_mut(&key(stream, durable)) {
            place.pending.remove(&sequence);
        }
        Ok(())
    }

    fn entry(&mut self, bucket: &str, key: &str) -> Result<Option<Entry>> {
        Ok(self.maps().buckets.get(bucket).and_then(|entries| entries.get(key)).cloned())
    }

    fn put_entry(&mut self, bucket: &str, entry: &Entry) -> Result<()> {
        let mut maps = self.maps();
        let entries = maps.buckets.entry(bucket.to_owned()).or_default();
        entries.insert(entry.key.clone(), entry.clone());
        Ok(())
    }

    fn entries(&mut self, bucket: &str, after: u64) -> Result<Vec<Entry>> {
        let maps = self.maps();
        let entries = maps.buckets.get(bucket).into_iter().flat_map(|entries| entries.values());
        let mut found: Vec<Entry> =
            entries.filter(|entry| entry.revision > after).cloned().collect();
        found.sort_by_key(|entry| entry.revision);
        Ok(found)
    }

    fn entries_under(&mut self, bucket: &str, name: &str) -> Result<Vec<Entry>> {
        let mut entries = self.entries(bucket, 0)?;
        entries.retain(|entry| {
            let rest = entry.key.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        Ok(entries)
    }

    fn revision(&mut self, bucket: &str) -> Result<u64> {
        let maps = self.maps();
        let entries = maps.buckets.get(bucket).into_iter().flat_map(|entries| entries.values());
        Ok(entries.map(|entry| entry.revision).max().unwrap_or(0))
    }
}
