//! The settings and the state of a stream.

use std::time::Duration;

/// A stream: a bounded, ordered log of the messages on some subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamConfig {
    /// Its name.
    pub name: String,
    /// The filters of its subjects. No two streams share a subject.
    pub subjects: Vec<String>,
    /// How long a message is stored, read or not.
    pub max_age: Duration,
    /// How many bytes are stored. A full stream drops messages that all `readers` have read. If there
    /// are none, `publish` waits.
    pub max_bytes: u64,
    /// The largest message in bytes.
    pub max_message: u64,
    /// How long an id is remembered.
    pub window: Duration,
    /// The readers whose unread messages are kept, whether these readers exist yet or not. If the list is
    /// empty, a full stream drops its oldest message.
    pub readers: Vec<String>,
}

impl StreamConfig {
    /// A stream of 14 days, 1 GiB, messages up to 1 MiB and a window of two minutes.
    pub fn new(name: impl Into<String>, subjects: &[&str]) -> Self {
        Self {
            name: name.into(),
            subjects: subjects.iter().map(|subject| (*subject).to_owned()).collect(),
            max_age: Duration::from_hours(14 * 24),
            max_bytes: 1 << 30,
            max_message: 1 << 20,
            window: Duration::from_mins(2),
            readers: Vec::new(),
        }
    }
}

/// How full a stream is, and which sequences it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamState {
    /// The first stored sequence; `last + 1` if no message is stored.
    pub first: u64,
    /// The last sequence used; 0 if none was.
    pub last: u64,
    /// How many messages are stored.
    pub messages: u64,
    /// How many bytes are stored.
    pub bytes: u64,
}
