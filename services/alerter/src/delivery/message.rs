//! A message to a target, and its answer.
//!
//! Comes in: a revision of an alert, or a notice. Goes out: its text or JSON. It never knows a kind of delivery.

use std::time::Duration;

use serde::Serialize;
use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, Published as _, Volume};

use crate::text::{self, Message, MessageLinks, Text};

/// The kind of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoticeKind {
    /// One message for many alerts or feeds.
    Digest,
    /// Problems of this installation.
    Health,
}

impl NoticeKind {
    /// The word for it in messages.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::Health => "health",
        }
    }
}

/// A message that is not about one alert: a digest, or problems of this installation.
pub(crate) struct Notice {
    /// The kind of message.
    pub(crate) kind: NoticeKind,
    /// An id that stays the same for each attempt.
    pub(crate) id: String,
    /// One line that says what it is about.
    pub(crate) title: String,
    /// The lines below the title, the most important first.
    pub(crate) lines: Vec<String>,
    /// How many lines are left out.
    pub(crate) more: usize,
    /// The address of the full text.
    pub(crate) see: &'static str,
    /// Whether it notifies as a loud alert does.
    pub(crate) is_loud: bool,
    /// The content as JSON.
    pub(crate) json: serde_json::Value,
    /// The address of the page that shows it.
    pub(crate) page: Option<String>,
    /// The time of this attempt.
    pub(crate) now: UnixMillis,
}

impl Notice {
    /// The lines that fit into this many bytes. The last line says how many are left out.
    pub(crate) fn lines_within(&self, most: usize) -> Vec<String> {
        let mut told: Vec<String> = fitting_bytes(&self.lines, most).cloned().collect();
        let left_out = self.lines.len() - told.len() + self.more;
        if left_out > 0 {
            told.push(format!("and {left_out} more: {}", self.see));
        }
        told
    }
}

/// The first lines that fit into this many bytes.
pub(super) fn fitting_bytes(lines: &[String], most: usize) -> impl Iterator<Item = &String> {
    let mut bytes = 0;
    lines.iter().take_while(move |line| {
        bytes += line.len() + 1;
        bytes <= most
    })
}

/// The id that the target gave to the message, which later revisions edit or answer. None if the id stored
/// before stays.
pub(crate) type Sent = Result<Option<String>, Failure>;

/// Why a message was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Try again.
    Later {
        /// The wait that the target asked for.
        after: Option<Duration>,
        /// The problem.
        why: String,
    },
    /// The target will never accept this message.
    Never {
        /// The reason that the target gave.
        why: String,
    },
    /// The target accepts no messages any more.
    Gone {
        /// The reason that the target gave.
        why: String,
    },
}

impl Failure {
    /// Try again after the usual time.
    pub fn later(why: impl Into<String>) -> Self {
        Self::Later { after: None, why: why.into() }
    }

    /// Do not try again.
    pub fn never(why: impl Into<String>) -> Self {
        Self::Never { why: why.into() }
    }
}

/// A message to a target.
pub(crate) enum ToSend<'a> {
    /// One revision of an alert.
    Alert(Message<'a>),
    Notice(Notice),
}

impl ToSend<'_> {
    /// The time of this attempt.
    pub(super) fn now(&self) -> UnixMillis {
        match self {
            Self::Alert(message) => message.now,
            Self::Notice(notice) => notice.now,
        }
    }

    /// An id that stays the same for each attempt.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Alert(message) => message.alert.message_id(),
            Self::Notice(notice) => notice.id.clone(),
        }
    }

    /// Whether it notifies.
    pub(super) fn is_loud(&self) -> bool {
        match self {
            Self::Alert(message) => message.alert.volume == Volume::Loud,
            Self::Notice(notice) => notice.is_loud,
        }
    }

    /// The links that mute its alert without a login.
    pub(super) fn links(&self) -> Option<&MessageLinks> {
        match self {
            Self::Alert(message) => message.links.as_ref(),
            Self::Notice(_) => None,
        }
    }

    /// The id at the target of an earlier message of the same alert, and the revision.
    pub(super) fn earlier(&self) -> Option<(&str, &Message<'_>)> {
        match self {
            Self::Alert(message) => Some((message.target_id?, message)),
            Self::Notice(_) => None,
        }
    }

    /// Its text; that of a notice has at most this many bytes.
    pub(super) fn text(&self, most: usize) -> Text {
        match self {
            Self::Alert(message) => text::of(message),
            Self::Notice(notice) => {
                let mut told = notice.lines_within(most);
                told.extend(notice.page.clone());
                Text::plain(notice.title.clone(), told)
            }
        }
    }

    /// Its JSON on one line.
    pub(super) fn json(&self) -> Result<Vec<u8>, Failure> {
        let json = match self {
            Self::Alert(message) => serde_json::to_vec(&Body {
                alert: message.alert,
                subscription_name: message.subscription,
                page: message.page.as_deref(),
                demo: message.demo,
            }),
            Self::Notice(notice) => {
                let page = notice.page.as_deref();
                serde_json::to_vec(&NoticeBody { notice: &notice.json, page })
            }
        };
        json.map_err(|error| Failure::never(error.to_string()))
    }
}

/// An alert as JSON, with the page and the subscription.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    alert: &'a Alert,
    subscription_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    demo: bool,
}

/// A notice as JSON, with the page.
#[derive(Serialize)]
struct NoticeBody<'a> {
    #[serde(flatten)]
    notice: &'a serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a str>,
}
