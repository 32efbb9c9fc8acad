//! Dead letters: messages that a stage gave up on, with the reason.
//!
//! Comes in: a message, the reason, and how the contract writes it. Goes out: the message for the stream of dead
//! letters. It never publishes.

use std::fmt;

use bytes::Bytes;

use crate::clock::UnixMillis;
use crate::message::{Headers, Outgoing, Stored};

/// The sort of reason for which a message was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The message is at fault.
    Rejected,
    /// It was tried as often as is allowed.
    MaxDeliver,
    /// A message that it names is gone.
    Expired,
    /// Its writer did not write it.
    Forged,
}

impl Cause {
    /// `rejected`, `max_deliver`, `expired` or `forged`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::MaxDeliver => "max_deliver",
            Self::Expired => "expired",
            Self::Forged => "forged",
        }
    }
}

/// Why a message was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The sort of reason.
    pub cause: Cause,
    /// For people.
    pub text: String,
}

impl Reason {
    /// The message is at fault.
    pub fn rejected(text: impl Into<String>) -> Self {
        Self { cause: Cause::Rejected, text: text.into() }
    }
}

/// A message that a stage gave up on.
#[derive(Debug, Clone)]
pub struct DeadLetter<'a> {
    /// The durable name of the stage.
    pub stage: &'a str,
    /// Why.
    pub reason: &'a Reason,
    /// How often it was delivered.
    pub attempts: u32,
    /// When the stage gave up.
    pub at: UnixMillis,
    /// The message.
    pub message: &'a Stored,
    /// Its body; none where letter and body together are too large for the stream.
    pub body: Option<&'a Bytes>,
}

/// How a dead letter is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

/// Writes a dead letter in the form that its readers expect.
pub type Writing = fn(&DeadLetter<'_>) -> Written;

/// Where a stage's dead letters go, and in which form.
#[derive(Clone)]
pub struct DeadLetters {
    /// The subject; a stream must take it.
    pub subject: String,
    /// The form.
    pub writing: Writing,
}

impl DeadLetters {
    /// Dead letters in the [plain form](plain).
    pub fn plain(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), writing: plain }
    }

    /// The message that puts a letter into its stream: one for a stage and message for ever.
    #[must_use]
    pub fn outgoing(&self, letter: &DeadLetter<'_>) -> Outgoing {
        let Written { headers, body } = (self.writing)(letter);
        let id = format!("{}.{}.{}", letter.stage, letter.message.stream, letter.message.sequence);
        Outgoing { subject: self.subject.clone(), id, headers, body }
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// The plain form: the message's own headers and body, and headers `Wf-Dead-…` that say why.
#[must_use]
pub fn plain(letter: &DeadLetter<'_>) -> Written {
    let mut headers = letter.message.headers.clone();
    let line = |text: &str| text.replace(['\r', '\n'], " ");
    headers.set("Wf-Dead-Stage", letter.stage);
    headers.set("Wf-Dead-Cause", letter.reason.cause.as_str());
    headers.set("Wf-Dead-Reason", line(&letter.reason.text));
    headers.set("Wf-Dead-Message", letter.message.reference());
    headers.set("Wf-Dead-Subject", letter.message.subject.as_str());
    headers.set("Wf-Dead-Attempts", letter.attempts.to_string());
    headers.set("Wf-Dead-At", letter.at.0.to_string());
    Written { headers, body: letter.body.cloned().unwrap_or_default() }
}
