//! Why there is no answer. Each kind tells the caller what to do.
//!
//! An error never contains a secret or the address with a token in it.

use std::time::Duration;

use thiserror::Error;

/// Why a client could not be made: mend the settings or the machine.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The user agent cannot stand in a header.
    #[error("the user agent {0:?} cannot be sent in a header: use printable ASCII")]
    UserAgent(String),
    /// The TLS library or the HTTP client did not start.
    #[error("the HTTP client cannot be made: {why}")]
    Setup {
        /// What went wrong.
        why: String,
    },
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The client does not go there: asking again changes nothing.
    #[error("refused: {why}")]
    Refused {
        /// The rule that forbids it, and where one can be made an exception, how.
        why: String,
    },
    /// The name has no address: mistyped, or gone, or the resolver is down.
    #[error("no such host, or its name cannot be resolved now")]
    NoSuchHost,
    /// Nothing there that answers: try later.
    #[error("cannot connect: {why}")]
    CannotConnect {
        /// What the system or TLS said.
        why: String,
    },
    /// The deadline over everything has passed: try later.
    #[error("no full answer within {after:?}")]
    TimedOut {
        /// The deadline.
        after: Duration,
    },
    /// The body, decoded, is larger than the request allows.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The request's limit in bytes.
        limit: u64,
    },
    /// The body grows beyond all measure when it is decoded.
    #[error("the body grows to more than {times} times its size when it is decoded")]
    Bomb {
        /// How many times its size is too much.
        times: u64,
    },
    /// More redirects than are followed.
    #[error("too many redirects")]
    TooManyRedirects,
    /// The answer is no HTTP, ends early, or cannot be decoded.
    #[error("the answer is broken: {why}")]
    Broken {
        /// What is wrong with it.
        why: String,
    },
}

impl SendError {
    pub(crate) fn refused(why: impl Into<String>) -> Self {
        Self::Refused { why: why.into() }
    }

    pub(crate) fn broken(why: impl Into<String>) -> Self {
        Self::Broken { why: why.into() }
    }
}
