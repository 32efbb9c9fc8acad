//! The tables that the engine needs, read and written one row at a time.

use crate::bus::Entry;
use crate::clock::UnixMillis;
use crate::config::StreamConfig;
use crate::error::BusError;
use crate::message::Stored;

/// A stream with its counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamRow {
    /// Its settings.
    pub config: StreamConfig,
    /// The first sequence that may be stored.
    pub first: u64,
    /// The last sequence used.
    pub last: u64,
    /// How many messages are stored.
    pub messages: u64,
    /// How many bytes are stored.
    pub bytes: u64,
}

/// An id within the window of its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentId {
    /// The id.
    pub id: String,
    /// The sequence of its message.
    pub sequence: u64,
    /// When the message was stored.
    pub at: UnixMillis,
}

type Result<T> = std::result::Result<T, BusError>;

/// Plain tables. Every error is a failure of the store, and the whole job is then undone.
pub trait Tables: Send {
    /// Begins a group of jobs, which becomes durable or is undone as a whole.
    fn begin(&mut self) -> Result<()>;
    /// Makes the group durable.
    fn commit(&mut self) -> Result<()>;
    /// Undoes the group. The store may have undone it already.
    fn roll_back(&mut self) -> Result<()>;
    /// Whether the group has changed anything, or may have.
    fn has_changes(&self) -> bool {
        true
    }

    /// All streams.
    fn streams(&mut self) -> Result<Vec<StreamRow>>;
    /// Puts a stream with its configuration.
    fn put_stream(&mut self, row: &StreamRow) -> Result<()>;
    /// Puts a stream's counters alone.
    fn put_counters(&mut self, row: &StreamRow) -> Result<()>;

    /// Adds a message at the end of its stream.
    fn insert(&mut self, message: &Stored) -> Result<()>;
    /// One message.
    fn message(&mut self, stream: &str, sequence: u64) -> Result<Option<Stored>>;
    /// The first messages from a sequence on.
    fn scan(&mut self, stream: &str, from: u64, max: usize) -> Result<Vec<Stored>>;
    /// The last message that a filter matches.
    fn last(&mut self, stream: &str, filter: &str) -> Result<Option<Stored>>;
    /// Drops a message.
    fn drop_message(&mut self, message: &Stored) -> Result<()>;
    /// Remembers the id of a message, also after the message is dropped. Ids of its stream that were
    /// stored before `after` may be forgotten.
    fn remember_id(&mut self, message: &Stored, after: UnixMillis) -> Result<()>;
    /// The ids of a stream that were stored after a time, oldest first.
    fn recent_ids(&mut self, stream: &str, after: UnixMillis) -> Result<Vec<RecentId>>;

    /// The last sequence that a reader does not need any more; 0 if it has marked none.
    fn mark(&mut self, stream: &str, reader: &str) -> Result<u64>;
    /// Puts it.
    fn put_mark(&mut self, stream: &str, reader: &str, through: u64) -> Result<()>;

    /// A key's last change, also a deletion.
    fn entry(&mut self, bucket: &str, key: &str) -> Result<Option<Entry>>;
    /// Puts a key's last change.
    fn put_entry(&mut self, bucket: &str, entry: &Entry) -> Result<()>;
    /// The last change of each key after a revision, oldest first.
    fn entries(&mut self, bucket: &str, after: u64) -> Result<Vec<Entry>>;
    /// The last change after a revision of each key that is this name, or begins with it and a dot.
    fn entries_under(&mut self, bucket: &str, name: &str, after: u64) -> Result<Vec<Entry>>;
    /// The last revision of a bucket; 0 if there is none.
    fn revision(&mut self, bucket: &str) -> Result<u64>;
}
