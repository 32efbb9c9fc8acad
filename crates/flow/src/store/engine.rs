//! The rules of a bus inside one process: streams and their stored messages.
//!
//! A call returns an answer, or until when to wait. The engine never waits itself, and does I/O only
//! through its tables.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tokio::sync::{Notify, oneshot};

use super::ids::Ids;
use super::tables::{StreamRow, Tables};
use crate::bus::Entry;
use crate::clock::UnixMillis;
use crate::config::{StreamConfig, StreamState};
use crate::error::BusError;
use crate::message::Stored;
use crate::subject::{check_filter, check_name, matches};

/// The most expired messages that one job drops, so that no job takes long.
const DROPPED_AT_ONCE: usize = 100;
/// How many messages a reader scans in one step if its filter matches few of them.
const SCANNED_AT_ONCE: usize = 256;

/// The result of one try of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<T> {
    /// The answer.
    Done(T),
    /// No answer yet: try again once something has changed, or at that time.
    Wait(Option<UnixMillis>),
}

/// The rules of a bus over its tables.
pub struct Engine {
    pub(super) tables: Box<dyn Tables>,
    pub(super) streams: Vec<StreamRow>,
    pub(super) ids: HashMap<String, Ids>,
    /// The sequence of the first message of each stream, by index, and when it was stored.
    oldest_at: HashMap<usize, (u64, UnixMillis)>,
    /// The streams whose counters are written with the next commit.
    pub(super) unsaved_counters: BTreeSet<usize>,
    pub(super) signals: Signals,
}

impl Engine {
    /// The engine over tables, which may have rows already.
    ///
    /// # Errors
    /// A failure to read the tables.
    pub fn open(tables: Box<dyn Tables>, now: UnixMillis) -> Result<Self, BusError> {
        let mut engine = Self {
            tables,
            streams: Vec::new(),
            ids: HashMap::new(),
            oldest_at: HashMap::new(),
            unsaved_counters: BTreeSet::new(),
            signals: Signals::default(),
        };
        engine.reload(now)?;
        Ok(engine)
    }

    /// Discards the state in memory and reads it again, after a job was undone.
    ///
    /// # Errors
    /// A failure to read the tables.
    pub fn reload(&mut self, now: UnixMillis) -> Result<(), BusError> {
        self.streams = self.tables.streams()?;
        self.ids.clear();
        self.oldest_at.clear();
        self.unsaved_counters.clear();
        self.signals.clear();
        for row in &self.streams {
            let after = now.minus(row.config.window);
            let known = self.tables.recent_ids(&row.config.name, after)?;
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

    /// Whether there are, or may be, changes since [`begin`](Self::begin) that are not durable.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.tables.has_changes()
    }

    /// Makes the changes since [`begin`](Self::begin) durable.
    ///
    /// # Errors
    /// A failing store: roll back then.
    pub fn commit(&mut self) -> Result<(), BusError> {
        for index in &self.unsaved_counters {
            self.tables.put_counters(&self.streams[*index])?;
        }
        self.unsaved_counters.clear();
        self.tables.commit()
    }

    /// Wakes the calls that wait for the committed changes. Call it after the jobs are answered.
    pub fn wake_waiters(&mut self) {
        self.signals.wake_waiters();
    }

    /// The signal for new messages in a stream.
    ///
    /// # Errors
    /// [`BusError::NoStream`].
    pub(crate) fn readable_signal(&mut self, stream: &str) -> Result<Arc<Notify>, BusError> {
        self.stream_index(stream)?;
        Ok(self.signals.of(stream))
    }

    /// The signal for possible room in a stream.
    pub(crate) fn room_signal(&self) -> Arc<Notify> {
        self.signals.room()
    }

    /// Undoes the changes since [`begin`](Self::begin).
    ///
    /// # Errors
    /// A failing store.
    pub fn roll_back(&mut self, now: UnixMillis) -> Result<(), BusError> {
        self.tables.roll_back()?;
        self.reload(now)
    }

    /// Creates the stream, or changes its settings and keeps its messages.
    ///
    /// # Errors
    /// An invalid name or filter, a subject of another stream, a failing store.
    pub fn create_stream(&mut self, config: &StreamConfig) -> Result<(), BusError> {
        check_name("stream", &config.name)?;
        for filter in &config.subjects {
            check_filter(filter)?;
            let others = self.streams.iter().filter(|row| row.config.name != config.name);
            if others.flat_map(|row| &row.config.subjects).any(|other| overlap(filter, other)) {
                let why = "another stream has one of its subjects";
                return Err(BusError::BadStream { stream: config.name.clone(), why });
            }
        }
        let known = self.streams.iter().position(|row| row.config.name == config.name);
        let index = known.unwrap_or_else(|| {
            let row =
                StreamRow { config: config.clone(), first: 1, last: 0, messages: 0, bytes: 0 };
            self.streams.push(row);
            self.ids.entry(config.name.clone()).or_default();
            self.streams.len() - 1
        });
        self.streams[index].config = config.clone();
        // The new settings may leave more room.
        self.signals.mark_room();
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

    /// At most `max` messages from a sequence on, and the next sequence to read. The list is empty if
    /// the filter matches none of the scanned messages.
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

    /// The last message that the filter matches.
    ///
    /// # Errors
    /// [`BusError::NoStream`], or a failing store.
    pub fn last(&mut self, stream: &str, filter: &str) -> Result<Option<Stored>, BusError> {
        self.stream_index(stream)?;
        self.tables.last(stream, filter)
    }

    /// The index of the stream that has a subject.
    ///
    /// # Errors
    /// [`BusError::NoStreamFor`].
    pub fn stream_of(&self, subject: &str) -> Result<usize, BusError> {
        let takes = |row: &StreamRow| row.config.subjects.iter().any(|f| matches(f, subject));
        let found = self.streams.iter().position(takes);
        found.ok_or_else(|| BusError::NoStreamFor(subject.to_owned()))
    }

    pub(super) fn stream_index(&self, stream: &str) -> Result<usize, BusError> {
        let found = self.streams.iter().position(|row| row.config.name == stream);
        found.ok_or_else(|| BusError::NoStream(stream.to_owned()))
    }

    /// Drops messages older than the stream's `max_age`.
    pub(super) fn expire(&mut self, index: usize, now: UnixMillis) -> Result<(), BusError> {
        let StreamRow { first, ref config, .. } = self.streams[index];
        let max_age = config.max_age;
        // Every call comes here, so the time of the first message is cached.
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
        self.signals.mark_room();
        self.unsaved_counters.insert(index);
        self.tables.drop_message(oldest)
    }

    /// Notes that a reader needs no message up to and including `through`.
    ///
    /// # Errors
    /// [`BusError::NoStream`], an invalid name, or a failing store.
    pub fn mark_read(&mut self, stream: &str, reader: &str, through: u64) -> Result<(), BusError> {
        check_name("reader", reader)?;
        let index = self.stream_index(stream)?;
        let current = self.tables.mark(stream, reader)?;
        // A mark beyond the end was set before the stream went back in time.
        let is_beyond_end = current > self.streams[index].last;
        self.signals.mark_room();
        if through > current || is_beyond_end {
            self.tables.put_mark(stream, reader, through)
        } else {
            Ok(())
        }
    }

    /// See [`KeyValue`](crate::KeyValue).
    ///
    /// # Errors
    /// A failing store.
    pub fn entry(&mut self, bucket: &str, key: &str) -> Result<Option<Entry>, BusError> {
        self.tables.entry(bucket, key)
    }
}

/// Whether some subject matches both filters.
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

/// One call to the engine. It may be run again after it was undone. It is finished once.
pub trait Job: Send {
    /// Runs the call. If the store fails, this job and the others of its group are undone.
    ///
    /// # Errors
    /// The store's failure. A refusal is an answer and is kept for [`finish`](Self::finish).
    fn run(&mut self, engine: &mut Engine, now: UnixMillis) -> Result<(), BusError>;

    /// Whether the call only reads, and so need not wait for the writes of others. It may still drop
    /// expired messages.
    fn is_reading(&self) -> bool {
        false
    }

    /// Answers the caller: the changes are durable, or they were undone because of this failure.
    fn finish(self: Box<Self>, outcome: Result<(), BusError>);
}

/// Carries out jobs in order, commits them, answers them, and then calls
/// [`wake_waiters`](Engine::wake_waiters).
pub trait Runner: Send + Sync {
    /// Submits a job. If the runner drops it unfinished, the answer is [`BusError::Unavailable`].
    fn submit(&self, job: Box<dyn Job>);
}

struct Call<F, T> {
    call: F,
    is_reading: bool,
    answer: Option<Result<T, BusError>>,
    reply: oneshot::Sender<Result<T, BusError>>,
}

impl<F, T> Job for Call<F, T>
where
    F: FnMut(&mut Engine, UnixMillis) -> Result<T, BusError> + Send,
    T: Send,
{
    fn run(&mut self, engine: &mut Engine, now: UnixMillis) -> Result<(), BusError> {
        match (self.call)(engine, now) {
            Err(failure) if failure.is_failure() => Err(failure),
            answer => {
                self.answer = Some(answer);
                Ok(())
            }
        }
    }

    fn is_reading(&self) -> bool {
        self.is_reading
    }

    fn finish(self: Box<Self>, outcome: Result<(), BusError>) {
        let Self { answer, reply, .. } = *self;
        let unanswered = || Err(BusError::Unavailable("the job was not run".to_owned()));
        let answer = outcome.and_then(|()| answer.unwrap_or_else(unanswered));
        // The caller may be gone. The job is done all the same.
        let _ = reply.send(answer);
    }
}

/// Submits a call and waits for its answer. A call that only reads does not wait for the writes of others.
///
/// # Errors
/// A refusal of the call, a failure of the store, or a closed bus.
pub async fn submit<T: Send + 'static>(
    runner: &dyn Runner,
    is_reading: bool,
    call: impl FnMut(&mut Engine, UnixMillis) -> Result<T, BusError> + Send + 'static,
) -> Result<T, BusError> {
    let (reply, answer) = oneshot::channel();
    runner.submit(Box::new(Call { call, is_reading, answer: None, reply }));
    let closed = |_| Err(BusError::Unavailable("the bus is closed".to_owned()));
    answer.await.unwrap_or_else(closed)
}

/// The signals, and those to send after the next commit.
#[derive(Debug, Default)]
pub(super) struct Signals {
    /// Messages to read, by stream.
    streams: HashMap<String, Arc<Notify>>,
    /// Room in a stream.
    room: Arc<Notify>,
    /// The signals to send.
    pending: Vec<Arc<Notify>>,
}

impl Signals {
    pub(super) fn of(&mut self, stream: &str) -> Arc<Notify> {
        match self.streams.get(stream) {
            Some(signal) => signal.clone(),
            None => self.streams.entry(stream.to_owned()).or_default().clone(),
        }
    }

    pub(super) fn room(&self) -> Arc<Notify> {
        self.room.clone()
    }

    /// Notes that a stream has messages to read or to deliver.
    pub(super) fn mark_readable(&mut self, stream: &str) {
        let signal = self.of(stream);
        self.add(signal);
    }

    /// Notes that a stream may have room.
    pub(super) fn mark_room(&mut self) {
        self.add(self.room());
    }

    fn add(&mut self, signal: Arc<Notify>) {
        if !self.pending.iter().any(|other| Arc::ptr_eq(other, &signal)) {
            self.pending.push(signal);
        }
    }

    pub(super) fn wake_waiters(&mut self) {
        self.pending.drain(..).for_each(|signal| signal.notify_waiters());
    }

    /// Discards the pending signals, because their changes were undone.
    pub(super) fn clear(&mut self) {
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn filters_overlap_if_a_subject_matches_both() {
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

#[cfg(test)]
mod signals_tests {
    use std::pin::pin;

    use super::*;

    #[test]
    fn wakes_only_the_waiters_of_a_change() {
        let mut signals = Signals::default();
        let (alerts, output, room) = (signals.of("ALERTS"), signals.of("OUTPUT"), signals.room());
        let (mut alerts, mut output) = (pin!(alerts.notified()), pin!(output.notified()));
        let mut room = pin!(room.notified());
        signals.mark_readable("OUTPUT");
        assert!(!output.as_mut().enable(), "not before the waiters are woken");
        signals.wake_waiters();
        assert!(output.as_mut().enable());
        assert!(!alerts.as_mut().enable() && !room.as_mut().enable());
        signals.mark_readable("ALERTS");
        signals.clear();
        signals.mark_room();
        signals.wake_waiters();
        assert!(room.as_mut().enable());
        assert!(!alerts.as_mut().enable(), "that was undone");
    }
}
