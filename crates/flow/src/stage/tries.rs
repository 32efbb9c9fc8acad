//! How often a message was tried, and whether it is tried alone. No message is blamed for a single kill.
//!
//! The bus counts deliveries, also those during which the process was killed. So the answers of a stage
//! are noted in a bucket. A message that came several times without an answer may have killed the
//! process. It gets a strike in that bucket, and is then tried while no other message is in hand. Only
//! a message that has killed the process three times in this way goes to the dead letters. Any answer
//! removes its strikes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::outage::{BusCaller, Failure, OUTAGE_BACKOFF};
use crate::bus::{AckKind, Bus, Entry, KeyValue, PulledMessage};
use crate::config::ConsumerConfig;
use crate::dead::{Cause, Reason};
use crate::error::BusError;
use crate::loops::{Event, REREAD_AFTER};
use crate::message::Stored;

/// A message that was delivered this often without an answer is tried alone.
const SUSPECT_AFTER: u32 = 2;
/// A message goes to the dead letters after this many strikes.
pub(crate) const MAX_STRIKES: u32 = 3;

/// How often messages may be tried, and the bucket for the notes about it.
#[derive(Default)]
pub(super) struct Tries {
    durable: String,
    max_tries: u32,
    notes: Option<Arc<dyn KeyValue>>,
    /// Write-locked by a message that is tried alone, read-locked by all others.
    alone: RwLock<()>,
}

/// The note about a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Note {
    /// How often it was tried alone without an answer.
    strikes: u32,
    /// How often the stage answered [`StageError::Retry`](super::StageError::Retry).
    answers: u32,
    /// Distinguishes notes that are equal otherwise.
    mark: u64,
}

/// An entry of the bucket.
#[derive(Default)]
struct StoredNote {
    /// `None` also if the entry is about an earlier message with the same sequence.
    note: Option<Note>,
    /// 0 if there is no entry.
    revision: u64,
}

/// A change of a note. Both are equal if nothing changed.
#[derive(Clone, Copy)]
struct Changed {
    before: Note,
    after: Note,
}

/// The turn of one message. Others go on once it is dropped.
#[derive(Default)]
pub(super) struct Turn<'a> {
    _side_by_side: Option<RwLockReadGuard<'a, ()>>,
    _alone: Option<RwLockWriteGuard<'a, ()>>,
    note: Note,
    /// The note in the bucket.
    stored_note: Option<Note>,
}

/// Why a message that kills the process goes to the dead letters.
pub(crate) fn killed_process_reason() -> Reason {
    let text = format!("ended the process {MAX_STRIKES} times while it was tried alone");
    Reason { cause: Cause::MaxDeliver, text }
}

impl Tries {
    pub(super) fn new(bus: &dyn Bus, consumer: &ConsumerConfig) -> Result<Self, BusError> {
        let notes = consumer.notes.as_deref().map(|table| bus.key_value(table)).transpose()?;
        let durable = consumer.durable.clone();
        Ok(Self { durable, max_tries: consumer.max_tries, notes, alone: RwLock::default() })
    }

    fn key(&self, message: &Stored) -> String {
        format!("{}.{}", self.durable, message.sequence)
    }
}

impl Note {
    /// The stored form of a message's note. It includes the id, because a stream that was created again
    /// uses its sequences again.
    fn written(self, message: &Stored) -> Bytes {
        format!("{}@{} {} {}", self.strikes, self.mark, self.answers, message.id).into()
    }

    fn read(value: &[u8], message: &Stored) -> Option<Self> {
        let mut parts = std::str::from_utf8(value).ok()?.splitn(3, ' ');
        let strikes = parts.next()?;
        let (strikes, mark) = strikes.split_once('@')?;
        let (strikes, mark) = (strikes.parse().ok()?, mark.parse().ok()?);
        let answers = parts.next()?.parse().ok()?;
        (parts.next()? == message.id).then_some(Self { strikes, answers, mark })
    }
}

impl Turn<'_> {
    pub(super) fn has_max_strikes(&self) -> bool {
        self.note.strikes >= MAX_STRIKES
    }

    /// How to acknowledge after the stage answered [`StageError::Retry`](super::StageError::Retry).
    pub(super) fn ack_kind_for_retry(
        &mut self,
        tries: &Tries,
        delivery: &PulledMessage,
        after: Duration,
        why: String,
    ) -> AckKind {
        self.note.answers += 1;
        let tried = if tries.notes.is_some() { self.note.answers } else { delivery.attempt };
        if tried < tries.max_tries {
            return AckKind::Retry { after, why };
        }
        AckKind::Reject(Reason { cause: Cause::MaxDeliver, text: why })
    }
}

impl Tries {
    /// Waits until a message may be tried: with others, or alone after a strike.
    pub(super) async fn turn(
        &self,
        caller: &BusCaller,
        delivery: &PulledMessage,
    ) -> Result<Turn<'_>, Failure> {
        let Some(notes) = self.notes.as_deref() else {
            return Ok(Turn::default());
        };
        let (message, before) = (&delivery.message, delivery.attempt - 1);
        let stored_note = match before {
            0 => None,
            _ => self.stored_note(caller, notes, message).await?.note,
        };
        let note = stored_note.unwrap_or_default();
        // A message with all strikes is read again below: a replica that lags behind may have returned them.
        if before.saturating_sub(note.answers) < SUSPECT_AFTER && note.strikes < MAX_STRIKES {
            let beside = self.alone.read().await;
            return Ok(Turn { _side_by_side: Some(beside), note, stored_note, ..Turn::default() });
        }
        let alone = self.alone.write().await;
        // `strike` reads the note again: another delivery of the message may have come first.
        self.strike(caller, notes, message).await.map(|turn| Turn { _alone: Some(alone), ..turn })
    }

    /// Notes a strike for a message that is alone now.
    async fn strike(
        &self,
        caller: &BusCaller,
        notes: &dyn KeyValue,
        message: &Stored,
    ) -> Result<Turn<'_>, Failure> {
        let strike = |before: Note| match before.strikes {
            // Written again with another mark: the bus refuses that if the note that was read is stale.
            MAX_STRIKES.. => Note { mark: before.mark.wrapping_add(1), ..before },
            strikes => Note { strikes: strikes + 1, ..before },
        };
        let Changed { before, after } = self.change(caller, notes, message, strike).await?;
        if before.strikes == after.strikes {
            return Ok(Turn { note: before, stored_note: Some(after), ..Turn::default() });
        }
        let event = Event::Struck { id: &message.id, strikes: after.strikes };
        caller.observe(event);
        // Any answer removes the strikes.
        let note = Note { strikes: 0, ..before };
        Ok(Turn { note, stored_note: Some(after), ..Turn::default() })
    }

    /// Notes that the stage answered [`AckKind::Retry`], so that the message did not kill the process.
    pub(super) async fn note_answer(
        &self,
        caller: &BusCaller,
        delivery: &PulledMessage,
        turn: &Turn<'_>,
    ) {
        let Some(notes) = self.notes.as_deref() else {
            return;
        };
        let stored_note = turn.stored_note.unwrap_or_default();
        if stored_note != turn.note {
            let more = turn.note.answers.saturating_sub(stored_note.answers);
            let answer =
                |before: Note| Note { strikes: 0, answers: before.answers + more, ..before };
            // If the bus fails, the answer is not counted.
            let _ = self.change(caller, notes, &delivery.message, answer).await;
        }
    }

    /// Deletes the note of a message that is acknowledged for good. The note of a message that kills the
    /// process stays: if the acknowledgement is lost, the message comes again.
    pub(super) async fn forget(
        &self,
        caller: &BusCaller,
        delivery: &PulledMessage,
        turn: &Turn<'_>,
    ) {
        let (Some(notes), Some(_), false) =
            (self.notes.as_deref(), turn.stored_note, turn.has_max_strikes())
        else {
            return;
        };
        if let Err(error) = notes.delete(&self.key(&delivery.message)).await {
            // This does no harm: the message never comes again.
            caller.observe(Event::BusFailed(&error));
        }
    }

    async fn stored_note(
        &self,
        caller: &BusCaller,
        notes: &dyn KeyValue,
        message: &Stored,
    ) -> Result<StoredNote, Failure> {
        let key = self.key(message);
        let found = caller.call_until_answered(|| notes.get(&key)).await?.flatten();
        let Some(Entry { revision, value: Some(value), .. }) = found else {
            return Ok(StoredNote::default());
        };
        Ok(StoredNote { note: Note::read(&value, message), revision })
    }

    /// Changes the stored note of a message by compare-and-set: a replica that lags behind may return an
    /// older note, and that must not remove strikes. Writes nothing if the bucket will never answer.
    async fn change(
        &self,
        caller: &BusCaller,
        notes: &dyn KeyValue,
        message: &Stored,
        change: impl Fn(Note) -> Note,
    ) -> Result<Changed, Failure> {
        let key = self.key(message);
        let mut outage = OUTAGE_BACKOFF;
        let mark = caller.context.clock.now().0;
        // Changes that were written without an answer, and may be stored.
        let mut unconfirmed: Vec<Changed> = Vec::new();
        loop {
            let StoredNote { note, revision } = self.stored_note(caller, notes, message).await?;
            let before = note.unwrap_or_default();
            if let Some(stored) = unconfirmed.iter().find(|written| written.after == before) {
                return Ok(*stored);
            }
            let mut changed = Changed { before, after: change(before) };
            if changed.before == changed.after {
                return Ok(changed);
            }
            changed.after.mark = mark;
            let error = match notes.put_if(&key, changed.after.written(message), revision).await {
                Ok(_) => return Ok(changed),
                // The stored note is not the one that was read.
                Err(BusError::Refused { .. }) => {
                    caller.context.wait(REREAD_AFTER).await;
                    continue;
                }
                Err(error) => error,
            };
            if !error.may_pass() {
                caller.observe(Event::BusFailed(&error));
                return Ok(changed);
            }
            unconfirmed.push(changed);
            caller.wait_out(&mut outage, &error).await?;
        }
    }
}
