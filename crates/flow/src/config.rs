//! The settings of a stream and of a durable reader.
//!
//! They say what a stream keeps and how a reader is served. They never say what a message means.

use std::time::Duration;

use crate::dead::DeadLetters;

/// A stream: a bounded, ordered log of the messages on some subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamConfig {
    /// Its name.
    pub name: String,
    /// The filters of the subjects that it takes; no two streams share a subject.
    pub subjects: Vec<String>,
    /// How long a message is kept, read or not.
    pub max_age: Duration,
    /// How many bytes are kept. When full, what all `readers` are past is dropped first; where
    /// nothing is, `publish` waits.
    pub max_bytes: u64,
    /// The largest message in bytes.
    pub max_message: u64,
    /// How long an id is remembered.
    pub window: Duration,
    /// The durable readers whose unread messages are kept, whether they have come yet or not.
    /// `OTHER/reader` keeps what the messages of the stream `OTHER` [name](crate::REFERENCE) that its
    /// durable `reader` has not settled. None: nobody needs the oldest, and a full stream drops it.
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

/// How full a stream is and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamState {
    /// The first sequence kept; one after `last` where none is.
    pub first: u64,
    /// The last sequence given; 0 where none was.
    pub last: u64,
    /// How many messages are kept.
    pub messages: u64,
    /// How many bytes are kept.
    pub bytes: u64,
}

/// A durable pull subscription. Whoever holds the same `durable` shares its messages.
#[derive(Debug, Clone)]
pub struct ConsumerConfig {
    /// The stream.
    pub stream: String,
    /// The name under which the place in the stream is kept; also the stage in dead letters.
    pub durable: String,
    /// Which subjects.
    pub filter: String,
    /// After how long without a settle a message is delivered again.
    pub ack_deadline: Duration,
    /// How often a stage may answer `Retry` before the message goes to the dead letters.
    pub max_tries: u32,
    /// The table in which the loop of a stage notes its answers and its strikes. Without one, each
    /// delivery counts as an answer, and nothing is struck.
    pub notes: Option<String>,
    /// How many messages may be delivered and not settled; then pulls wait.
    pub max_in_flight: usize,
    /// Where messages go that nobody can handle.
    pub dead: DeadLetters,
}

impl ConsumerConfig {
    /// A reader of all subjects of a stream: 30 s, 5 tries, no notes, 1,000 in flight.
    pub fn new(stream: impl Into<String>, durable: impl Into<String>, dead: DeadLetters) -> Self {
        Self {
            stream: stream.into(),
            durable: durable.into(),
            filter: ">".to_owned(),
            ack_deadline: Duration::from_secs(30),
            max_tries: 5,
            notes: None,
            max_in_flight: 1000,
            dead,
        }
    }
}
