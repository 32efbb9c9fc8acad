//! The errors of a bus. Each kind tells the caller what to do.

use thiserror::Error;

use crate::BoxFuture;

/// The future result of a call to the bus.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, BusError>>;

/// Why a call to the bus failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BusError {
    /// No such stream: create it first.
    #[error("no stream {0}")]
    NoStream(String),
    /// No stream has this subject: create one first.
    #[error("no stream has the subject {0}")]
    NoStreamFor(String),
    /// An invalid name: correct the caller.
    #[error("{name:?} is no {what}")]
    BadName {
        /// The kind of name, such as `stream`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Invalid settings of a stream: correct the configuration.
    #[error("stream {stream}: {why}")]
    BadStream {
        /// The stream.
        stream: String,
        /// The problem with it.
        why: &'static str,
    },
    /// Larger than the stream allows: never publish it.
    #[error("{size} bytes are more than the {limit} of stream {stream}")]
    TooLarge {
        /// The stream.
        stream: String,
        /// The message's size in bytes.
        size: u64,
        /// The largest allowed size in bytes.
        limit: u64,
    },
    /// Compare-and-set found something else: read and decide again.
    #[error("expected {expected}, found {found}")]
    Refused {
        /// The sequence or revision that the caller named.
        expected: u64,
        /// The stored one.
        found: u64,
    },
    /// Another writer has taken over: stop writing.
    #[error("another writer has taken over stream {0}")]
    Fenced(String),
    /// No longer stored: go on without it.
    #[error("{stream}/{sequence} is no longer stored")]
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
    /// The stream went back in time: an older copy of its store was restored, or it was deleted and
    /// created again. Read what is there, and drop duplicates by their ids.
    #[error(
        "stream {stream} went back in time: it was read up to {read}, and ends at {last} or has another \
         message there"
    )]
    RolledBack {
        /// The stream.
        stream: String,
        /// The sequence up to which it had been read.
        read: u64,
        /// The last sequence of the stream now.
        last: u64,
    },
    /// The bus does not allow this user to do it: correct its permissions there.
    #[error("user {user} may not {what}: correct its permissions on the server")]
    NotAllowed {
        /// The user.
        user: String,
        /// The refused action, with the subject.
        what: String,
    },
    /// The disk is full: free some room, then try again. Acknowledged messages are safe.
    #[error("the disk is full")]
    DiskFull,
    /// No answer: the call may or may not have been carried out. Try again with the same id.
    #[error("no answer from the bus: {0}")]
    Unavailable(String),
    /// The store cannot be read: restore a backup.
    #[error("the store is damaged: {0}")]
    Damaged(String),
}

impl BusError {
    /// Whether the same call may succeed later without a change to the program or its configuration.
    /// The caller decides when to try again.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::DiskFull | Self::Unavailable(_))
    }

    /// Whether the store failed, as opposed to a refusal.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::DiskFull | Self::Unavailable(_) | Self::Damaged(_))
    }
}
