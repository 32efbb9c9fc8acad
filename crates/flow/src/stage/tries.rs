//! How often a message was tried, and which message is tried alone. No message is blamed for one kill.
//!
//! Comes in: deliveries with their attempts, and the answers of the stage. Goes out: the turn of each message, beside
//! others or alone. It never knows what a message says.
//!
//! The bus counts deliveries, also those that ended with the process. So the answers of a stage are noted in a table. A
//! message that came several times without an answer may be what ended the process. It gets a strike in that table, and
//! is then tried while nothing else is in hand. Only a message that has ended the process three times in this way goes to
//! the dead letters. Any answer takes the strikes away.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::gate::Coming;
use super::referred::Referred;
use super::work::{Failure, Outage, Worker, or_else};
use crate::bus::{Bus, Delivery, Entry, KeyValue, Settle};
use crate::config::ConsumerConfig;
use crate::dead::{Cause, Reason};
use crate::error::Answer;
use crate::error::BusError;
use crate::loops::{Event, LOOK_AGAIN};
use crate::message::Stored;

/// A message that was delivered so often without an answer is tried alone.
const SUSPECT_AFTER: u32 = 2;
/// So often a message may end the process while it is tried alone.
pub(crate) const MOST_STRIKES: u32 = 3;

/// How often messages may be tried, and where that is noted.
#[derive(Default)]
pub(super) struct Tries {
    durable: String,
    most: u32,
    notes: Option<Arc<dyn KeyValue>>,
    /// Written by the one that is tried alone, read by all others.
    alone: RwLock<()>,
}

/// What is known of a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Note {
    /// How often it was tried alone without an answer.
    strikes: u32,
    /// How often the stage answered that it is to be tried again.
    answers: u32,
    /// Tells this writing of it from others.
    mark: u64,
}

/// What stands in the table.
#[derive(Default)]
struct Noted {
    /// None of this message where another had its sequence.
    note: Option<Note>,
    /// 0 where nothing stands.
    revision: u64,
}

/// A note that was changed, unless both are the same.
#[derive(Clone, Copy)]
struct Changed {
    before: Note,
    after: Note,
}

/// The turn of one message; others go on once it is dropped.
#[derive(Default)]
pub(super) struct Turn<'a> {
    _side_by_side: Option<RwLockReadGuard<'a, ()>>,
    _alone: Option<RwLockWriteGuard<'a, ()>>,
    note: Note,
    /// What stands in the table.
    noted: Option<Note>,
}

/// Why a message is set aside that ends the process.
pub(crate) fn ended_the_process() -> Reason {
    let text = format!("ended the process {MOST_STRIKES} times while it was tried alone");
    Reason { cause: Cause::MaxDeliver, text }
}

impl Tries {
    pub(super) fn new(bus: &dyn Bus, consumer: &ConsumerConfig) -> Result<Self, BusError> {
        let notes = consumer.notes.as_deref().map(|table| bus.key_value(table)).transpose()?;
        let durable = consumer.durable.clone();
        Ok(Self { durable, most: consumer.max_tries, notes, alone: RwLock::default() })
    }

    fn key(&self, message: &Stored) -> String {
        format!("{}.{}", self.durable, message.sequence)
    }
}

impl Note {
    /// The note of a message as it is written: a stream made anew gives its sequences again, so its
    /// id stands there, too.
    fn written(self, message: &Stored) -> Bytes {
        format!("{}@{} {} {}", self.strikes, self.mark, self.answers, message.id).into()
    }

    fn read(value: &[u8], message: &Stored) -> Option<Self> {
        let mut parts = std::str::from_utf8(value).ok()?.splitn(3, ' ');
        let strikes = parts.next()?;
        // What an earlier release wrote has no mark.
        let (strikes, mark) = strikes.split_once('@').unwrap_or((strikes, "0"));
        let (strikes, mark) = (strikes.parse().ok()?, mark.parse().ok()?);
        let answers = parts.next()?.parse().ok()?;
        (parts.next()? == message.id).then_some(Self { strikes, answers, mark })
    }
}

impl Turn<'_> {
    fn is_over(&self) -> bool {
        self.note.strikes >= MOST_STRIKES
    }

    /// What follows from the stage's wish to try again.
    pub(super) fn answered(
        &mut self,
        tries: &Tries,
        delivery: &Delivery,
        after: Duration,
        why: String,
    ) -> Settle {
        self.note.answers += 1;
        let tried = if tries.notes.is_some() { self.note.answers } else { delivery.attempt };
        if tried < tries.most {
            return Settle::Retry { after, why };
        }
        Settle::Reject(Reason { cause: Cause::MaxDeliver, text: why })
    }
}

impl Worker {
    /// Handles a message in its turn.
    pub(super) async fn in_turn(
        &self,
        delivery: &Delivery,
        mut coming: Coming,
        referred: Option<&Referred>,
    ) -> (Turn<'_>, Result<(), Failure>) {
        let turn = match self.turn(delivery, &mut coming).await {
            Ok(turn) => turn,
            Err(failure) => return (Turn::default(), Err(failure)),
        };
        if turn.is_over() {
            return (turn, Err(Failure::Settle(Settle::Reject(ended_the_process()))));
        }
        let done = self.until_taken(delivery, coming, referred).await;
        (turn, done)
    }

    /// Waits until a message may be tried: beside others, or struck and alone.
    async fn turn(&self, delivery: &Delivery, coming: &mut Coming) -> Result<Turn<'_>, Failure> {
        let Some(notes) = self.tries.notes.as_deref() else {
            return Ok(Turn::default());
        };
        let (message, before) = (&delivery.message, delivery.attempt - 1);
        let noted = match before {
            0 => None,
            _ => or_else(self.noted(notes, message), || coming.stay_back()).await?.note,
        };
        let note = noted.unwrap_or_default();
        // What is to be set aside is looked up again alone: a copy that lags behind may have shown the strikes.
        if before.saturating_sub(note.answers) < SUSPECT_AFTER && note.strikes < MOST_STRIKES {
            let beside = or_else(self.tries.alone.read(), || coming.stay_back()).await;
            return Ok(Turn { _side_by_side: Some(beside), note, noted, ..Turn::default() });
        }
        coming.stay_back();
        let alone = self.tries.alone.write().await;
        // It may have come twice, and the other was first.
        self.strike(notes, message).await.map(|turn| Turn { _alone: Some(alone), ..turn })
    }

    /// Strikes a message that is alone now.
    async fn strike(&self, notes: &dyn KeyValue, message: &Stored) -> Result<Turn<'_>, Failure> {
        let strike = |before: Note| match before.strikes {
            // Written again: that is refused where it is not what stands.
            MOST_STRIKES.. => Note { mark: before.mark.wrapping_add(1), ..before },
            strikes => Note { strikes: strikes + 1, ..before },
        };
        let Changed { before, after } = self.change(notes, message, strike).await?;
        if before.strikes == after.strikes {
            return Ok(Turn { note: before, noted: Some(after), ..Turn::default() });
        }
        let event = Event::Struck { id: &message.id, strikes: after.strikes };
        self.context.observer.observe(&self.name, event);
        // Any answer takes the strikes away.
        let note = Note { strikes: 0, ..before };
        Ok(Turn { note, noted: Some(after), ..Turn::default() })
    }

    /// Notes that a message was answered with another try, and so did not end the process.
    pub(super) async fn note_the_answer(&self, delivery: &Delivery, turn: &Turn<'_>) {
        let Some(notes) = self.tries.notes.as_deref() else {
            return;
        };
        let noted = turn.noted.unwrap_or_default();
        if noted != turn.note {
            let more = turn.note.answers.saturating_sub(noted.answers);
            let answer =
                |before: Note| Note { strikes: 0, answers: before.answers + more, ..before };
            // Where the bus is away, it counts as none.
            let _ = self.change(notes, &delivery.message, answer).await;
        }
    }

    /// Forgets what is settled for good. What ends the process is remembered: where the settle is lost, it comes
    /// again.
    pub(super) async fn forget(&self, delivery: &Delivery, turn: &Turn<'_>) {
        let (Some(notes), Some(_), false) =
            (self.tries.notes.as_deref(), turn.noted, turn.is_over())
        else {
            return;
        };
        if let Err(error) = notes.delete(&self.tries.key(&delivery.message)).await {
            // It harms nobody: the message never comes again.
            self.context.observer.observe(&self.name, Event::BusFailed(&error));
        }
    }

    async fn noted(&self, notes: &dyn KeyValue, message: &Stored) -> Result<Noted, Failure> {
        let key = self.tries.key(message);
        let found = self.ask_until_answered(|| notes.get(&key)).await?.flatten();
        let Some(Entry { revision, value: Some(value), .. }) = found else {
            return Ok(Noted::default());
        };
        Ok(Noted { note: Note::read(&value, message), revision })
    }

    /// Changes the note of a message from what stands: a copy that lags behind shows an older one, and that
    /// must take no strikes away. Where the table never will answer, nothing is written.
    async fn change(
        &self,
        notes: &dyn KeyValue,
        message: &Stored,
        change: impl Fn(Note) -> Note,
    ) -> Result<Changed, Failure> {
        let key = self.tries.key(message);
        let mut outage = Outage::default();
        let mark = self.context.clock.now().0;
        // What was written and may stand, though nobody said so.
        let mut unsaid: Vec<Changed> = Vec::new();
        loop {
            let Noted { note, revision } = self.noted(notes, message).await?;
            let before = note.unwrap_or_default();
            if let Some(stands) = unsaid.iter().find(|unsaid| unsaid.after == before) {
                return Ok(*stands);
            }
            let mut changed = Changed { before, after: change(before) };
            if changed.before == changed.after {
                return Ok(changed);
            }
            changed.after.mark = mark;
            let error = match notes.put_if(&key, changed.after.written(message), revision).await {
                Ok(_) => return Ok(changed),
                // Something else stands than what was read.
                Err(BusError::Refused { .. }) => {
                    self.context.wait(LOOK_AGAIN).await;
                    continue;
                }
                Err(error) => error,
            };
            if !error.may_pass() {
                self.context.observer.observe(&self.name, Event::BusFailed(&error));
                return Ok(changed);
            }
            unsaid.push(changed);
            match self.wait_out(&mut outage, &error).await {
                // What comes again is looked for in the output anyhow.
                Ok(()) | Err(Failure::Late) => {}
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Asks until the bus answers; fails once the loop is told to stop. Nothing where the bus never
    /// will, as with a table that this user may not write: that is said, and the work goes on.
    async fn ask_until_answered<'a, T>(
        &self,
        mut ask: impl FnMut() -> Answer<'a, T>,
    ) -> Result<Option<T>, Failure> {
        let mut outage = Outage::default();
        loop {
            let error = match ask().await {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) => error,
            };
            if !error.may_pass() {
                self.context.observer.observe(&self.name, Event::BusFailed(&error));
                return Ok(None);
            }
            match self.wait_out(&mut outage, &error).await {
                // What comes again is looked for in the output anyhow.
                Ok(()) | Err(Failure::Late) => {}
                Err(failure) => return Err(failure),
            }
        }
    }
}
