//! Dead letters: messages that a stage gave up on, with the reason.

use std::fmt;

use bytes::Bytes;

use crate::clock::UnixMillis;
use crate::message::{Headers, Outgoing, Stored};

/// The kind of reason for which a stage gave up on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The message is invalid.
    Rejected,
    /// It was tried as often as is allowed.
    MaxDeliver,
    /// A message that it names is no longer stored.
    Expired,
    /// Its signature is not that of its writer.
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

/// Why a stage gave up on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The kind of reason.
    pub cause: Cause,
    /// For people.
    pub text: String,
}

impl Reason {
    /// A reason with the cause [`Cause::Rejected`].
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
    /// Its body; `None` if letter and body together are too large for the stream.
    pub body: Option<&'a Bytes>,
}

/// The content of a dead letter's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterContent {
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

/// Writes a dead letter in the format that its readers expect.
pub type LetterFormat = fn(&DeadLetter<'_>) -> LetterContent;

/// The subject of a stage's dead letters, and their format.
#[derive(Clone)]
pub struct DeadLetters {
    /// The subject; it must belong to a stream.
    pub subject: String,
    /// The format.
    pub format: LetterFormat,
}

impl DeadLetters {
    /// Dead letters in the [plain format](plain).
    pub fn plain(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), format: plain }
    }

    /// The message that puts a letter into its stream. Its id is always the same for a stage and a message.
    #[must_use]
    pub fn outgoing(&self, letter: &DeadLetter<'_>) -> Outgoing {
        let LetterContent { headers, body } = (self.format)(letter);
        let id = format!("{}.{}.{}", letter.stage, letter.message.stream, letter.message.sequence);
        Outgoing { subject: self.subject.clone(), id, headers, body }
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// The plain format: the message's own headers and body, and headers `Wf-Dead-…` with the reason.
#[must_use]
pub fn plain(letter: &DeadLetter<'_>) -> LetterContent {
    let mut headers = letter.message.headers.clone();
    let line = |text: &str| text.replace(['\r', '\n'], " ");
    headers.set("Wf-Dead-Stage", letter.stage);
    headers.set("Wf-Dead-Cause", letter.reason.cause.as_str());
    headers.set("Wf-Dead-Reason", line(&letter.reason.text));
    headers.set("Wf-Dead-Message", letter.message.reference());
    headers.set("Wf-Dead-Subject", letter.message.subject.as_str());
    headers.set("Wf-Dead-Attempts", letter.attempts.to_string());
    headers.set("Wf-Dead-At", letter.at.0.to_string());
    LetterContent { headers, body: letter.body.cloned().unwrap_or_default() }
}
