//! All kinds of delivery. Each kind has a file here with its checked settings, its channel and its tests.
//!
//! Comes in: checked settings. Goes out: the channel that they describe. The binary reads `[[delivery]]`.
//! `docs/how-to/add-a-delivery.md` lists everything that a new kind needs.

mod apprise;
mod command;
mod file;
mod mail;
mod matrix;
mod nats;
mod ntfy;
mod slack;
mod stdout;
mod telegram;
mod webhook;

pub use apprise::AppriseTarget;
pub use command::CommandTarget;
pub use file::FileTarget;
pub use mail::EmailTarget;
pub use matrix::MatrixTarget;
pub use nats::NatsTarget;
pub use ntfy::NtfyTarget;
pub use slack::SlackTarget;
pub use stdout::StdoutTarget;
pub use telegram::TelegramTarget;
pub use webhook::WebhookTarget;

/// The target of a delivery: the checked form of a `[[delivery]]` in the settings.
#[derive(Debug, Clone)]
pub enum DeliveryTarget {
    /// The services behind an Apprise API server.
    Apprise(AppriseTarget),
    /// A program.
    Command(CommandTarget),
    /// Mailboxes.
    Email(EmailTarget),
    /// A file.
    File(FileTarget),
    /// A room of Matrix.
    Matrix(MatrixTarget),
    /// A subject of a NATS server.
    Nats(NatsTarget),
    /// Phones, by an ntfy server.
    Ntfy(NtfyTarget),
    /// A channel of Slack, Mattermost or Discord.
    Slack(SlackTarget),
    /// The terminal.
    Stdout(StdoutTarget),
    /// A chat of Telegram.
    Telegram(TelegramTarget),
    /// A program behind an address.
    Webhook(WebhookTarget),
}

impl DeliveryTarget {
    /// The kind, as the settings write it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Apprise(_) => "apprise",
            Self::Command(_) => "command",
            Self::Email(_) => "email",
            Self::File(_) => "file",
            Self::Matrix(_) => "matrix",
            Self::Nats(_) => "nats",
            Self::Ntfy(_) => "ntfy",
            Self::Slack(_) => "slack",
            Self::Stdout(_) => "stdout",
            Self::Telegram(_) => "telegram",
            Self::Webhook(_) => "webhook",
        }
    }

    /// Checks the values without connecting.
    ///
    /// # Errors
    /// The mistake in them, without secrets.
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Command(target) => target.check(),
            Self::Email(target) => target.check(),
            Self::Matrix(target) => target.check(),
            Self::Nats(target) => target.check(),
            Self::Slack(target) => target.check(),
            Self::Telegram(target) => target.check(),
            Self::Webhook(target) => target.check(),
            Self::Apprise(_) | Self::File(_) | Self::Ntfy(_) | Self::Stdout(_) => Ok(()),
        }
    }

    /// The address of an HTTP target, only for comparison, since it may be a secret. Empty if it has none.
    pub(super) fn address(&self) -> String {
        match self {
            Self::Apprise(target) => target.url.to_string(),
            Self::Matrix(target) => format!("{} {}", target.url, target.room),
            Self::Ntfy(target) => target.url.to_string(),
            Self::Slack(target) => target.url.expose().to_owned(),
            Self::Telegram(target) => format!("{} {}", target.url, target.chat),
            Self::Webhook(target) => target.url.to_string(),
            Self::Command(_) | Self::Email(_) | Self::File(_) | Self::Nats(_) | Self::Stdout(_) => {
                String::new()
            }
        }
    }

    /// Whether programs read its messages. They are JSON and have no templates.
    pub(super) fn is_read_by_programs(&self) -> bool {
        matches!(self, Self::Command(_) | Self::File(_) | Self::Nats(_) | Self::Webhook(_))
    }

    /// Whether silent revisions are sent too, because a revision replaces the one before.
    pub(crate) fn accepts_silent(&self) -> bool {
        !matches!(self, Self::Apprise(_) | Self::Email(_) | Self::Slack(_))
    }
}
