//! Exit codes.

use std::fmt::Display;
use std::process::ExitCode;

use thiserror::Error;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything is done. For `why`: the same story.
    Ok = 0,
    /// It failed.
    Failure = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// The requested thing does not exist, or there is no input.
    NotFound = 3,
    /// The bus, or a host, cannot be reached.
    Bus = 4,
    /// Part of the input could not be used.
    Partial = 5,
    /// `why`: the same event, in other words.
    SameEvent = 10,
    /// `why`: unrelated.
    Unrelated = 11,
    /// Somebody interrupted it.
    Interrupted = 130,
}

/// An end other than plain failure, with a line about it: `anyhow::bail!(Stop::new(…))`.
#[derive(Debug, Error)]
#[error("{what}")]
pub(crate) struct Stop {
    exit: Exit,
    what: String,
}

impl Stop {
    /// Ends with this code after this line on standard error.
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Stop {
        Stop { exit, what: what.into() }
    }

    /// Ends with the code for a bus that cannot be reached.
    pub(crate) fn bus(error: impl Display) -> Stop {
        Stop::new(Exit::Bus, error.to_string())
    }

    /// The code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

/// Returns from a function with a [`Stop`]: `stop!(NotFound, "no feed {id}")`.
macro_rules! stop {
    ($exit:ident, $($line:tt)+) => {
        return Err($crate::exit::Stop::new($crate::exit::Exit::$exit, format!($($line)+)).into())
    };
}
pub(crate) use stop;

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
