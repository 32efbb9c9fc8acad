//! The interface of a bus.
//!
//! The traits are object-safe, so that stages are compiled once for all buses. Every promise is a
//! test of [the suite](crate::conformance) and is listed in `design.md`.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;

use crate::BoxFuture;
use crate::config::{StreamConfig, StreamState};
use crate::error::{Answer, BusError};
use crate::message::{Outgoing, Published, Stored};
use crate::objects::Objects;

/// Durable streams, the marks of their readers, and small tables of keys.
///
/// If a future is dropped, its call may or may not have been carried out. A publish can be repeated
/// with the same id.
pub trait Bus: Send + Sync {
    /// Creates the stream, or changes its settings and keeps its messages.
    fn create_stream(&self, config: StreamConfig) -> Answer<'_, ()>;

    /// How full a stream is, and which sequences it has.
    fn stream_state<'a>(&'a self, stream: &'a str) -> Answer<'a, StreamState>;

    /// Returns once the message is durable: a crash after this cannot lose it. The same id within
    /// the stream's window is stored once. Waits while the stream is full of unread messages.
    fn publish(&self, message: Outgoing) -> Answer<'_, Published>;

    /// Publishes if the last message on this subject has the sequence `expected`; 0 means that there
    /// is none. Fails with [`BusError::Refused`] otherwise, also when repeated.
    fn publish_if_last(&self, message: Outgoing, expected: u64) -> Answer<'_, Published>;

    /// Stores these in order behind the message with the sequence `after`, the last one of the stream. Returns the sequence
    /// of the last one stored. Waits while the stream is full.
    ///
    /// Fails with [`BusError::Fenced`] if the stream ends elsewhere, or if an id is already stored. After any failure the
    /// first of the messages may be stored and the rest not: read what is stored.
    fn append<'a>(
        &'a self,
        stream: &'a str,
        after: u64,
        messages: Vec<Outgoing>,
    ) -> Answer<'a, u64>;

    /// Reads in order from a sequence on. Skips sequences that are no longer stored.
    fn read(&self, stream: &str, filter: &str, from: u64) -> Answer<'_, Box<dyn OrderedReader>>;

    /// Notes that a reader needs no message up to and including this sequence. The mark only
    /// moves forward, unless the stream went back in time and ends before it.
    fn mark_read<'a>(&'a self, stream: &'a str, reader: &'a str, through: u64) -> Answer<'a, ()>;

    /// The message at a sequence; [`BusError::Gone`] if it is no longer stored.
    fn get<'a>(&'a self, stream: &'a str, sequence: u64) -> Answer<'a, Stored>;

    /// One result for each of these sequences, in their order. Fails if the request as a whole failed.
    fn get_each<'a>(
        &'a self,
        stream: &'a str,
        sequences: &'a [u64],
    ) -> Answer<'a, Vec<Result<Stored, BusError>>> {
        Box::pin(async move {
            let mut messages = Vec::with_capacity(sequences.len());
            for some in sequences.chunks(GETS_AT_ONCE) {
                let gets = some.iter().map(|sequence| self.get(stream, *sequence)).collect();
                messages.extend(all_of(gets).await);
            }
            Ok(messages)
        })
    }

    /// The last message that matches the filter.
    fn last<'a>(&'a self, stream: &'a str, filter: &'a str) -> Answer<'a, Option<Stored>>;

    /// A bucket: a small table of keys. Inside one process it is created with its first key; on a server by the setup.
    fn key_value(&self, bucket: &str) -> Result<Arc<dyn KeyValue>, BusError>;

    /// A store of large objects. It is created like a bucket.
    fn objects(&self, store: &str) -> Result<Arc<dyn Objects>, BusError>;
}

/// Reads a stream in order.
pub trait OrderedReader: Send {
    /// Waits for at least one message and returns at most `max`, in order. Returns no message twice
    /// and skips no stored one, also after a call that was dropped.
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>>;

    /// The messages that can be read without waiting, at most `max`; empty at the end of the stream.
    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>>;
}

/// The most single requests of [`Bus::get_each`] at once.
const GETS_AT_ONCE: usize = 64;

/// The results of futures that run at the same time, in their order.
async fn all_of<T>(futures: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (future, None)).collect();
    poll_fn(|context| {
        let mut are_done = true;
        for (future, result) in running.iter_mut().filter(|(_, result)| result.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(done) => *result = Some(done),
                Poll::Pending => are_done = false,
            }
        }
        if are_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, result)| result).collect()
}

/// A key's last change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Counts the changes of the bucket, from 1.
    pub revision: u64,
    /// The value; `None` if the key was deleted.
    pub value: Option<Bytes>,
}

/// A small table of keys with revisions.
pub trait KeyValue: Send + Sync {
    /// The key's entry, unless it was never put or is deleted.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>>;

    /// Puts a value and returns the new revision.
    fn put<'a>(&'a self, key: &'a str, value: Bytes) -> Answer<'a, u64>;

    /// Puts a value if the key's revision is `expected`; 0 means that it is not there or deleted.
    fn put_if<'a>(&'a self, key: &'a str, value: Bytes, expected: u64) -> Answer<'a, u64>;

    /// Deletes the key and returns the new revision.
    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, u64>;

    /// The last change of each key that is one of these names or begins with one and a dot (of each key if there are no
    /// names) and changed after a revision, with deletions, oldest first. Revision 0 gives all, and so does one that the table does not
    /// have: it went back in time.
    fn changes<'a>(&'a self, names: &'a [&'a str], after: u64) -> Answer<'a, Vec<Entry>>;
}
