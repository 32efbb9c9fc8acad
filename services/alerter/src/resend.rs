//! Sends an alert again by hand, through the real channels, marked as a repetition.
//!
//! Comes in: an alert and the deliveries to use. Goes out: the result of each. It never changes the alert.

use std::sync::Arc;

use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, AlertReason, ReasonKind, SubscriptionSettings, Volume};

use crate::delivery::{channel_of, compiled_templates, manage, zone_of};
use crate::text::Message;
use crate::{AlerterError, Delivery, Outcome, Printer, Settings};

/// The first reason of a repetition.
const AGAIN: &str = "sent again by hand";

/// Sends the newest revision of an alert to a delivery again. The message says that it is a repetition, and
/// has the same id and revision, so that receivers can recognise it.
///
/// # Errors
/// [`AlerterError::Delivery`] if the delivery's settings are not valid.
pub async fn send_again(
    alert: &Alert,
    subscription: &SubscriptionSettings,
    delivery: &Delivery,
    settings: &Settings,
    printer: &Arc<dyn Printer>,
    now: UnixMillis,
) -> Result<Outcome, AlerterError> {
    let mut clients = settings.clients();
    let channel = channel_of(delivery, &mut clients, printer)?;
    let templates = compiled_templates(delivery)?;
    let marked = marked(alert);
    let page = settings.page.as_deref();
    let message = Message {
        alert: &marked,
        subscription: &subscription.name,
        page: page.map(|base| crate::wording::page(base, alert.target)),
        manage: page.map(manage),
        links: None,
        demo: settings.demo,
        now,
        target_id: None,
        is_overtaken: false,
        zone: zone_of(subscription),
        templates: templates.as_ref(),
    };
    Ok(channel.send(message).await.into())
}

/// The revision as a repetition: it notifies and is not held.
fn marked(alert: &Alert) -> Alert {
    let again = AlertReason {
        kind: ReasonKind::Repeated,
        words: AGAIN.to_owned(),
        sources: Vec::new(),
        old: None,
        new: None,
        carriers: Vec::new(),
    };
    let reasons = std::iter::once(again).chain(alert.reasons.iter().cloned()).collect();
    Alert { volume: Volume::Loud, held: None, digest: None, reasons, ..alert.clone() }
}
