//! The rules of a bus inside one process: streams and what they keep.
//!
//! Comes in: one call after the other. Goes out: an answer, or until when to wait. It never waits itself, and does no
//! I/O but through its tables.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::Notify;

use super::ids::Ids;
use super::signals::Signals;
use super::tables::{StreamRow, Tables};
use crate::bus::Entry;
use crate::clock::UnixMillis;
use crate::config::{StreamConfig, StreamState};
use crate::error::BusError;
use crate::message::Stored;
use crate::subject::{check_filter, check_name, matches};

/// How many expired messages one job drops at most, so that none takes long.
const DROPPED_AT_ONCE: usize = 100;
/// How many messages are looked at in one go by a reader that wants few of them.
const SCANNED_AT_ONCE: usize = 256;

/// A step towards an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<T> {
    /// The answer.
    Done(T),
    /// Nothing yet: try again once something has changed, or at that time.
    Wait(Option<UnixMillis>),
}

/// The rules of a bus over its tables.
pub struct Engine {
    pub(super) tables: Box<dyn Tables>,
    pub(super) streams: Vec<StreamRow>,
    pub(super) ids: HashMap<String, Ids>,
    /// When the first message of a stream, by its index, was stored; with the `first` that it is
    /// true for.
    oldest_at: HashMap<usize, (u64, UnixMillis)>,
    /// The streams whose counters are written with the next commit.
    pub(super) uncounted: BTreeSet<usize>,
    pub(super) signals: Signals,
    /// The durable readers that had as much in their hands as they may when they last asked.
    pub(super) limited: HashSet<String>,
}

impl Engine {
    /// The engine over tables that may hold something already.
    ///
    /// # Errors
    /// Whatever keeps the tables from being read.
    pub fn open(tables: Box<dyn Tables>, now: UnixMillis) -> Result<Self, BusError> {
        let mut engine = Self {
            tables,
            streams: Vec::new(),
            ids: HashMap::new(),
            oldest_at: HashMap::new(),
            uncounted: BTreeSet::new(),
            signals: Signals::default(),
            limited: HashSet::new(),
        };
        engine.reload(now)?;
        Ok(engine)
    }

    /// Forgets what it holds in memory and reads it anew, after a job was undone.
    ///
    /// # Errors
    /// Whatever keeps the tables from being read.
    pub fn reload(&mut self, now: UnixMillis) -> Result<(), BusError> {
        self.streams = self.tables.streams()?;
        self.ids.clear();
        self.oldest_at.clear();
        self.uncounted.clear();
        self.signals.forget();
        for row in &self.streams {
            let after = now.minus(row.config.window);
            let known = self.tables.known_ids(&row.config.name, after)?;
            self.ids.insert(row.config.name.clone(), Ids::new(known));
        }
        Ok(())
    }

    /// Begins a group of jobs.
    ///
    /// # Errors
    /// A failing store.
    pub fn begin(&mut self) -> Result<(), BusError> {
        self.tables.begin()
    }

    /// Whether something was done since that is not durable yet, or may have been.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.tables.has_changes()
    }

    /// Makes what was done since durable.
    ///
    /// # Errors
    /// A failing store: roll back then.
    pub fn commit(&mut self) -> Result<(), BusError> {
        for index in &self.uncounted {
            self.tables.put_counters(&self.streams[*index])?;
        }
        self.uncounted.clear();
        self.tables.commit()
    }

    /// Wakes those who wait for what was committed: once it is answered.
    pub fn tell(&mut self) {
        self.signals.tell();
    }

    /// What is told of whenever there is something to read in a stream.
    ///
    /// # Errors
    /// [`BusError::NoStream`].
    pub(crate) fn signal_of(&mut self, stream: &str) -> Result<Arc<Notify>, BusError> {
        self.stream_index(stream)?;
        Ok(self.signals.of(stream))
    }

    /// What is told of whenever there may be room in a stream.
    pub(crate) fn signal_of_room(&self) -> Arc<Notify> {
        self.signals.room()
    }

    /// Undoes what was done since.
    ///
    /// # Errors
    /// A failing store.
    pub fn roll_back(&mut self, now: UnixMillis) -> Result<(), BusError> {
        self.tables.roll_back()?;
        self.reload(now)
    }

    /// Makes the stream be so.
    ///
    /// # Errors
    /// A name or filter that is none, a subject that another stream takes, a failing store.
    pub fn create_stream(&mut self, config: &StreamConfig) -> Result<(), BusError> {
        check_name("stream", &config.name)?;
        for filter in &config.subjects {
            check_filter(filter)?;
            let others = self.streams.iter().filter(|row| row.config.name != config.name);
            if others.flat_map(|row| &row.config.subjects).any(|other| overlap(filter, other)) {
                let why = "another stream takes one of its subjects";
                return Err(BusError::BadStream { stream: config.name.clone(), why });
            }
        }
        let known = self.streams.iter().position(|row| row.config.name == config.name);
        let index = known.unwrap_or_else(|| {
            let row = StreamRow {
                config: config.clone(),
                first: 1,
                last: 0,
                messages: 0,
                bytes: 0,
                last_id: String::new(),
            };
            self.streams.push(row);
            self.ids.entry(config.name.clone()).or_default();
            self.streams.len() - 1
        });
        self.streams[index].config = config.clone();
        // It may be wider than before.
        self.signals.free();
        self.tables.put_stream(&self.streams[index])
    }

    /// How full a stream is.
    ///
    /// # Errors
    /// [`BusError::NoStream`], or a failing store.
    pub fn stream_state(&mut self, stream: &str, now: UnixMillis) -> Result<StreamState, BusError> {
        let index = self.stream_index(stream)?;
        self.expire(index, now)?;
        let row = &self.streams[index];
        Ok(StreamState {
            first: if row.messages == 0 { row.last + 1 } else { row.first },
            last: row.last,
            messages: row.messages,
            bytes: row.bytes,
        })
    }

    /// At most `max` messages from a sequence on, and the sequence to go on from. None, where the
    /// filter takes in none of those looked at.
    ///
    /// # Errors
    /// [`BusError::NoStream`], or a failing store.
    pub fn read(
        &mut self,
        stream: &str,
        filter: &str,
        from: u64,
        max: usize,
        now: UnixMillis,
    ) -> Result<Step<(Vec<Stored>, u64)>, BusError> {
        let index = self.stream_index(stream)?;
        self.expire(index, now)?;
        let mut next = from;
        let mut found = Vec::new();
        loop {
            let scan_limit = max.clamp(1, SCANNED_AT_ONCE);
            let scanned = self.tables.scan(stream, next, scan_limit)?;
            let at_end = scanned.len() < scan_limit;
            for message in scanned {
                if found.len() == max {
                    break;
                }
                next = message.sequence + 1;
                if matches(filter, &message.subject) {
                    found.push(message);
                }
            }
            if at_end || found.len() == max {
                break;
            }
        }
        Ok(if next == from { Step::Wait(None) } else { Step::Done((found, next)) })
    }

    /// The message at a sequence.
    ///
    /// # Errors
    /// [`BusError::Gone`], [`BusError::NotYet`], [`BusError::NoStream`], or a failing store.
    pub fn get(
        &mut self,
        stream: &str,
        sequence: u64,
        now: UnixMillis,
    ) -> Result<Stored, BusError> {
        let index = self.stream_index(stream)?;
        self.expire(index, now)?;
        if sequence > self.streams[index].last {
            return Err(BusError::NotYet { stream: stream.to_owned(), sequence });
        }
        let gone = || BusError::Gone { stream: stream.to_owned(), sequence };
        self.tables.message(stream, sequence)?.ok_or_else(gone)
    }

    /// The last message that the filter takes in.
    ///
    /// # Errors
    /// [`BusError::NoStream`], or a failing store.
    pub fn last(&mut self, stream: &str, filter: &str) -> Result<Option<Stored>, BusError> {
        self.stream_index(stream)?;
        self.tables.last(stream, filter)
    }

    /// The stream that takes a subject.
    ///
    /// # Errors
    /// [`BusError::NoStreamFor`].
    pub fn stream_of(&self, subject: &str) -> Result<usize, BusError> {
        let takes = |row: &StreamRow| row.config.subjects.iter().any(|f| matches(f, subject));
        let found = self.streams.iter().position(takes);
        found.ok_or_else(|| BusError::NoStreamFor(subject.to_owned()))
    }

    pub(crate) fn stream_name(&self, index: usize) -> String {
        self.streams[index].config.name.clone()
    }

    pub(super) fn stream_index(&self, stream: &str) -> Result<usize, BusError> {
        let found = self.streams.iter().position(|row| row.config.name == stream);
        found.ok_or_else(|| BusError::NoStream(stream.to_owned()))
    }

    /// Drops what is older than the stream keeps.
    pub(super) fn expire(&mut self, index: usize, now: UnixMillis) -> Result<(), BusError> {
        let StreamRow { first, ref config, .. } = self.streams[index];
        let max_age = config.max_age;
        // Asked at every call, so the time of the first message is not read each time.
        let known = self.oldest_at.get(&index).filter(|(sequence, _)| *sequence == first);
        if known.is_some_and(|(_, at)| at.plus(max_age) > now) {
            return Ok(());
        }
        for _ in 0..DROPPED_AT_ONCE {
            let Some(oldest) = self.oldest(index)? else {
                break;
            };
            if oldest.at.plus(max_age) > now {
                self.oldest_at.insert(index, (self.streams[index].first, oldest.at));
                break;
            }
            self.drop_oldest(index, &oldest)?;
        }
        Ok(())
    }

    pub(super) fn oldest(&mut self, index: usize) -> Result<Option<Stored>, BusError> {
        let row = &self.streams[index];
        if row.messages == 0 {
            return Ok(None);
        }
        Ok(self.tables.scan(&row.config.name, row.first, 1)?.pop())
    }

    pub(super) fn drop_oldest(&mut self, index: usize, oldest: &Stored) -> Result<(), BusError> {
        let row = &mut self.streams[index];
        row.first = oldest.sequence + 1;
        row.messages -= 1;
        row.bytes -= oldest.size();
        self.signals.free();
        self.uncounted.insert(index);
        self.tables.drop_message(oldest)
    }

    /// See [`KeyValue`](crate::KeyValue).
    ///
    /// # Errors
    /// A failing store.
    pub fn entry(&mut self, bucket: &str, key: &str) -> Result<Option<Entry>, BusError> {
        self.tables.entry(bucket, key)
    }
}

/// Whether two filters may take in one subject.
fn overlap(one: &str, other: &str) -> bool {
    let mut ones = one.split('.');
    let mut others = other.split('.');
    loop {
        match (ones.next(), others.next()) {
            (None, None) | (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
            (Some(a), Some(b)) if a == b || a == "*" || b == "*" => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn filters_overlap_where_a_subject_matches_both() {
        let cases = [
            ("a.b", "a.b", true),
            ("a.*", "*.b", true),
            ("a.>", "a.b.c", true),
            ("a.>", "a", false),
            ("a.b", "a.c", false),
            ("a.*", "a.b.c", false),
        ];
        for (one, other, expected) in cases {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }
}
