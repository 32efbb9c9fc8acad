//! The `[[delivery]]` tables: the keys of each kind, their checks, and the target.
//!
//! Comes in: the tables of a file, in which each key may be missing. Goes out: the checked form, which has
//! everything that its kind needs.
//!
//! The written and the checked form are two types on purpose. The written form is one flat table. So wirefold
//! reports all mistakes of a table at once and with their lines, and `config show` and the reference list
//! each key once. A channel is made of the checked form, and need not check again whether its address is
//! there.

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

/// The default urgency of loud revisions on ntfy.
const PRIORITY: u8 = 4;
/// The default address of Telegram's Bot API.
const TELEGRAM: &str = "https://api.telegram.org";

/// A target of alerts. If no delivery prints, wirefold adds `stdout`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveryConfig {
    /// Its name in subscriptions: lower-case letters, digits, `-`, `_`.
    pub(crate) name: String,
    /// `stdout` prints, `webhook` posts a signed message, `ntfy` notifies a phone, `email`, `slack`,
    /// `telegram`, `matrix` and `apprise` write to people, `nats`, `command` and `file` pass alerts to
    /// programs. docs/deliveries.md describes each kind.
    pub(crate) kind: DeliveryKind,
    /// The address of the webhook, of the ntfy topic, of the Matrix homeserver or of the Apprise key; the
    /// NATS server as `nats://host:4222` if it is not that of the bus; the mail server as `smtps://host` or
    /// `smtp://host` (with STARTTLS). Telegram needs it only if the Bot API is not at
    /// `https://api.telegram.org`.
    pub(crate) url: Option<TargetAddress>,
    /// The keys that sign a webhook (`whsec_…`; several while one replaces another); the access token of
    /// ntfy, Matrix or Apprise; the bot's token; the password of `user`; the address of a Slack-compatible
    /// webhook, which `config show` then hides. An environment variable or a file is a better place for it.
    #[serde(default)]
    pub(crate) secret: Vec<Secret>,
    /// The file that holds the secrets, one a line.
    pub(crate) secret_file: Option<std::path::PathBuf>,
    /// The environment variable that holds the secrets, separated by spaces.
    pub(crate) secret_env: Option<String>,
    /// Headers of the requests to a webhook, such as `{ Authorization = "Bearer …" }`. wirefold hides them
    /// like secrets.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Secret>,
    /// The ntfy priority of loud revisions, 1 to 5. Default: 4.
    pub(crate) priority: Option<u8>,
    /// The user at the mail or NATS server; the password is the `secret`.
    pub(crate) user: Option<String>,
    /// The sender of mails, such as `Desk <desk@news.example>`.
    pub(crate) from: Option<String>,
    /// The receivers of mails. Each mail names all of them.
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
    /// The program that gets each revision as a line of JSON on its standard input, and its arguments. You
    /// can set it only in a file. If it exits with a code other than 0 or runs longer than 30 s, wirefold
    /// tries it again.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    /// The file that each revision is added to as a line of JSON. You can set it only in a file.
    pub(crate) path: Option<std::path::PathBuf>,
    /// Sends a weekly list of feeds with problems, if there are any.
    #[serde(default)]
    pub(crate) feed_digest: bool,
    /// Sends reports about problems of wirefold (docs/health.md). Default: on for every kind except `stdout`,
    /// because the log shows them there.
    pub(crate) health: Option<bool>,
    /// A Jinja template for the title of each message, such as `{{ subscription }}: {{ headline }}`.
    /// docs/deliveries.md lists the names that it can use. Kinds that pass on JSON do not have it.
    pub(crate) title_template: Option<String>,
    /// A template for the lines below the title.
    pub(crate) template: Option<String>,
}

impl DeliveryConfig {
    /// Whether it gets reports about problems of wirefold.
    pub(crate) fn tells_health(&self) -> bool {
        self.health.unwrap_or(self.kind != DeliveryKind::Stdout)
    }

    /// The delivery that prints.
    pub(crate) fn stdout() -> Self {
        Self { name: "stdout".to_owned(), ..Self::default() }
    }

    /// The checked delivery for the alerter; `None` if a required key is missing.
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

    /// The missing keys that its kind requires, for people.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let has_url = self.url.is_some();
        // A key that cannot be read is reported already.
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

    /// The keys that only some kinds have, whether they are set, and the kinds that have them. The older
    /// kinds accept foreign keys silently, as before.
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
