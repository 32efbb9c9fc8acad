//! Durable consumers of a local bus: delivery, acknowledgement, dead letters.

use super::engine::{Engine, Step};
use super::tables::Pending;
use crate::bus::AckKind;
use crate::clock::UnixMillis;
use crate::config::ConsumerConfig;
use crate::dead::{DeadLetter, Reason};
use crate::error::BusError;
use crate::message::Stored;
use crate::store::publish::Expect;
use crate::subject::{check_filter, check_name, matches};

/// How many messages a consumer scans in one step if its filter matches few of them.
const SCANNED_AT_ONCE: usize = 256;

/// A message and how often it has been delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeliveredMessage {
    pub(crate) message: Stored,
    pub(crate) attempt: u32,
}

impl Engine {
    /// Creates a durable consumer unless it exists.
    ///
    /// # Errors
    /// An invalid name or filter, an unknown stream, no stream for its dead letters, a failing store.
    pub fn subscribe(&mut self, consumer: &ConsumerConfig) -> Result<(), BusError> {
        check_name("durable", &consumer.durable)?;
        check_filter(&consumer.filter)?;
        self.stream_index(&consumer.stream)?;
        self.stream_of(&consumer.dead.subject)?;
        if self.tables.consumer(&consumer.stream, &consumer.durable)?.is_none() {
            self.tables.put_consumer(&consumer.stream, &consumer.durable, 1)?;
        }
        Ok(())
    }

    /// Delivers at most `max` messages: first those due for redelivery, then new ones.
    pub(crate) fn deliver(
        &mut self,
        consumer: &ConsumerConfig,
        max: usize,
        now: UnixMillis,
    ) -> Result<Step<Vec<DeliveredMessage>>, BusError> {
        let index = self.stream_index(&consumer.stream)?;
        self.expire(index, now)?;
        let mut delivered = self.deliver_again(consumer, max, now)?;
        self.deliver_new(consumer, max, now, &mut delivered)?;
        if !delivered.is_empty() {
            return Ok(Step::Done(delivered));
        }
        let reader = self.tables.consumer(&consumer.stream, &consumer.durable)?;
        Ok(Step::Wait(reader.and_then(|reader| reader.next_due)))
    }

    fn deliver_again(
        &mut self,
        consumer: &ConsumerConfig,
        max: usize,
        now: UnixMillis,
    ) -> Result<Vec<DeliveredMessage>, BusError> {
        let (stream, durable) = (&consumer.stream, &consumer.durable);
        let mut delivered = Vec::new();
        for pending in self.tables.due(stream, durable, now, max)? {
            let Some(message) = self.tables.message(stream, pending.sequence)? else {
                // Expired: there is nothing left to deliver or to put into the dead letters.
                self.tables.drop_pending(stream, durable, pending.sequence)?;
                continue;
            };
            let attempt = pending.attempt + 1;
            let due = now.plus(consumer.ack_deadline);
            let again = Pending { attempt, due, ..pending };
            self.tables.put_pending(stream, durable, again)?;
            delivered.push(DeliveredMessage { message, attempt });
        }
        Ok(delivered)
    }

    fn deliver_new(
        &mut self,
        consumer: &ConsumerConfig,
        max: usize,
        now: UnixMillis,
        delivered: &mut Vec<DeliveredMessage>,
    ) -> Result<(), BusError> {
        let (stream, durable) = (&consumer.stream, &consumer.durable);
        let Some(reader) = self.tables.consumer(stream, durable)? else {
            return Ok(());
        };
        let in_flight = usize::try_from(reader.pending).unwrap_or(usize::MAX);
        let free = consumer.max_in_flight.saturating_sub(in_flight);
        if free == 0 {
            self.at_limit.insert(durable.clone());
        }
        let max = max.min(delivered.len() + free);
        let mut next = reader.next;
        while delivered.len() < max {
            let scanned = self.tables.scan(stream, next, SCANNED_AT_ONCE.min(max))?;
            if scanned.is_empty() {
                break;
            }
            for message in scanned {
                if delivered.len() == max {
                    break;
                }
                next = message.sequence + 1;
                if matches(&consumer.filter, &message.subject) {
                    let due = now.plus(consumer.ack_deadline);
                    let pending = Pending { sequence: message.sequence, attempt: 1, due };
                    self.tables.put_pending(stream, durable, pending)?;
                    delivered.push(DeliveredMessage { message, attempt: 1 });
                }
            }
        }
        if next != reader.next {
            self.tables.put_consumer(stream, durable, next)?;
        }
        Ok(())
    }

    /// Acknowledges one delivery. It does no harm if the message was delivered again or acknowledged meanwhile.
    pub(crate) fn apply_ack(
        &mut self,
        consumer: &ConsumerConfig,
        message: &Stored,
        attempt: u32,
        kind: &AckKind,
        now: UnixMillis,
    ) -> Result<Step<()>, BusError> {
        let (stream, durable) = (&consumer.stream, &consumer.durable);
        let Some(pending) = self.tables.pending(stream, durable, message.sequence)? else {
            return Ok(Step::Done(()));
        };
        let is_current = pending.attempt == attempt;
        self.signals.mark_room();
        // A redelivery may be due sooner than the readers wait for. A message that is done matters to
        // them only if they were at their limit.
        let wakes_readers = match kind {
            AckKind::Ack | AckKind::Reject(_) => self.at_limit.remove(consumer.durable.as_str()),
            AckKind::Retry { .. } | AckKind::InProgress => true,
        };
        if wakes_readers {
            self.signals.mark_readable(stream);
        }
        match kind {
            AckKind::Ack => self.tables.drop_pending(stream, durable, message.sequence)?,
            AckKind::Reject(reason) => {
                return self.dead_letter(consumer, message, attempt, reason, now);
            }
            AckKind::Retry { .. } | AckKind::InProgress if !is_current => {}
            AckKind::Retry { after, .. } => {
                let again = Pending { due: now.plus(*after), ..pending };
                self.tables.put_pending(stream, durable, again)?;
            }
            AckKind::InProgress => {
                let later = Pending { due: now.plus(consumer.ack_deadline), ..pending };
                self.tables.put_pending(stream, durable, later)?;
            }
        }
        Ok(Step::Done(()))
    }

    /// Notes that an ordered reader needs no message up to and including `through`.
    ///
    /// # Errors
    /// [`BusError::NoStream`], an invalid name, or a failing store.
    pub fn mark_read(&mut self, stream: &str, reader: &str, through: u64) -> Result<(), BusError> {
        check_name("durable", reader)?;
        let index = self.stream_index(stream)?;
        let current = self.tables.consumer(stream, reader)?.map_or(0, |reader| reader.next);
        let next = through.saturating_add(1);
        // A mark beyond the end was set before the stream went back in time.
        let is_beyond_end = current > self.streams[index].last + 1;
        self.signals.mark_room();
        if next > current || is_beyond_end {
            self.tables.put_consumer(stream, reader, next)
        } else {
            Ok(())
        }
    }

    /// Publishes the dead letter of a message, then forgets the message. The letter's id makes this
    /// safe to repeat.
    fn dead_letter(
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
        let letter_message = consumer.dead.outgoing(&letter);
        let published = match self.publish(&letter_message, &Expect::Nothing, now) {
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
