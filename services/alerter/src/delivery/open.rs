//! Makes the channel of a delivery from its settings.
//!
//! Comes in: a delivery. Goes out: its channel, or what is wrong with the settings. It never connects.

use std::sync::Arc;

use super::channel::Channel;
use super::durable;
use super::kinds::DeliveryTarget;
use super::target::{Clients, Opening};
use crate::Printer;
use crate::error::AlerterError;
use crate::text::{CompiledTemplates, Templates};

/// A configured delivery.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its name, which subscriptions refer to: letters, digits, `-` and `_`.
    pub name: String,
    /// The target and its settings.
    pub target: DeliveryTarget,
    /// Whether it gets the weekly feed digest.
    pub feed_digest: bool,
    /// Whether it reports health conditions.
    pub health: bool,
    /// The operator's templates for its messages.
    pub templates: Templates,
}

/// Checks a delivery's settings without connecting.
///
/// # Errors
/// What is wrong with them, without secrets.
pub fn check_delivery(delivery: &Delivery) -> Result<(), String> {
    let target = delivery.target.as_target();
    if target.is_read_by_programs() && delivery.templates != Templates::default() {
        return Err("it hands on JSON, which has no words: leave the template out".to_owned());
    }
    CompiledTemplates::read(&delivery.templates)?;
    target.check()
}

/// The channel of a delivery.
pub(crate) fn channel_of(
    delivery: &Delivery,
    clients: &mut Clients,
    printer: &Arc<dyn Printer>,
) -> Result<Box<dyn Channel>, AlerterError> {
    let mut opening = Opening { name: &delivery.name, clients, printer };
    wirefold_flow::check_name("delivery", &durable(&delivery.name))
        .map_err(|_| opening.refuse("a name is letters, digits, - and _".to_owned()))?;
    delivery.target.as_target().open(&mut opening)
}
