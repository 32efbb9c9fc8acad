//! The errors of the client. Each kind tells the caller what to do.
//!
//! An error never contains a secret, nor an address that may hold one.

use std::time::Duration;

use thiserror::Error;

/// Why a client could not be created: correct the settings or the machine.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The user agent has characters that are not allowed in a header.
    #[error("the user agent {0:?} cannot be sent in a header: use printable ASCII")]
    UserAgent(String),
    /// The TLS library or the HTTP client did not start.
    #[error("the HTTP client cannot be made: {why}")]
    Setup {
        /// The kind of failure.
        why: String,
    },
}

/// Why a request has no response.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The client does not send this request. Trying again does not help.
    #[error("refused: {why}")]
    Refused {
        /// The rule that forbids it, and how to allow it, if that is possible.
        why: String,
    },
    /// The name has no address: it is mistyped or no longer exists, or the resolver is down.
    #[error("no such host, or its name cannot be resolved now")]
    NoSuchHost,
    /// No connection could be made: try later.
    #[error("cannot connect: {why}")]
    CannotConnect {
        /// The error of the operating system or of TLS.
        why: String,
    },
    /// The deadline of the whole request has passed: try later.
    #[error("no full answer within {after:?}")]
    TimedOut {
        /// The deadline.
        after: Duration,
    },
    /// The decoded body is larger than the request allows.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The request's limit in bytes.
        limit: u64,
    },
    /// The decoded body is so much larger than the encoded one that it was made to do harm.
    #[error("the body grows to more than {times} times its size when it is decoded")]
    Bomb {
        /// How many times its size it may grow to.
        times: u64,
    },
    /// There are more redirects than the client follows.
    #[error("too many redirects")]
    TooManyRedirects {
        /// Whether some of them set cookies, which were sent back.
        set_cookies: bool,
    },
    /// The response is not HTTP, ends early, or cannot be decoded.
    #[error("the answer is broken: {why}")]
    Broken {
        /// The problem with it.
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
