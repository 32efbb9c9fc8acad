//! Tables in memory with the failures of a disk: failed commits, and commits lost in a power cut.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::bus::Entry;
use crate::clock::UnixMillis;
use crate::error::BusError;
use crate::message::Stored;
use crate::store::{RecentId, StreamRow, Tables};
use crate::subject::matches;

type Result<T> = std::result::Result<T, BusError>;

/// The store of a simulated bus: tables in memory. Like a disk, it outlives the buses over it. All clones are the same
/// store.
#[derive(Clone, Default)]
pub struct SimDisk(Arc<Mutex<Disk>>);

/// The tables, and how to undo the last changes.
#[derive(Default)]
pub(super) struct Disk {
    maps: Maps,
    /// By store and name.
    pub(super) objects: BTreeMap<(String, String), Vec<Bytes>>,
    /// The rows before the changes since the last commit; in the order of the changes.
    uncommitted: Vec<Row>,
    /// The same for each commit that the disk may still lose, the oldest first.
    unsynced: VecDeque<Vec<Row>>,
    /// How many commits the disk may lose.
    loses_at_most: usize,
}

/// A stream and a sequence, or another pair of names.
type Pair<T> = (String, T);

#[derive(Default)]
struct Maps {
    streams: BTreeMap<String, StreamRow>,
    messages: BTreeMap<String, Messages>,
    ids: BTreeMap<Pair<u64>, RecentId>,
    marks: BTreeMap<Pair<String>, u64>,
    entries: BTreeMap<Pair<String>, Entry>,
}

/// A row with its key. `None` if it is absent.
enum Row {
    Stream(String, Option<StreamRow>),
    Message(Pair<u64>, Option<Stored>),
    Id(Pair<u64>, Option<RecentId>),
    Mark(Pair<String>, Option<u64>),
    Entry(Pair<String>, Option<Entry>),
}

impl Maps {
    /// Sets a row. Returns the row before.
    fn set(&mut self, row: Row) -> Row {
        fn set<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, key: &K, row: Option<V>) -> Option<V> {
            match row {
                Some(row) => map.insert(key.clone(), row),
                None => map.remove(key),
            }
        }
        match row {
            Row::Stream(key, row) => Row::Stream(key.clone(), set(&mut self.streams, &key, row)),
            Row::Message(key, row) => {
                let messages = self.messages.entry(key.0.clone()).or_default();
                let before = messages.set(key.1, row);
                Row::Message(key, before)
            }
            Row::Id(key, row) => Row::Id(key.clone(), set(&mut self.ids, &key, row)),
            Row::Mark(key, row) => Row::Mark(key.clone(), set(&mut self.marks, &key, row)),
            Row::Entry(key, row) => Row::Entry(key.clone(), set(&mut self.entries, &key, row)),
        }
    }

    /// The ids of a stream, oldest first.
    fn ids(&self, stream: &str) -> impl Iterator<Item = &RecentId> {
        let all = (stream.to_owned(), 0)..=(stream.to_owned(), u64::MAX);
        self.ids.range(all).map(|(_, id)| id)
    }

    /// The entries of a bucket.
    fn entries(&self, bucket: &str) -> impl Iterator<Item = &Entry> {
        let from = self.entries.range((bucket.to_owned(), String::new())..);
        from.take_while(move |((of, _), _)| of == bucket).map(|(_, entry)| entry)
    }
}

/// The messages of a stream by their sequences, and the sequences of each subject: many appends expect the last one.
#[derive(Default)]
struct Messages {
    all: BTreeMap<u64, Stored>,
    by_subject: HashMap<String, BTreeSet<u64>>,
}

impl Messages {
    /// Puts or removes the message of a sequence. Returns the one before.
    fn set(&mut self, sequence: u64, message: Option<Stored>) -> Option<Stored> {
        let subject = message.as_ref().map(|message| message.subject.clone());
        let before = match message {
            Some(message) => self.all.insert(sequence, message),
            None => self.all.remove(&sequence),
        };
        if let Some(before) = &before
            && let Some(sequences) = self.by_subject.get_mut(&before.subject)
        {
            sequences.remove(&sequence);
        }
        if let Some(subject) = subject {
            self.by_subject.entry(subject).or_default().insert(sequence);
        }
        before
    }

    fn last(&self, filter: &str) -> Option<&Stored> {
        if filter.contains(['*', '>']) {
            return self.all.values().rev().find(|message| matches(filter, &message.subject));
        }
        self.all.get(self.by_subject.get(filter)?.last()?)
    }
}

impl Disk {
    /// Undoes the changes since the last commit.
    fn undo_uncommitted(&mut self) {
        let rows = std::mem::take(&mut self.uncommitted);
        self.undo(rows);
    }

    /// Puts rows back, the last one first.
    fn undo(&mut self, rows: Vec<Row>) {
        rows.into_iter().rev().for_each(|row| drop(self.maps.set(row)));
    }
}

/// The key of a message, and of its id.
fn key(message: &Stored) -> Pair<u64> {
    (message.stream.clone(), message.sequence)
}

impl SimDisk {
    pub(super) fn maps(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets a row, which can be undone.
    fn change(&self, row: Row) -> Result<()> {
        let mut disk = self.maps();
        let before = disk.maps.set(row);
        disk.uncommitted.push(before);
        Ok(())
    }

    /// From now on a power cut may lose this many commits: they are not synced.
    pub fn may_lose(&self, commits: usize) {
        self.maps().loses_at_most = commits;
    }

    /// Loses up to this many of the last commits, as a power cut does without a sync. Returns how many
    /// were lost.
    pub(super) fn lose_tail(&self, commits: usize) -> usize {
        let mut disk = self.maps();
        disk.undo_uncommitted();
        let lost = commits.min(disk.unsynced.len());
        for _ in 0..lost {
            let changes = disk.unsynced.pop_back().unwrap_or_default();
            disk.undo(changes);
        }
        lost
    }
}

impl Tables for SimDisk {
    fn begin(&mut self) -> Result<()> {
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        let mut disk = self.maps();
        let changes = std::mem::take(&mut disk.uncommitted);
        if disk.loses_at_most > 0 && !changes.is_empty() {
            disk.unsynced.push_back(changes);
            while disk.unsynced.len() > disk.loses_at_most {
                disk.unsynced.pop_front();
            }
        }
        Ok(())
    }

    fn has_changes(&self) -> bool {
        !self.maps().uncommitted.is_empty()
    }

    fn roll_back(&mut self) -> Result<()> {
        self.maps().undo_uncommitted();
        Ok(())
    }

    fn streams(&mut self) -> Result<Vec<StreamRow>> {
        Ok(self.maps().maps.streams.values().cloned().collect())
    }

    fn put_stream(&mut self, row: &StreamRow) -> Result<()> {
        self.change(Row::Stream(row.config.name.clone(), Some(row.clone())))
    }

    fn put_counters(&mut self, row: &StreamRow) -> Result<()> {
        self.put_stream(row)
    }

    fn insert(&mut self, message: &Stored) -> Result<()> {
        self.change(Row::Message(key(message), Some(message.clone())))
    }

    fn message(&mut self, stream: &str, sequence: u64) -> Result<Option<Stored>> {
        Ok(self.maps().maps.messages.get(stream).and_then(|it| it.all.get(&sequence)).cloned())
    }

    fn scan(&mut self, stream: &str, from: u64, max: usize) -> Result<Vec<Stored>> {
        let disk = self.maps();
        let messages = disk.maps.messages.get(stream).into_iter();
        let found = messages.flat_map(|messages| messages.all.range(from..)).take(max);
        Ok(found.map(|(_, message)| message.clone()).collect())
    }

    fn last(&mut self, stream: &str, filter: &str) -> Result<Option<Stored>> {
        Ok(self.maps().maps.messages.get(stream).and_then(|it| it.last(filter)).cloned())
    }

    fn drop_message(&mut self, message: &Stored) -> Result<()> {
        self.change(Row::Message(key(message), None))
    }

    fn remember_id(&mut self, message: &Stored, after: UnixMillis) -> Result<()> {
        let old: Vec<u64> = {
            let disk = self.maps();
            let old = disk.maps.ids(&message.stream).take_while(|known| known.at <= after);
            old.map(|known| known.sequence).collect()
        };
        for sequence in old {
            self.change(Row::Id((message.stream.clone(), sequence), None))?;
        }
        let Stored { id, sequence, at, .. } = message.clone();
        self.change(Row::Id(key(message), Some(RecentId { id, sequence, at })))
    }

    fn recent_ids(&mut self, stream: &str, after: UnixMillis) -> Result<Vec<RecentId>> {
        Ok(self.maps().maps.ids(stream).filter(|known| known.at > after).cloned().collect())
    }

    fn mark(&mut self, stream: &str, reader: &str) -> Result<u64> {
        let key = (stream.to_owned(), reader.to_owned());
        Ok(self.maps().maps.marks.get(&key).copied().unwrap_or(0))
    }

    fn put_mark(&mut self, stream: &str, reader: &str, through: u64) -> Result<()> {
        self.change(Row::Mark((stream.to_owned(), reader.to_owned()), Some(through)))
    }

    fn entry(&mut self, bucket: &str, key: &str) -> Result<Option<Entry>> {
        Ok(self.maps().maps.entries.get(&(bucket.to_owned(), key.to_owned())).cloned())
    }

    fn put_entry(&mut self, bucket: &str, entry: &Entry) -> Result<()> {
        self.change(Row::Entry((bucket.to_owned(), entry.key.clone()), Some(entry.clone())))
    }

    fn entries(&mut self, bucket: &str, after: u64) -> Result<Vec<Entry>> {
        let disk = self.maps();
        let changed = disk.maps.entries(bucket).filter(|entry| entry.revision > after);
        let mut found: Vec<Entry> = changed.cloned().collect();
        found.sort_by_key(|entry| entry.revision);
        Ok(found)
    }

    fn entries_under(&mut self, bucket: &str, name: &str, after: u64) -> Result<Vec<Entry>> {
        let mut entries = self.entries(bucket, after)?;
        entries.retain(|entry| {
            let rest = entry.key.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        Ok(entries)
    }

    fn revision(&mut self, bucket: &str) -> Result<u64> {
        let disk = self.maps();
        Ok(disk.maps.entries(bucket).map(|entry| entry.revision).max().unwrap_or(0))
    }
}
