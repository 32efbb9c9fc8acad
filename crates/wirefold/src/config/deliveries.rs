//! The settings of deliveries in the form that the alerter takes.

use wirefold_alerter::{Delivery, DeliveryKind, Email, Templates};
use wirefold_proto::Secret;

use super::settings::{self, DeliveryConfig};

/// The urgency of what is loud on ntfy, unless the settings say otherwise.
const PRIORITY: u8 = 4;
/// Where the Bot API of Telegram is.
const TELEGRAM: &str = "https://api.telegram.org";

/// The delivery; none where something is missing that it cannot do without.
pub(super) fn delivery(delivery: &DeliveryConfig) -> Option<Delivery> {
    let kind = kind(delivery)?;
    let (title, text) = (delivery.title_template.clone(), delivery.template.clone());
    Some(Delivery {
        name: delivery.name.clone(),
        kind,
        feed_digest: delivery.feed_digest,
        health: delivery.tells_health(),
        templates: Templates { title, text },
    })
}

fn kind(delivery: &DeliveryConfig) -> Option<DeliveryKind> {
    let url = || delivery.url.as_ref().map(|address| address.url().clone());
    let secret = || delivery.secret.first().cloned();
    Some(match delivery.kind {
        settings::DeliveryKind::Stdout => DeliveryKind::Stdout,
        settings::DeliveryKind::Webhook => DeliveryKind::Webhook {
            url: url()?,
            secrets: delivery.secret.clone(),
            headers: delivery.headers.clone(),
        },
        settings::DeliveryKind::Ntfy => DeliveryKind::Ntfy {
            url: url()?,
            token: secret(),
            priority: delivery.priority.unwrap_or(PRIORITY),
        },
        settings::DeliveryKind::Email => DeliveryKind::Email(email(delivery)?),
        settings::DeliveryKind::Slack => {
            let url = || Some(Secret::new(url()?));
            DeliveryKind::Slack { url: secret().or_else(url)? }
        }
        settings::DeliveryKind::Telegram => DeliveryKind::Telegram {
            url: url().or_else(|| TELEGRAM.parse().ok())?,
            token: secret()?,
            chat: delivery.chat.clone()?,
        },
        settings::DeliveryKind::Matrix => {
            DeliveryKind::Matrix { url: url()?, token: secret()?, room: delivery.room.clone()? }
        }
        settings::DeliveryKind::Apprise => DeliveryKind::Apprise { url: url()?, token: secret() },
        settings::DeliveryKind::Nats => DeliveryKind::Nats { subject: delivery.subject.clone()? },
        settings::DeliveryKind::Command => {
            DeliveryKind::Command { command: delivery.command.clone() }
        }
        settings::DeliveryKind::File => DeliveryKind::File { path: delivery.path.clone()? },
    })
}

fn email(delivery: &DeliveryConfig) -> Option<Email> {
    let password = || delivery.secret.first().cloned();
    let login = |user: &String| Some((user.clone(), password()?));
    Some(Email {
        server: delivery.url.as_ref()?.url().clone(),
        without_tls: delivery.without_tls,
        login: delivery.user.as_ref().and_then(login),
        from: delivery.from.clone()?,
        to: delivery.to.clone(),
    })
}
