//! Dead letters: messages that a stage gave up on, with the reason.

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
    /// Its signature is not that of its writer.
    Forged,
}

impl Cause {
    /// `rejected`, `max_deliver` or `forged`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::MaxDeliver => "max_deliver",
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

/// The subject of a stage's dead letters, and their format.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    /// The subject; it must belong to a stream.
    pub subject: String,
    /// Writes a letter in the format that its readers expect.
    pub format: fn(&DeadLetter<'_>) -> LetterContent,
}

impl DeadLetters {
    /// Dead letters in a format without a contract, as for tests.
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

/// A format without a contract, as for tests: the message's own headers and body, and headers `Wf-Dead-…` with what
/// it was and why.
fn plain(letter: &DeadLetter<'_>) -> LetterContent {
    let mut headers = letter.message.headers.clone();
    headers.set("Wf-Dead-Message", letter.message.reference());
    headers.set("Wf-Dead-Cause", letter.reason.cause.as_str());
    headers.set("Wf-Dead-Reason", letter.reason.text.replace(['\r', '\n'], " "));
    LetterContent { headers, body: letter.body.cloned().unwrap_or_default() }
}
