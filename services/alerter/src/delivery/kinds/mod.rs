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

use super::Target;

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

    /// The functions that every kind has.
    pub(super) fn as_target(&self) -> &dyn Target {
        match self {
            Self::Apprise(target) => target,
            Self::Command(target) => target,
            Self::Email(target) => target,
            Self::File(target) => target,
            Self::Matrix(target) => target,
            Self::Nats(target) => target,
            Self::Ntfy(target) => target,
            Self::Slack(target) => target,
            Self::Stdout(target) => target,
            Self::Telegram(target) => target,
            Self::Webhook(target) => target,
        }
    }
}
