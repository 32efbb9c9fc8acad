//! The errors of a bus. Each kind tells the caller what to do.
//!
//! An error that may pass is worth another try; the caller decides when.

use thiserror::Error;

use crate::BoxFuture;

/// What a call to the bus comes to.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, BusError>>;

/// Why a bus did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BusError {
    /// No such stream: create it first.
    #[error("no stream {0}")]
    NoStream(String),
    /// No stream takes this subject: create one first.
    #[error("no stream takes the subject {0}")]
    NoStreamFor(String),
    /// A name that no bus takes: mend the caller.
    #[error("{name:?} is no {what}")]
    BadName {
        /// What it was to name.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A stream cannot be so: mend the configuration.
    #[error("stream {stream}: {why}")]
    BadStream {
        /// The stream.
        stream: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Larger than the stream takes: never publish it.
    #[error("{size} bytes, and stream {stream} takes {limit}")]
    TooLarge {
        /// The stream.
        stream: String,
        /// The message's size in bytes.
        size: u64,
        /// The largest that fits.
        limit: u64,
    },
    /// Compare-and-set found something else: read again and decide anew.
    #[error("expected {expected}, found {found}")]
    Refused {
        /// The sequence or revision that the caller named.
        expected: u64,
        /// The one that stands.
        found: u64,
    },
    /// Another writer has taken over: stop writing.
    #[error("another writer has taken over stream {0}")]
    Fenced(String),
    /// Kept no longer: go on without it.
    #[error("{stream}/{sequence} is kept no longer")]
    Gone {
        /// The stream.
        stream: String,
        /// The sequence.
        sequence: u64,
    },
    /// Not stored yet: the stream ends before it.
    #[error("{stream}/{sequence} is not there yet")]
    NotYet {
        /// The stream.
        stream: String,
        /// The sequence.
        sequence: u64,
    },
    /// The stream went back in time, as where its store was put back to an older copy, or it was deleted
    /// and made anew: read what is there, and drop what is known by its id.
    #[error(
        "stream {stream} went back in time: it was read up to {read}, and ends at {last} or has another \
         message there"
    )]
    RolledBack {
        /// The stream.
        stream: String,
        /// The sequence up to which it had been read.
        read: u64,
        /// The last sequence that it has given now.
        last: u64,
    },
    /// Somebody deleted a durable reader, and with it the place where it was: start it again, and
    /// it reads from the first message kept.
    #[error("the reader {durable} of stream {stream} was deleted")]
    NoReader {
        /// The stream.
        stream: String,
        /// The reader.
        durable: String,
    },
    /// The bus does not let this user do it: mend its permissions there.
    #[error("user {user} may not {what}: mend its permissions on the server")]
    NotAllowed {
        /// The user.
        user: String,
        /// What was refused, with the subject.
        what: String,
    },
    /// The disk is full: free some room, then try again. What was acknowledged is kept.
    #[error("the disk is full")]
    DiskFull,
    /// No answer: what was asked may or may not have happened; try again with the same id.
    #[error("no answer from the bus: {0}")]
    Unavailable(String),
    /// What is stored cannot be read: restore a backup.
    #[error("the store is damaged: {0}")]
    Damaged(String),
}

impl BusError {
    /// Whether the same call may succeed later without anything being mended in the program.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::DiskFull | Self::Unavailable(_))
    }

    /// Whether the store failed, rather than refused.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::DiskFull | Self::Unavailable(_) | Self::Damaged(_))
    }
}
