//! Where alerts go: all that is written about deliveries in settings. Each kind has its word, its keys, the words about
//! what is missing, and the target that it becomes.
//!
//! Comes in: what people wrote, each key of which may be missing. Goes out: the checked form, in which nothing is
//! missing that the kind needs.
//!
//! The written and the checked form are two types on purpose. The written form is one flat table, so that all mistakes
//! of a table are told at once and with their lines, and `config show` and the reference list each key once. A channel,
//! which is made of the checked form, never has to ask whether its address is there.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_alerter::kinds::{
    AppriseTarget, CommandTarget, DeliveryTarget, EmailTarget, FileTarget, MatrixTarget,
    NatsTarget, NtfyTarget, SlackTarget, StdoutTarget, TelegramTarget, WebhookTarget,
};
use wirefold_alerter::{Delivery, Templates};
use wirefold_proto::Secret;

use super::value::TargetAddress;

/// The urgency of what is loud on ntfy, unless the settings say otherwise.
const PRIORITY: u8 = 4;
/// Where the Bot API of Telegram is.
const TELEGRAM: &str = "https://api.telegram.org";

/// A way that alerts go. Where none prints, one named `stdout` is added that does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    pub(crate) url: Option<TargetAddress>,
    /// The keys that a webhook is signed with (`whsec_…`; several while one replaces another); the access
    /// token of ntfy, Matrix or Apprise; the bot's token; the password of `user`; the address of a
    /// Slack-compatible webhook, which `config show` then hides. Better in the environment or a file of its
    /// own.
    #[serde(default)]
    pub(crate) secret: Vec<Secret>,
    /// The file that holds them, one a line.
    pub(crate) secret_file: Option<std::path::PathBuf>,
    /// The environment variable that holds them, with spaces between.
    pub(crate) secret_env: Option<String>,
    /// Headers that a webhook is sent with, such as `{ Authorization = "Bearer …" }`. They are
    /// shown as little as secrets.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Secret>,
    /// How urgently ntfy notifies of what is loud, from 1 to 5; else 4.
    pub(crate) priority: Option<u8>,
    /// The user at the mail or NATS server; the password is the `secret`.
    pub(crate) user: Option<String>,
    /// Who mails come from, such as `Desk <desk@news.example>`.
    pub(crate) from: Option<String>,
    /// Who mails go to; all are named in each.
    #[serde(default)]
    pub(crate) to: Vec<String>,
    /// Whether mails go to `smtp://` without TLS, such as to a relay on this machine.
    #[serde(default)]
    pub(crate) without_tls: bool,
    /// The chat of Telegram: its number, or `@name` of a public channel.
    pub(crate) chat: Option<String>,
    /// The id of the Matrix room, such as `!abc:matrix.example`.
    pub(crate) room: Option<String>,
    /// The NATS subject that each revision is published on, such as `news.alerts`.
    pub(crate) subject: Option<String>,
    /// The program that gets each revision as a line of JSON on its standard input, and its arguments. It
    /// stands in a file of settings only. It is tried again where it ends with another code than 0, or runs
    /// longer than 30 s.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    /// The file that each revision is added to as a line of JSON. It stands in a file of settings only.
    pub(crate) path: Option<std::path::PathBuf>,
    /// Whether one message a week names the feeds that need a look; where none does, none is sent.
    #[serde(default)]
    pub(crate) feed_digest: bool,
    /// Whether it is told what is wrong with this installation: see docs/health.md. By default each is but
    /// `stdout`, as the log says it there.
    pub(crate) health: Option<bool>,
    /// A Jinja template for the title of each message, such as `{{ subscription }}: {{ headline }}`; names that
    /// it can use are in docs/deliveries.md. Not where JSON is handed on.
    pub(crate) title_template: Option<String>,
    /// The same for the lines below it.
    pub(crate) template: Option<String>,
}

impl DeliveryConfig {
    /// Whether it is told what is wrong with this installation.
    pub(crate) fn tells_health(&self) -> bool {
        self.health.unwrap_or(self.kind != DeliveryKind::Stdout)
    }

    /// The one that prints.
    pub(crate) fn stdout() -> Self {
        Self { name: "stdout".to_owned(), ..Self::default() }
    }

    /// The delivery as the alerter takes it; none where something is missing that it cannot do without.
    pub(crate) fn checked(&self) -> Option<Delivery> {
        let (title, text) = (self.title_template.clone(), self.template.clone());
        Some(Delivery {
            name: self.name.clone(),
            target: self.target()?,
            feed_digest: self.feed_digest,
            health: self.tells_health(),
            templates: Templates { title, text },
        })
    }

    fn target(&self) -> Option<DeliveryTarget> {
        let url = || self.url.as_ref().map(|address| address.url().clone());
        let secret = || self.secret.first().cloned();
        Some(match self.kind {
            DeliveryKind::Stdout => DeliveryTarget::Stdout(StdoutTarget),
            DeliveryKind::Webhook => DeliveryTarget::Webhook(WebhookTarget {
                url: url()?,
                secrets: self.secret.clone(),
                headers: self.headers.clone(),
            }),
            DeliveryKind::Ntfy => {
                let priority = self.priority.unwrap_or(PRIORITY);
                DeliveryTarget::Ntfy(NtfyTarget { url: url()?, token: secret(), priority })
            }
            DeliveryKind::Email => DeliveryTarget::Email(EmailTarget {
                server: url()?,
                without_tls: self.without_tls,
                login: self.user.clone().and_then(|user| Some((user, secret()?))),
                from: self.from.clone()?,
                to: self.to.clone(),
            }),
            DeliveryKind::Slack => {
                let url = || Some(Secret::new(url()?));
                DeliveryTarget::Slack(SlackTarget { url: secret().or_else(url)? })
            }
            DeliveryKind::Telegram => DeliveryTarget::Telegram(TelegramTarget {
                url: url().or_else(|| TELEGRAM.parse().ok())?,
                token: secret()?,
                chat: self.chat.clone()?,
            }),
            DeliveryKind::Matrix => {
                let (url, token, room) = (url()?, secret()?, self.room.clone()?);
                DeliveryTarget::Matrix(MatrixTarget { url, token, room })
            }
            DeliveryKind::Apprise => {
                DeliveryTarget::Apprise(AppriseTarget { url: url()?, token: secret() })
            }
            DeliveryKind::Nats => {
                DeliveryTarget::Nats(NatsTarget { subject: self.subject.clone()? })
            }
            DeliveryKind::Command => {
                DeliveryTarget::Command(CommandTarget { command: self.command.clone() })
            }
            DeliveryKind::File => DeliveryTarget::File(FileTarget { path: self.path.clone()? }),
        })
    }

    /// What its kind cannot do without and is not there, in words.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let has_url = self.url.is_some();
        // One that cannot be read is told already.
        let has_secret =
            !self.secret.is_empty() || self.secret_file.is_some() || self.secret_env.is_some();
        let address = (has_url, "it needs the address it goes to; write url = \"https://…\"");
        let token = (has_secret, "it needs a token; write secret_env = \"…\"");
        let needs = match self.kind {
            DeliveryKind::Stdout => Vec::new(),
            DeliveryKind::Webhook | DeliveryKind::Ntfy | DeliveryKind::Apprise => vec![address],
            DeliveryKind::Email => vec![
                (has_url, "it needs a mail server; write url = \"smtps://mail.example\""),
                (self.from.is_some(), "it needs a sender; write from = \"desk@news.example\""),
                (!self.to.is_empty(), "it needs receivers; write to = [\"desk@news.example\"]"),
            ],
            DeliveryKind::Slack => vec![(
                has_url || has_secret,
                "it needs the address of the webhook, which is a secret; write secret_env = \"…\"",
            )],
            DeliveryKind::Telegram => {
                let has_chat = self.chat.as_ref().is_some_and(|chat| !chat.trim().is_empty());
                vec![token, (has_chat, "it needs a chat; write chat = \"-100…\"")]
            }
            DeliveryKind::Matrix => {
                let room = "it needs a room; write room = \"!abc:matrix.example\"";
                vec![address, token, (self.room.is_some(), room)]
            }
            DeliveryKind::Nats => {
                let subject = "it needs a subject; write subject = \"news.alerts\"";
                vec![(self.subject.is_some(), subject)]
            }
            DeliveryKind::Command => {
                vec![(!self.command.is_empty(), "it needs a program; write command = [\"…\"]")]
            }
            DeliveryKind::File => {
                vec![(self.path.is_some(), "it needs a file; write path = \"alerts.jsonl\"")]
            }
        };
        needs.into_iter().filter_map(|(is_there, what)| (!is_there).then_some(what)).collect()
    }

    /// The keys that not all kinds know, whether they are set, and who knows them. What older kinds took
    /// without a word they still do.
    pub(crate) fn keys_of_kinds(&self) -> [(&'static str, bool, &'static [DeliveryKind]); 9] {
        use DeliveryKind::{Command, Email, File, Matrix, Nats, Telegram};
        [
            ("user", self.user.is_some(), &[Email, Nats]),
            ("subject", self.subject.is_some(), &[Nats]),
            ("from", self.from.is_some(), &[Email]),
            ("to", !self.to.is_empty(), &[Email]),
            ("without_tls", self.without_tls, &[Email]),
            ("chat", self.chat.is_some(), &[Telegram]),
            ("room", self.room.is_some(), &[Matrix]),
            ("command", !self.command.is_empty(), &[Command]),
            ("path", self.path.is_some(), &[File]),
        ]
    }
}

/// The kind of a delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryKind {
    /// Prints.
    #[default]
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
