//! A `[[delivery]]` of the settings, as the alerter takes it.
//!
//! Comes in: a delivery as it was written, with its secrets read. Goes out: the checked form, in which nothing is missing
//! that the kind needs. It never says what is missing: `finish/deliveries.rs` does, with the line.

use wirefold_alerter::{Delivery, DeliveryTarget, Email, Templates};
use wirefold_proto::Secret;

use super::settings::{DeliveryConfig, DeliveryKind};

/// The urgency of what is loud on ntfy, unless the settings say otherwise.
const PRIORITY: u8 = 4;
/// Where the Bot API of Telegram is.
const TELEGRAM: &str = "https://api.telegram.org";

/// The delivery; none where something is missing that it cannot do without.
pub(super) fn delivery(delivery: &DeliveryConfig) -> Option<Delivery> {
    let target = target(delivery)?;
    let (title, text) = (delivery.title_template.clone(), delivery.template.clone());
    Some(Delivery {
        name: delivery.name.clone(),
        target,
        feed_digest: delivery.feed_digest,
        health: delivery.tells_health(),
        templates: Templates { title, text },
    })
}

fn target(delivery: &DeliveryConfig) -> Option<DeliveryTarget> {
    let url = || delivery.url.as_ref().map(|address| address.url().clone());
    let secret = || delivery.secret.first().cloned();
    Some(match delivery.kind {
        DeliveryKind::Stdout => DeliveryTarget::Stdout,
        DeliveryKind::Webhook => DeliveryTarget::Webhook {
            url: url()?,
            secrets: delivery.secret.clone(),
            headers: delivery.headers.clone(),
        },
        DeliveryKind::Ntfy => DeliveryTarget::Ntfy {
            url: url()?,
            token: secret(),
            priority: delivery.priority.unwrap_or(PRIORITY),
        },
        DeliveryKind::Email => DeliveryTarget::Email(email(delivery)?),
        DeliveryKind::Slack => {
            let url = || Some(Secret::new(url()?));
            DeliveryTarget::Slack { url: secret().or_else(url)? }
        }
        DeliveryKind::Telegram => DeliveryTarget::Telegram {
            url: url().or_else(|| TELEGRAM.parse().ok())?,
            token: secret()?,
            chat: delivery.chat.clone()?,
        },
        DeliveryKind::Matrix => {
            DeliveryTarget::Matrix { url: url()?, token: secret()?, room: delivery.room.clone()? }
        }
        DeliveryKind::Apprise => DeliveryTarget::Apprise { url: url()?, token: secret() },
        DeliveryKind::Nats => DeliveryTarget::Nats { subject: delivery.subject.clone()? },
        DeliveryKind::Command => DeliveryTarget::Command { command: delivery.command.clone() },
        DeliveryKind::File => DeliveryTarget::File { path: delivery.path.clone()? },
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
