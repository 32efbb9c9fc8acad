//! The seam to the targets of messages.
//!
//! Comes in: a message. Goes out: its id at the target, or what to do about the failure. A channel never
//! tries again itself.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use serde::Serialize;
use wirefold_flow::{BoxFuture, UnixMillis};
use wirefold_http_client::Client;
use wirefold_proto::{Alert, Published as _};

use crate::Printer;
use crate::error::AlerterError;
use crate::settings::Subjects;
use crate::text::{self, Message, Text};

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
    pub(crate) fn later(why: impl Into<String>) -> Self {
        Self::Later { after: None, why: why.into() }
    }

    pub(crate) fn never(why: impl Into<String>) -> Self {
        Self::Never { why: why.into() }
    }
}

/// Sends messages to a target.
pub(crate) trait Channel: Send + Sync {
    /// Sends one message.
    fn send<'a>(&'a self, message: ToSend<'a>) -> BoxFuture<'a, Sent>;
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

/// The checked settings of one kind of delivery.
pub(crate) trait Target {
    /// The address of an HTTP target, only for comparison, since it may be a secret. Empty if no server is
    /// involved.
    fn address(&self) -> String {
        String::new()
    }

    /// Checks the values without connecting.
    ///
    /// # Errors
    /// What is wrong with them, without secrets.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Builds the channel.
    ///
    /// # Errors
    /// What [`Self::check`] finds, or what is missing to build it.
    fn open(&self, opening: &mut Opening<'_>) -> Result<Box<dyn Channel>, AlerterError>;
}

/// The parts that a channel is built from.
pub(crate) struct Opening<'a> {
    /// The name of the delivery.
    pub(crate) name: &'a str,
    pub(super) clients: &'a mut Clients,
    /// Where lines for people go.
    pub(crate) printer: &'a Arc<dyn Printer>,
}

impl Opening<'_> {
    /// The HTTP client of all deliveries. It refuses private networks.
    pub(crate) fn client(&mut self) -> Result<Client, AlerterError> {
        self.clients.client()
    }

    /// The way to the subjects of NATS servers.
    pub(crate) fn subjects(&self) -> Result<Arc<dyn Subjects>, AlerterError> {
        let subjects = self.clients.subjects.clone();
        subjects.ok_or_else(|| self.refuse("there is no NATS server".to_owned()))
    }

    /// The error for settings that are refused.
    pub(crate) fn refuse(&self, why: String) -> AlerterError {
        AlerterError::Delivery { name: self.name.to_owned(), why }
    }
}

/// The HTTP client of all deliveries, built at its first use, since reading the certificates takes time.
pub(crate) struct Clients {
    pub(crate) allow: Vec<IpNet>,
    pub(crate) made: Option<Client>,
    pub(crate) subjects: Option<Arc<dyn Subjects>>,
}

impl Clients {
    /// The client, built at the first call.
    pub(crate) fn client(&mut self) -> Result<Client, AlerterError> {
        if let Some(client) = &self.made {
            return Ok(client.clone());
        }
        let client = Client::new(wirefold_http_client::Settings {
            user_agent: format!("wirefold/{}", env!("CARGO_PKG_VERSION")),
            allow: self.allow.clone(),
            // Standard Webhooks: only the operator may choose another address.
            max_redirects: 0,
            ..wirefold_http_client::Settings::default()
        })?;
        self.made = Some(client.clone());
        Ok(client)
    }
}
