//! Messages that a person asks for: a sample of an alert, and an alert sent again.

use std::sync::Arc;

use wirefold_envelope::timestamp;
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    Alert, AlertId, AlertState, Headline, ReasonKind, SubscriptionSettings, Tag, Volume,
};

use crate::delivery::{Channel, Failure, ToSend, zone_of};
use crate::engine::reason;
use crate::text::Message;
use crate::{AlerterError, Delivery, Printer, Settings};

/// Sends a sample to a delivery. The message says that it is a sample.
///
/// # Errors
/// [`AlerterError::Settings`] if the delivery's settings are not valid.
pub async fn send_sample(
    delivery: &Delivery,
    settings: &Settings,
    printer: &Arc<dyn Printer>,
    now: UnixMillis,
) -> Result<Result<(), Failure>, AlerterError> {
    let alert = sample(&delivery.name, now);
    let message = Message::of(&alert, "TEST", settings.page.as_deref(), now);
    let (page, zone) = (settings.page.clone(), settings.machine_zone());
    let message = Message { page, zone, ..message };
    send(message, delivery, settings, printer).await
}

async fn send(
    message: Message<'_>,
    delivery: &Delivery,
    settings: &Settings,
    printer: &Arc<dyn Printer>,
) -> Result<Result<(), Failure>, AlerterError> {
    let channel = Channel::open(delivery, &settings.means(printer.clone()))?;
    let message = Message { templates: channel.templates.as_ref(), ..message };
    Ok(channel.send(&ToSend::Alert(message)).await.map(|_| ()))
}

/// An alert about nothing. Its id contains the time, so it never replaces another alert.
pub(crate) fn sample(delivery: &str, now: UnixMillis) -> Alert {
    let id: AlertId = format!("test:e-{:026}", now.0).parse().expect("26 digits are an id");
    Alert {
        schema: Tag::new(),
        subscription: id.subscription.clone(),
        target: id.target,
        id,
        revision: 1,
        state: AlertState::New,
        volume: Volume::Loud,
        reasons: vec![reason(ReasonKind::New, format!("sent by `wirefold alert test {delivery}`"))],
        output: 0,
        at: timestamp(now),
        headline: Headline {
            title: "TEST · a sample of an alert, about nothing".to_owned(),
            language: "en".parse().expect("it is a language"),
            lede: None,
        },
        first_seen: timestamp(now),
        outlets: 0,
        origins: 0,
        copies: 0,
        versions: 0,
        stories: 0,
        first: None,
        matched: Vec::new(),
        articles: Vec::new(),
        held: None,
        escalated: None,
        digest: None,
        merged_into: None,
    }
}

/// The first reason of a repetition.
const AGAIN: &str = "sent again by hand";

/// Sends the newest revision of an alert to a delivery again. The message says that it is a repetition, and
/// has the same id and revision, so that receivers can recognise it.
///
/// # Errors
/// [`AlerterError::Settings`] if the delivery's settings are not valid.
pub async fn send_again(
    alert: &Alert,
    subscription: &SubscriptionSettings,
    delivery: &Delivery,
    settings: &Settings,
    printer: &Arc<dyn Printer>,
    now: UnixMillis,
) -> Result<Result<(), Failure>, AlerterError> {
    let marked = marked(alert);
    let message = Message::of(&marked, &subscription.name, settings.page.as_deref(), now);
    let zone = zone_of(subscription, &settings.machine_zone());
    let message = Message { demo: settings.demo, zone, ..message };
    send(message, delivery, settings, printer).await
}

/// The revision as a repetition: it notifies and is not held.
fn marked(alert: &Alert) -> Alert {
    let again = reason(ReasonKind::Repeated, AGAIN);
    let reasons = std::iter::once(again).chain(alert.reasons.iter().cloned()).collect();
    Alert { volume: Volume::Loud, held: None, digest: None, reasons, ..alert.clone() }
}
