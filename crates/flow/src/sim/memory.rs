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

/// Tables in memory. All clones are the same tables.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Disk>>);

/// The tables, and how to undo the last changes.
#[derive(Default)]
pub(super) struct Disk {
    maps: Maps,
    /// Undoes the changes since the last commit; in the order of the changes.
    uncommitted: Changes,
    /// The same for each commit that the disk may still lose, the oldest first.
    unsynced: VecDeque<Changes>,
    /// How many commits the disk may lose.
    loses_at_most: usize,
    /// How the next commit fails.
    failing: Option<FailingCommit>,
}

type Changes = Vec<Box<dyn FnOnce(&mut Maps) + Send>>;

/// How a commit fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailingCommit {
    /// The commit is undone.
    Undone,
    /// The commit is stored, although the caller gets an error.
    Done,
}

#[derive(Default)]
pub(super) struct Maps {
    streams: BTreeMap<String, StreamRow>,
    messages: BTreeMap<String, Messages>,
    ids: BTreeMap<String, VecDeque<RecentId>>,
    marks: BTreeMap<(String, String), u64>,
    buckets: BTreeMap<String, BTreeMap<String, Entry>>,
    /// By store and name.
    pub(super) objects: BTreeMap<(String, String), Vec<Bytes>>,
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

impl std::ops::Deref for Disk {
    type Target = Maps;

    fn deref(&self) -> &Maps {
        &self.maps
    }
}

impl std::ops::DerefMut for Disk {
    fn deref_mut(&mut self) -> &mut Maps {
        &mut self.maps
    }
}

impl Disk {
    /// Records how to undo a change.
    fn undone_by(&mut self, undo: impl FnOnce(&mut Maps) + Send + 'static) {
        self.uncommitted.push(Box::new(undo));
    }

    fn undo(&mut self, changes: Changes) {
        changes.into_iter().rev().for_each(|undo| undo(&mut self.maps));
    }
}

impl Memory {
    pub(super) fn maps(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the next commit fail.
    pub(super) fn fail_commit(&self, how: FailingCommit) {
        self.maps().failing = Some(how);
    }

    /// From now on the disk may lose this many commits.
    pub(super) fn may_lose(&self, commits: usize) {
        self.maps().loses_at_most = commits;
    }

    /// Loses up to this many of the last commits, as a power cut does without a sync. Returns how many
    /// were lost.
    pub(super) fn lose_tail(&self, commits: usize) -> usize {
        let mut disk = self.maps();
        let open = std::mem::take(&mut disk.uncommitted);
        disk.undo(open);
        let lost = commits.min(disk.unsynced.len());
        for _ in 0..lost {
            let changes = disk.unsynced.pop_back().unwrap_or_default();
            disk.undo(changes);
        }
        lost
    }
}

/// Restores the earlier value of a key, if it had one.
fn put_back<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, before: Option<V>) {
    match before {
        Some(before) => drop(map.insert(key, before)),
        None => drop(map.remove(&key)),
    }
}

impl Tables for Memory {
    fn begin(&mut self) -> Result<()> {
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        let mut disk = self.maps();
        let failing = if disk.uncommitted.is_empty() { None } else { disk.failing.take() };
        let failed = || Err(BusError::Unavailable("simulated: the commit failed".to_owned()));
        if failing == Some(FailingCommit::Undone) {
            return failed();
        }
        let changes = std::mem::take(&mut disk.uncommitted);
        if disk.loses_at_most > 0 && !changes.is_empty() {
            disk.unsynced.push_back(changes);
            while disk.unsynced.len() > disk.loses_at_most {
                disk.unsynced.pop_front();
            }
        }
        if failing.is_some() { failed() } else { Ok(()) }
    }

    fn roll_back(&mut self) -> Result<()> {
        let mut disk = self.maps();
        let changes = std::mem::take(&mut disk.uncommitted);
        disk.undo(changes);
        Ok(())
    }

    fn streams(&mut self) -> Result<Vec<StreamRow>> {
        Ok(self.maps().streams.values().cloned().collect())
    }

    fn put_stream(&mut self, row: &StreamRow) -> Result<()> {
        let mut disk = self.maps();
        let name = row.config.name.clone();
        let before = disk.streams.insert(name.clone(), row.clone());
        disk.undone_by(move |maps| put_back(&mut maps.streams, name, before));
        Ok(())
    }

    fn put_counters(&mut self, row: &StreamRow) -> Result<()> {
        self.put_stream(row)
    }

    fn insert(&mut self, message: &Stored) -> Result<()> {
        let mut disk = self.maps();
        let (stream, sequence) = (message.stream.clone(), message.sequence);
        let messages = disk.messages.entry(stream.clone()).or_default();
        let before = messages.set(sequence, Some(message.clone()));
        disk.undone_by(move |maps| {
            maps.messages.entry(stream).or_default().set(sequence, before);
        });
        Ok(())
    }

    fn message(&mut self, stream: &str, sequence: u64) -> Result<Option<Stored>> {
        Ok(self.maps().messages.get(stream).and_then(|it| it.all.get(&sequence)).cloned())
    }

    fn scan(&mut self, stream: &str, from: u64, max: usize) -> Result<Vec<Stored>> {
        let maps = self.maps();
        let messages =
            maps.messages.get(stream).into_iter().flat_map(|messages| messages.all.range(from..));
        Ok(messages.take(max).map(|(_, message)| message.clone()).collect())
    }

    fn last(&mut self, stream: &str, filter: &str) -> Result<Option<Stored>> {
        Ok(self.maps().messages.get(stream).and_then(|messages| messages.last(filter)).cloned())
    }

    fn drop_message(&mut self, message: &Stored) -> Result<()> {
        let mut disk = self.maps();
        let (stream, sequence) = (message.stream.clone(), message.sequence);
        let before =
            disk.messages.get_mut(&stream).and_then(|messages| messages.set(sequence, None));
        disk.undone_by(move |maps| {
            maps.messages.entry(stream).or_default().set(sequence, before);
        });
        Ok(())
    }

    fn remember_id(&mut self, message: &Stored, after: UnixMillis) -> Result<()> {
        let mut disk = self.maps();
        let ids = disk.ids.entry(message.stream.clone()).or_default();
        let mut forgotten = Vec::new();
        while ids.front().is_some_and(|known| known.at <= after) {
            forgotten.extend(ids.pop_front());
        }
        let (sequence, at) = (message.sequence, message.at);
        ids.push_back(RecentId { id: message.id.clone(), sequence, at });
        let stream = message.stream.clone();
        disk.undone_by(move |maps| {
            let known = maps.ids.entry(stream).or_default();
            known.pop_back();
            forgotten.into_iter().rev().for_each(|old| known.push_front(old));
        });
        Ok(())
    }

    fn recent_ids(&mut self, stream: &str, after: UnixMillis) -> Result<Vec<RecentId>> {
        let maps = self.maps();
        let ids = maps.ids.get(stream).into_iter().flatten();
        Ok(ids.filter(|known| known.at > after).cloned().collect())
    }

    fn mark(&mut self, stream: &str, reader: &str) -> Result<u64> {
        let key = (stream.to_owned(), reader.to_owned());
        Ok(self.maps().marks.get(&key).copied().unwrap_or(0))
    }

    fn put_mark(&mut self, stream: &str, reader: &str, through: u64) -> Result<()> {
        let mut disk = self.maps();
        let key = (stream.to_owned(), reader.to_owned());
        let before = disk.marks.insert(key.clone(), through);
        disk.undone_by(move |maps| put_back(&mut maps.marks, key, before));
        Ok(())
    }

    fn entry(&mut self, bucket: &str, key: &str) -> Result<Option<Entry>> {
        Ok(self.maps().buckets.get(bucket).and_then(|entries| entries.get(key)).cloned())
    }

    fn put_entry(&mut self, bucket: &str, entry: &Entry) -> Result<()> {
        let mut disk = self.maps();
        let (bucket, key) = (bucket.to_owned(), entry.key.clone());
        let entries = disk.buckets.entry(bucket.clone()).or_default();
        let before = entries.insert(key.clone(), entry.clone());
        disk.undone_by(move |maps| {
            put_back(maps.buckets.entry(bucket).or_default(), key, before);
        });
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

    fn entries_under(&mut self, bucket: &str, name: &str, after: u64) -> Result<Vec<Entry>> {
        let mut entries = self.entries(bucket, after)?;
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
