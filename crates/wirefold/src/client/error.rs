//! What can go wrong between a command and the API, each with what to do about it.

use std::path::PathBuf;

use serde::Deserialize;
use thiserror::Error;

use crate::exit::Exit;

/// Why there is no answer, or not the one that was wanted.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// Nothing has ever run on this data folder.
    #[error("nothing has been collected yet in {}: run `wirefold up`", folder.display())]
    NoData {
        /// The data folder.
        folder: PathBuf,
    },
    /// Another process holds the data folder, and does not answer.
    #[error(
        "{} is in use by a process that does not answer at {}: if `wirefold up` is just starting \
         or stopping, try again; else stop that process", folder.display(), socket.display()
    )]
    InUse {
        /// The data folder.
        folder: PathBuf,
        /// Where it should answer.
        socket: PathBuf,
    },
    /// The running process cannot be talked to.
    #[error("cannot talk to `wirefold up` at {place}: {why}")]
    Unreachable {
        /// The socket or address.
        place: String,
        /// What the system said.
        why: String,
    },
    /// The data folder cannot be opened.
    #[error("{0}")]
    Unopened(String),
    /// The API says no.
    #[error("{0}")]
    Refused(Problem),
    /// The answer is not what this version knows.
    #[error(
        "the answer to {path} is not understood: {why}. Is the running wirefold another version?"
    )]
    Garbled {
        /// What was asked.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Only a running `up` can do this.
    #[error("{what} needs a running wirefold: start `wirefold up` on {}", folder.display())]
    NotRunning {
        /// What was asked.
        what: &'static str,
        /// The data folder.
        folder: PathBuf,
    },
}

impl ClientError {
    /// The exit code that tells it to scripts.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::NoData { .. } => Exit::NotFound,
            Self::InUse { .. } | Self::Unreachable { .. } | Self::NotRunning { .. } => Exit::Bus,
            Self::Unopened(_) | Self::Garbled { .. } => Exit::Failure,
            Self::Refused(problem) => match problem.status {
                404 | 410 => Exit::NotFound,
                502..=504 => Exit::Bus,
                400..=499 => Exit::Usage,
                _ => Exit::Failure,
            },
        }
    }
}

/// What the API says when it says no: RFC 9457.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct Problem {
    /// The HTTP status.
    #[serde(default)]
    pub(crate) status: u16,
    /// What is wrong and what to do.
    #[serde(default)]
    title: String,
    /// More about this case.
    #[serde(default)]
    detail: Option<String>,
    /// The ids that a prefix could mean.
    #[serde(default)]
    candidates: Vec<String>,
}

impl Problem {
    /// The problem in an answer; where there is none, what the status says.
    pub(crate) fn of(status: u16, body: &[u8]) -> Problem {
        let found = serde_json::from_slice::<Problem>(body).ok();
        let mut problem = found.filter(|found| !found.title.is_empty()).unwrap_or_default();
        problem.status = status;
        if problem.title.is_empty() {
            problem.title = format!("the answer is HTTP {status}");
        }
        problem
    }
}

impl std::fmt::Display for Problem {
    /// One line: what is wrong, what to do, and what an ambiguous id may have meant.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let title = crate::output::clean(&self.title);
        let detail = self.detail.as_deref().filter(|detail| !detail.is_empty());
        match detail {
            Some(detail) => {
                let mut letters = title.chars();
                let first = letters.next().into_iter().flat_map(char::to_lowercase);
                let advice: String = first.chain(letters).collect();
                write!(out, "{}: {advice}", crate::output::clean(detail))?;
            }
            None => out.write_str(&title)?,
        }
        let is_said = |name: &String| detail.is_some_and(|detail| detail.contains(name));
        if !self.candidates.iter().all(is_said) {
            write!(out, " ({})", crate::output::clean(&self.candidates.join(", ")))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, line: &str, exit: Exit) {
        let error = ClientError::Refused(Problem::of(status, body.as_bytes()));
        assert_eq!((error.to_string().as_str(), error.exit()), (line, exit));
    }

    #[test]
    fn a_problem_is_one_line_and_a_code() {
        check(404, r#"{"title":"no such story","status":404}"#, "no such story", Exit::NotFound);
        let both = r#"{"title":"Give more digits","detail":"three begin so","candidates":["s-ab","s-ac"]}"#;
        check(409, both, "three begin so: give more digits (s-ab, s-ac)", Exit::Usage);
        check(400, r#"{"title":"a\nb\u001b[2J"}"#, "a b[2J", Exit::Usage);
        check(500, "<html>", "the answer is HTTP 500", Exit::Failure);
        check(503, "[]", "the answer is HTTP 503", Exit::Bus);
    }
}
