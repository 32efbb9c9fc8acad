//! Durable readers of a local bus.
//!
//! Comes in: who asks for messages, and how each was settled. Goes out: messages with the number of their attempt, and dead
//! letters. It never knows what a message says.

use super::engine::{Engine, Step};
use super::tables::Pending;
use crate::bus::Settle;
use crate::clock::UnixMillis;
use crate::config::ConsumerConfig;
use crate::dead::{DeadLetter, Reason};
use crate::error::BusError;
use crate::message::Stored;
use crate::store::publish::Expect;
use crate::subject::{check_filter, check_name, matches};

/// How many messages are looked at in one go by a reader that wants few of them.
const SCANNED_AT_ONCE: usize = 256;

/// A message and how often it has been delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeliveredMessage {
    pub(crate) message: Stored,
    pub(crate) attempt: u32,
}

impl Engine {
    /// Gives a durable reader a place, if it has none.
    ///
    /// # Errors
    /// A name, filter or stream that is none, no stream for its dead letters, a failing store.
    pub fn subscribe(&mut self, consumer: &ConsumerConfig) -> Result<(), BusError> {
        check_name("durable", &consumer.durable)?;
        check_filter(&consumer.filter)?;
        self.stream_index(&consumer.stream)?;
        self.stream_of(&consumer.dead.subject)?;
        if self.tables.reader(&consumer.stream, &consumer.durable)?.is_none() {
            self.tables.put_reader(&consumer.stream, &consumer.durable, 1)?;
        }
        Ok(())
    }

    /// Delivers at most `max` messages: first those that are due again, then new ones.
    pub(crate) fn deliver(
        &mut self,
        consumer: &ConsumerConfig,
        max: usize,
        now: UnixMillis,
    ) -> Result<Step<Vec<DeliveredMessage>>, BusError> {
        let index = self.stream_index(&consumer.stream)?;
        self.expire(index, now)?;
        let mut taken = self.deliver_again(consumer, max, now)?;
        self.deliver_new(consumer, max, now, &mut taken)?;
        if !taken.is_empty() {
            return Ok(Step::Done(taken));
        }
        let reader = self.tables.reader(&consumer.stream, &consumer.durable)?;
        Ok(Step::Wait(reader.and_then(|reader| reader.next_due)))
    }

    fn deliver_again(
        &mut self,
        consumer: &ConsumerConfig,
        max: usize,
        now: UnixMillis,
    ) -> Result<Vec<DeliveredMessage>, BusError> {
        let (stream, durable) = (&consumer.stream, &consumer.durable);
        let mut taken = Vec::new();
        for pending in self.tables.due(stream, durable, now, max)? {
            let Some(message) = self.tables.message(stream, pending.sequence)? else {
                // Older than the stream keeps: there is nothing left to deliver or to bury.
                self.tables.drop_pending(stream, durable, pending.sequence)?;
                continue;
            };
            let attempt = pending.attempt + 1;
            let due = now.plus(consumer.ack_deadline);
            let again = Pending { attempt, due, ..pending };
            self.tables.put_pending(stream, durable, again)?;
            taken.push(DeliveredMessage { message, attempt });
        }
        Ok(taken)
    }

    fn deliver_new(
        &mut self,
        consumer: &ConsumerConfig,
        max: usize,
        now: UnixMillis,
        taken: &mut Vec<DeliveredMessage>,
    ) -> Result<(), BusError> {
        let (stream, durable) = (&consumer.stream, &consumer.durable);
        let Some(reader) = self.tables.reader(stream, durable)? else {
            return Ok(());
        };
        let in_flight = usize::try_from(reader.pending).unwrap_or(usize::MAX);
        let free = consumer.max_in_flight.saturating_sub(in_flight);
        if free == 0 {
            self.limited.insert(durable.clone());
        }
        let max = max.min(taken.len() + free);
        let mut next = reader.next;
        while taken.len() < max {
            let scanned = self.tables.scan(stream, next, SCANNED_AT_ONCE.min(max))?;
            if scanned.is_empty() {
                break;
            }
            for message in scanned {
                if taken.len() == max {
                    break;
                }
                next = message.sequence + 1;
                if matches(&consumer.filter, &message.subject) {
                    let due = now.plus(consumer.ack_deadline);
                    let pending = Pending { sequence: message.sequence, attempt: 1, due };
                    self.tables.put_pending(stream, durable, pending)?;
                    taken.push(DeliveredMessage { message, attempt: 1 });
                }
            }
        }
        if next != reader.next {
            self.tables.put_reader(stream, durable, next)?;
        }
        Ok(())
    }

    /// Settles one delivery. An answer that comes after the message was delivered again, or was
    /// settled, does no harm.
    pub(crate) fn settle(
        &mut self,
        consumer: &ConsumerConfig,
        message: &Stored,
        attempt: u32,
        settle: &Settle,
        now: UnixMillis,
    ) -> Result<Step<()>, BusError> {
        let (stream, durable) = (&consumer.stream, &consumer.durable);
        let Some(pending) = self.tables.pending(stream, durable, message.sequence)? else {
            return Ok(Step::Done(()));
        };
        let is_current = pending.attempt == attempt;
        self.signals.free();
        // When it is due again may be sooner than whoever takes them waits for. One that is done is
        // waited for only where there were too many.
        let is_awaited = match settle {
            Settle::Ack | Settle::Reject(_) => self.limited.remove(consumer.durable.as_str()),
            Settle::Retry { .. } | Settle::InProgress => true,
        };
        if is_awaited {
            self.signals.stir(stream);
        }
        match settle {
            Settle::Ack => self.tables.drop_pending(stream, durable, message.sequence)?,
            Settle::Reject(reason) => return self.bury(consumer, message, attempt, reason, now),
            Settle::Retry { .. } | Settle::InProgress if !is_current => {}
            Settle::Retry { after, .. } => {
                let again = Pending { due: now.plus(*after), ..pending };
                self.tables.put_pending(stream, durable, again)?;
            }
            Settle::InProgress => {
                let later = Pending { due: now.plus(consumer.ack_deadline), ..pending };
                self.tables.put_pending(stream, durable, later)?;
            }
        }
        Ok(Step::Done(()))
    }

    /// Says that a reader without deliveries needs nothing up to and with `through`.
    ///
    /// # Errors
    /// [`BusError::NoStream`], a name that is none, or a failing store.
    pub fn mark_read(&mut self, stream: &str, reader: &str, through: u64) -> Result<(), BusError> {
        check_name("durable", reader)?;
        let index = self.stream_index(stream)?;
        let stands = self.tables.reader(stream, reader)?.map_or(0, |reader| reader.next);
        let next = through.saturating_add(1);
        // A mark behind the end is of a stream that went back in time since.
        let is_void = stands > self.streams[index].last + 1;
        self.signals.free();
        if next > stands || is_void { self.tables.put_reader(stream, reader, next) } else { Ok(()) }
    }

    /// Puts a message into the dead letters and forgets it; once, however often it is tried.
    fn bury(
        &mut self,
        consumer: &ConsumerConfig,
        message: &Stored,
        attempts: u32,
        reason: &Reason,
        now: UnixMillis,
    ) -> Result<Step<()>, BusError> {
        let stage = &consumer.durable;
        let body = Some(&message.body);
        let letter = DeadLetter { stage, reason, attempts, at: now, message, body };
        let whole = consumer.dead.outgoing(&letter);
        let published = match self.publish(&whole, &Expect::Nothing, now) {
            Err(BusError::TooLarge { .. }) => {
                let bare = consumer.dead.outgoing(&DeadLetter { body: None, ..letter });
                self.publish(&bare, &Expect::Nothing, now)?
            }
            other => other?,
        };
        if let Step::Wait(until) = published {
            return Ok(Step::Wait(until));
        }
        self.tables.drop_pending(&consumer.stream, &consumer.durable, message.sequence)?;
        Ok(Step::Done(()))
    }
}
