//! Exit codes.

use std::process::ExitCode;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All done; for `why` and `compare`: the same story.
    Ok = 0,
    /// It failed.
    Failure = 1,
    /// Wrong usage.
    Usage = 2,
    /// Nothing there to work on.
    NotFound = 3,
    /// Some of the input could not be used; the rest was.
    Partial = 5,
    /// `why` and `compare`: the same event, in other words.
    SameEvent = 10,
    /// `why` and `compare`: nothing to do with each other.
    Unrelated = 11,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
