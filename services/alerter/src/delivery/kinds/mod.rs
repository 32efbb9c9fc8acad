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
        self.kind_and_target().0
    }

    /// The functions that every kind has.
    pub(super) fn as_target(&self) -> &dyn Target {
        self.kind_and_target().1
    }

    fn kind_and_target(&self) -> (&'static str, &dyn Target) {
        match self {
            Self::Apprise(target) => ("apprise", target),
            Self::Command(target) => ("command", target),
            Self::Email(target) => ("email", target),
            Self::File(target) => ("file", target),
            Self::Matrix(target) => ("matrix", target),
            Self::Nats(target) => ("nats", target),
            Self::Ntfy(target) => ("ntfy", target),
            Self::Slack(target) => ("slack", target),
            Self::Stdout(target) => ("stdout", target),
            Self::Telegram(target) => ("telegram", target),
            Self::Webhook(target) => ("webhook", target),
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
