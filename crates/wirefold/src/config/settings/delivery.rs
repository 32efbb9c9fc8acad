//! Where alerts go.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::Secret;

use super::value::TargetAddress;

/// A way that alerts go. Where none prints, one named `stdout` is added that does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveryConfig {
    /// The name that subscriptions call it by: lower-case letters, digits, `-`, `_`.
    pub(crate) name: String,
    /// `stdout` prints, `webhook` posts a signed message, `ntfy` notifies a phone, `email`, `slack`,
    /// `telegram`, `matrix` and `apprise` write to people, `nats`, `command` and `file` hand on to programs.
    /// docs/deliveries.md says what each can do.
    pub(crate) kind: DeliveryKind,
    /// Where to: the address of the webhook, of the ntfy topic, of the Matrix homeserver, of the Apprise
    /// key; the NATS server as `nats://host:4222` where it is not that of the bus; the mail server as `smtps://host` or `smtp://host` (with STARTTLS). For Telegram only where
    /// the Bot API is not `https://api.telegram.org`.
    #[serde(default)]
    pub(crate) url: Option<TargetAddress>,
    /// The keys that a webhook is signed with (`whsec_…`; several while one replaces another); the access
    /// token of ntfy, Matrix or Apprise; the bot's token; the password of `user`; the address of a
    /// Slack-compatible webhook, which `config show` then hides. Better in the environment or a file of its
    /// own.
    #[serde(default)]
    pub(crate) secret: Vec<Secret>,
    /// The file that holds them, one a line.
    #[serde(default)]
    pub(crate) secret_file: Option<std::path::PathBuf>,
    /// The environment variable that holds them, with spaces between.
    #[serde(default)]
    pub(crate) secret_env: Option<String>,
    /// Headers that a webhook is sent with, such as `{ Authorization = "Bearer …" }`. They are
    /// shown as little as secrets.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Secret>,
    /// How urgently ntfy notifies of what is loud, from 1 to 5; else 4.
    #[serde(default)]
    pub(crate) priority: Option<u8>,
    /// The user at the mail or NATS server; the password is the `secret`.
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// Who mails come from, such as `Desk <desk@news.example>`.
    #[serde(default)]
    pub(crate) from: Option<String>,
    /// Who mails go to; all are named in each.
    #[serde(default)]
    pub(crate) to: Vec<String>,
    /// Whether mails go to `smtp://` without TLS, such as to a relay on this machine.
    #[serde(default)]
    pub(crate) without_tls: bool,
    /// The chat of Telegram: its number, or `@name` of a public channel.
    #[serde(default)]
    pub(crate) chat: Option<String>,
    /// The id of the Matrix room, such as `!abc:matrix.example`.
    #[serde(default)]
    pub(crate) room: Option<String>,
    /// The NATS subject that each revision is published on, such as `news.alerts`.
    #[serde(default)]
    pub(crate) subject: Option<String>,
    /// The program that gets each revision as a line of JSON on its standard input, and its arguments. It
    /// stands in a file of settings only. It is tried again where it ends with another code than 0, or runs
    /// longer than 30 s.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    /// The file that each revision is added to as a line of JSON. It stands in a file of settings only.
    #[serde(default)]
    pub(crate) path: Option<std::path::PathBuf>,
    /// Whether one message a week names the feeds that need a look; where none does, none is sent.
    #[serde(default)]
    pub(crate) feed_digest: bool,
    /// Whether it is told what is wrong with this installation: see docs/health.md. By default each is but
    /// `stdout`, as the log says it there.
    #[serde(default)]
    pub(crate) health: Option<bool>,
    /// A Jinja template for the title of each message, such as `{{ subscription }}: {{ headline }}`; names that
    /// it can use are in docs/deliveries.md. Not where JSON is handed on.
    #[serde(default)]
    pub(crate) title_template: Option<String>,
    /// The same for the lines below it.
    #[serde(default)]
    pub(crate) template: Option<String>,
}

impl DeliveryConfig {
    /// Whether it is told what is wrong with this installation.
    pub(crate) fn tells_health(&self) -> bool {
        self.health.unwrap_or(self.kind != DeliveryKind::Stdout)
    }

    /// The one that prints.
    pub(crate) fn stdout() -> Self {
        Self {
            name: "stdout".to_owned(),
            kind: DeliveryKind::Stdout,
            url: None,
            secret: Vec::new(),
            secret_file: None,
            secret_env: None,
            headers: BTreeMap::new(),
            priority: None,
            user: None,
            from: None,
            to: Vec::new(),
            without_tls: false,
            chat: None,
            room: None,
            subject: None,
            command: Vec::new(),
            path: None,
            feed_digest: false,
            health: None,
            title_template: None,
            template: None,
        }
    }
}

/// The kind of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryKind {
    /// Prints.
    Stdout,
    /// Posts a signed message.
    Webhook,
    /// Notifies a phone.
    Ntfy,
    /// Sends mail.
    Email,
    /// Posts to an incoming webhook of Slack, Mattermost or Discord.
    Slack,
    /// Writes to a chat of Telegram.
    Telegram,
    /// Writes to a room of Matrix.
    Matrix,
    /// Posts to an Apprise API server.
    Apprise,
    /// Publishes on a NATS subject.
    Nats,
    /// Runs a program.
    Command,
    /// Adds to a file.
    File,
}

impl DeliveryKind {
    /// The word for it in settings.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Webhook => "webhook",
            Self::Ntfy => "ntfy",
            Self::Email => "email",
            Self::Slack => "slack",
            Self::Telegram => "telegram",
            Self::Matrix => "matrix",
            Self::Apprise => "apprise",
            Self::Nats => "nats",
            Self::Command => "command",
            Self::File => "file",
        }
    }
}
