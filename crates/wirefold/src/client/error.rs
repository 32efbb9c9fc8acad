//! Errors between a command and the API, each with advice.

use serde::Deserialize;
use thiserror::Error;

use crate::config::ConfigError;
use crate::exit::{Exit, Stop};

/// Why a command has no usable answer.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// The running process does not accept the connection.
    #[error("cannot talk to `wirefold up` at {place}: {why}")]
    Unreachable {
        /// The socket or address.
        place: String,
        /// The error of the operating system.
        why: String,
    },
    /// The API refused the request.
    #[error("{0}")]
    Refused(Problem),
    /// The answer has a form that this version does not know.
    #[error(
        "the answer of the running wirefold cannot be read: it may be another version; restart it ({path}: {why})"
    )]
    Garbled {
        /// The requested path.
        path: String,
        /// The problem with the answer.
        why: String,
    },
}

impl ClientError {
    /// For a 404, the same error with the command that lists what exists.
    pub(crate) fn see(self, command: &str) -> anyhow::Error {
        match &self {
            Self::Refused(problem) if problem.status == 404 => {
                Stop::new(Exit::NotFound, format!("{problem}: see `{command}`")).into()
            }
            _ => self.into(),
        }
    }

    /// The error if an answer has a form that this version does not know.
    pub(crate) fn garbled(path: &str, why: &serde_json::Error) -> Self {
        Self::Garbled { path: path.to_owned(), why: why.to_string() }
    }

    /// The exit code for scripts.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. } => Exit::Bus,
            Self::Garbled { .. } => Exit::Failure,
            Self::Refused(problem) => match problem.status {
                404 | 410 => Exit::NotFound,
                502..=504 => Exit::Bus,
                400..=499 => Exit::Usage,
                _ => Exit::Failure,
            },
        }
    }
}

/// The body of a refusal by the API (RFC 9457).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct Problem {
    /// The HTTP status.
    #[serde(default)]
    pub(crate) status: u16,
    /// The type of the problem. [`Problem::advice`] has the advice for each.
    #[serde(default, rename = "type")]
    sort: String,
    /// The problem and the remedy, for programs that use the API.
    #[serde(default)]
    title: String,
    /// More about this case.
    detail: Option<String>,
    /// The ids that a prefix could mean.
    #[serde(default)]
    candidates: Vec<String>,
}

impl Problem {
    /// Reads the problem from the body of an answer. Without one, describes the status.
    pub(crate) fn of(status: u16, body: &[u8]) -> Problem {
        let found = serde_json::from_slice::<Problem>(body).ok();
        let mut problem = found.filter(|found| !found.title.is_empty()).unwrap_or_default();
        problem.status = status;
        if problem.title.is_empty() {
            problem.title =
                "the running wirefold gave no answer that can be read: see its log, or restart it"
                    .to_owned();
        }
        problem
    }

    /// The advice for a person at a command line. It is empty if the detail already says what to do, and
    /// `None` for a type that this version does not know.
    fn advice(&self) -> Option<&'static str> {
        Some(match self.sort.strip_prefix(SORTS)? {
            "bad-request" | "unprocessable" | "not-found" | "ambiguous" | "refused" => "",
            "gone" => "it is no longer stored",
            "managed" => "change it in that file",
            "too-large" => "give less at once",
            "busy" => "try again in a moment",
            "failed" => "see the log of `wirefold up`, or try again",
            "method" | "media-type" | "host" | "origin" => {
                "the running wirefold is another version: restart it"
            }
            _ => return None,
        })
    }
}

/// The prefix of all problem types.
const SORTS: &str = "urn:wirefold:problem:";

impl std::fmt::Display for Problem {
    /// One line: the problem, the remedy, and the ids that an ambiguous prefix could mean.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let title = crate::output::clean(&self.title);
        let detail = self.detail.as_deref().filter(|detail| !detail.is_empty());
        match (detail, self.advice()) {
            (Some(detail), Some("")) => out.write_str(&crate::output::clean(detail))?,
            (Some(detail), Some(advice)) => {
                write!(out, "{}: {advice}", crate::output::clean(detail))?;
            }
            (Some(detail), None) => {
                let mut letters = title.chars();
                let first = letters.next().into_iter().flat_map(char::to_lowercase);
                let advice: String = first.chain(letters).collect();
                write!(out, "{}: {advice}", crate::output::clean(detail))?;
            }
            (None, Some(advice)) if !advice.is_empty() => out.write_str(advice)?,
            (None, _) => out.write_str(&title)?,
        }
        let is_said = |name: &String| detail.is_some_and(|detail| detail.contains(name));
        if !self.candidates.iter().all(is_said) {
            write!(out, " ({})", crate::output::clean(&self.candidates.join(", ")))?;
        }
        Ok(())
    }
}

/// The exit code for an error.
pub(crate) fn exit_of(error: &anyhow::Error) -> Exit {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return stop.exit();
    }
    if error.is::<ConfigError>() {
        return Exit::Usage;
    }
    error.downcast_ref::<ClientError>().map_or(Exit::Failure, ClientError::exit)
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
        let unread =
            "the running wirefold gave no answer that can be read: see its log, or restart it";
        check(500, "<html>", unread, Exit::Failure);
        check(503, "[]", unread, Exit::Bus);
    }

    #[test]
    fn problems_of_the_api_are_worded_for_people() {
        let problem_of = |sort: &str, title: &str, detail: &str| {
            let body = serde_json::json!({
                "type": format!("urn:wirefold:problem:{sort}"), "title": title, "detail": detail,
            });
            Problem::of(400, body.to_string().as_bytes()).to_string()
        };
        let mend = "Correct the request as the detail says, then send it again";
        assert_eq!(problem_of("bad-request", mend, "\"x\" is too short"), "\"x\" is too short");
        let file = "Change it in the file that defines it";
        assert_eq!(
            problem_of("managed", file, "feed sea is defined by wirefold.toml:14"),
            "feed sea is defined by wirefold.toml:14: change it in that file"
        );
        let json = "Send JSON with the header Content-Type: application/json";
        let words = problem_of("media-type", json, "there is no Content-Type header");
        assert!(words.ends_with("the running wirefold is another version: restart it"), "{words}");
        assert_eq!(problem_of("of-next-year", "Give more", "it lacks"), "it lacks: give more");
    }
}
