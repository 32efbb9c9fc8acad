//! The seam: what a bus does.
//!
//! Comes in: messages, and readers with their names. Goes out: messages in order, each at least once until it is
//! settled. It never knows what a message says. The traits are object-safe, so that stages are compiled once for all
//! buses.
//!
//! Every promise is a test of [the suite](crate::conformance) and is listed in `design.md`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::config::{ConsumerConfig, StreamConfig, StreamState};
use crate::dead::Reason;
use crate::error::{Answer, BusError};
use crate::message::{Outgoing, Published, Stored};
use crate::objects::Objects;

/// Durable streams, readers that keep their place, and small tables of keys.
///
/// A future that is dropped has happened or has not; a publish can be repeated with the same id.
pub trait Bus: Send + Sync {
    /// Makes the stream be so, keeping what it holds.
    fn create_stream(&self, config: StreamConfig) -> Answer<'_, ()>;

    /// How full a stream is and what it holds.
    fn stream_state<'a>(&'a self, stream: &'a str) -> Answer<'a, StreamState>;

    /// Returns once the message is stored: a crash after this cannot lose it. The same id within
    /// the stream's window is stored once. Waits while the stream is full of unread messages.
    fn publish(&self, message: Outgoing) -> Answer<'_, Published>;

    /// Publishes if the last message on this subject stands at `expected`; 0 means that there is
    /// none. Fails with [`BusError::Refused`], then and ever after.
    fn publish_if_last(&self, message: Outgoing, expected: u64) -> Answer<'_, Published>;

    /// Takes over the stream that takes the record's subject: the record is published if the last
    /// on its subject stands at `expected`, and whoever held the stream gets nothing more in.
    fn take_over(&self, record: Outgoing, expected: u64) -> Answer<'_, Box<dyn ChainedPublisher>>;

    /// Opens a durable subscription at the place where it was left, or at the first message kept.
    fn subscribe(&self, consumer: ConsumerConfig) -> Answer<'_, Box<dyn Subscription>>;

    /// Reads in order from a sequence on, without settling. What is not kept is left out.
    fn read(&self, stream: &str, filter: &str, from: u64) -> Answer<'_, Box<dyn OrderedReader>>;

    /// Says that an ordered reader needs nothing up to and with this sequence any more. Goes
    /// forward only, but where the stream went back in time and ends before what was said.
    fn mark_read<'a>(&'a self, stream: &'a str, reader: &'a str, through: u64) -> Answer<'a, ()>;

    /// The message at a sequence: [`BusError::Gone`] where it is kept no longer.
    fn get<'a>(&'a self, stream: &'a str, sequence: u64) -> Answer<'a, Stored>;

    /// The messages at these sequences, and what became of each: in their order, and no more and no fewer.
    /// Fails where none of them could be asked for.
    fn get_each<'a>(
        &'a self,
        stream: &'a str,
        sequences: &'a [u64],
    ) -> Answer<'a, Vec<Result<Stored, BusError>>> {
        Box::pin(async move {
            let mut messages = Vec::with_capacity(sequences.len());
            for sequence in sequences {
                messages.push(self.get(stream, *sequence).await);
            }
            Ok(messages)
        })
    }

    /// The last message that the filter takes in.
    fn last<'a>(&'a self, stream: &'a str, filter: &'a str) -> Answer<'a, Option<Stored>>;

    /// A small table of keys; it comes into being with its first key.
    fn key_value(&self, bucket: &str) -> Result<Arc<dyn KeyValue>, BusError>;

    /// A store of large objects; it comes into being with its first one.
    fn objects(&self, store: &str) -> Result<Arc<dyn Objects>, BusError>;
}

/// Publishes so that each message expects the one before it. Once refused, for ever refused.
pub trait ChainedPublisher: Send {
    /// Stores these in order and says their sequences. Waits while the stream is full.
    ///
    /// Fails with [`BusError::Fenced`] once another has taken over; an id that is known already
    /// counts as that. After any failure a part of the messages, from the first on, may be
    /// stored, and everything later is refused: take over anew and read what stands.
    fn append(&mut self, messages: Vec<Outgoing>) -> Answer<'_, Vec<u64>>;
}

/// A durable pull subscription. Dropping it loses nothing.
pub trait Subscription: Send {
    /// Waits for at least one message and gives at most `max`, in order of their sequences but
    /// for those delivered again. May be dropped: what it took comes with the next call.
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Delivery>>;

    /// Takes nothing more, and gives what a dropped `next` had taken already.
    fn close(&mut self) -> Answer<'_, Vec<Delivery>>;
}

/// A message in the hands of a reader, until it is settled or its deadline passes.
pub struct Delivery {
    /// The message.
    pub message: Stored,
    /// How often it has been delivered, this time included.
    pub attempt: u32,
    /// Settles it.
    pub settler: Arc<dyn Settler>,
}

/// Answers for one delivery.
pub trait Settler: Send + Sync {
    /// Settles the delivery; `InProgress` may be followed by others. Settling twice, or late,
    /// does no harm.
    fn settle(&self, settle: Settle) -> Answer<'_, ()>;
}

/// What a reader says about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settle {
    /// Done: never deliver it again.
    Ack,
    /// Deliver it again, not before `after`, however often that is said.
    Retry {
        /// How long to wait at least.
        after: Duration,
        /// For people.
        why: String,
    },
    /// Nobody can handle it: to the dead letters.
    Reject(Reason),
    /// Still at it: the deadline starts anew.
    InProgress,
}

/// Reads a stream in order.
pub trait OrderedReader: Send {
    /// Waits for at least one message and gives at most `max`, in order, none twice and none left
    /// out that is kept. May be dropped: nothing is left out.
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>>;

    /// What stands now, at most `max`: none where the reader is at the end.
    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>>;
}

/// A key's last change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Counts the changes of the bucket, from 1.
    pub revision: u64,
    /// The value; none where the key was deleted.
    pub value: Option<Bytes>,
}

/// A small table of keys with revisions.
pub trait KeyValue: Send + Sync {
    /// The key's entry, unless it was never put or is deleted.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>>;

    /// Puts a value and says the new revision.
    fn put<'a>(&'a self, key: &'a str, value: Bytes) -> Answer<'a, u64>;

    /// Puts a value if the key's revision is `expected`; 0 means that it is not there or deleted.
    fn put_if<'a>(&'a self, key: &'a str, value: Bytes, expected: u64) -> Answer<'a, u64>;

    /// Deletes the key and says the new revision.
    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, u64>;

    /// The last change of each key changed after a revision, deletions too, oldest first. From 0:
    /// everything; from the last seen: what is new.
    fn changes(&self, after: u64) -> Answer<'_, Vec<Entry>>;

    /// The last change of each key that is one of these names, or begins with one and a dot; deletions
    /// too, oldest first.
    fn changes_under<'a>(&'a self, names: &'a [&'a str]) -> Answer<'a, Vec<Entry>>;
}
