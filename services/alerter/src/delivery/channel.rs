//! The seam to whatever takes messages.
//!
//! Comes in: a message. Goes out: what identifies it at the target, or what to do about the failure. A channel never
//! tries again itself.

use std::time::Duration;

use serde::Serialize;
use wirefold_flow::{BoxFuture, UnixMillis};
use wirefold_proto::Alert;

use crate::text::Message;

/// What a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoticeKind {
    /// One message for much.
    Digest,
    /// What is wrong with this installation.
    Health,
}

impl NoticeKind {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::Health => "health",
        }
    }
}

/// Something besides an alert, on its way: a digest, or what is wrong with this installation.
pub(crate) struct Notice<'a> {
    /// What it is.
    pub(crate) kind: NoticeKind,
    /// The same however often it is sent.
    pub(crate) id: &'a str,
    /// One line that says what it is about.
    pub(crate) title: &'a str,
    /// What it says, the weightiest first.
    pub(crate) lines: &'a [String],
    /// How many more there are than lines.
    pub(crate) more: usize,
    /// Where the rest can be seen, in words.
    pub(crate) see: &'a str,
    /// Whether it notifies as a loud alert does.
    pub(crate) is_loud: bool,
    /// The whole as JSON.
    pub(crate) json: serde_json::Value,
    /// The page that shows it.
    pub(crate) page: Option<String>,
    /// The time of this attempt.
    pub(crate) now: UnixMillis,
}

impl Notice<'_> {
    /// Its lines in at most so many bytes; the last says how many are left out.
    pub(crate) fn within(&self, most: usize) -> Vec<String> {
        let mut bytes = 0;
        let fits = |text: &&String| {
            bytes += text.len() + 1;
            bytes <= most
        };
        let mut told: Vec<String> = self.lines.iter().take_while(fits).cloned().collect();
        let left_out = self.lines.len() - told.len() + self.more;
        if left_out > 0 {
            told.push(format!("and {left_out} more: {}", self.see));
        }
        told
    }
}

/// What is kept for the next revision of the alert, such as the id of a message to be edited. None
/// leaves what was kept before.
pub(crate) type Sent = Result<Option<String>, Failure>;

/// Why a message was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Try again, not before `after` where the target said so.
    Later { after: Option<Duration>, why: String },
    /// This message will never be taken.
    Never { why: String },
    /// The target wants nothing more at all.
    Gone { why: String },
}

impl Failure {
    /// Try again at the usual time.
    pub(crate) fn later(why: impl Into<String>) -> Self {
        Self::Later { after: None, why: why.into() }
    }

    pub(crate) fn never(why: impl Into<String>) -> Self {
        Self::Never { why: why.into() }
    }
}

/// Something that messages go to.
pub(crate) trait Channel: Send + Sync {
    /// The sort of channel, as a label.
    fn kind(&self) -> &'static str;

    /// Whether a revision replaces the one before, so that silent ones are welcome.
    fn takes_silent(&self) -> bool;

    /// Sends one message.
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent>;

    /// Sends a notice.
    fn tell<'a>(&'a self, notice: Notice<'a>) -> BoxFuture<'a, Result<(), Failure>>;
}

/// The alert for programs, and where to read on.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    #[serde(flatten)]
    alert: &'a Alert,
    subscription_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    demo: bool,
}

/// A notice for programs, and where to read on.
#[derive(Serialize)]
struct NoticeBody<'a> {
    #[serde(flatten)]
    notice: &'a serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a str>,
}

/// A revision as JSON on one line.
pub(super) fn json_of(message: &Message<'_>) -> Result<Vec<u8>, Failure> {
    let body = Body {
        alert: message.alert,
        subscription_name: message.subscription,
        page: message.page.as_deref(),
        demo: message.demo,
    };
    serde_json::to_vec(&body).map_err(|error| Failure::never(error.to_string()))
}

/// A notice as JSON on one line.
pub(super) fn json_of_notice(notice: &Notice<'_>) -> Result<Vec<u8>, Failure> {
    let body = NoticeBody { notice: &notice.json, page: notice.page.as_deref() };
    serde_json::to_vec(&body).map_err(|error| Failure::never(error.to_string()))
}
