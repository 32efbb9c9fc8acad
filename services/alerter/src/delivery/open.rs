//! Makes the channel of a delivery from its settings.
//!
//! Comes in: a delivery. Goes out: its channel, or what is wrong with the settings. It never connects.

use std::sync::Arc;

use ipnet::IpNet;
use wirefold_http_client::Client;

use super::channel::Channel;
use super::durable;
use super::kinds::DeliveryTarget;
use crate::Printer;
use crate::error::AlerterError;
use crate::seams::Subjects;
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

/// The HTTP client of all deliveries, built at its first use, since reading the certificates takes time.
pub(crate) struct Clients {
    pub(crate) allow: Vec<IpNet>,
    pub(crate) made: Option<Client>,
    pub(crate) subjects: Option<Arc<dyn Subjects>>,
}

impl Clients {
    /// The client, built at the first call.
    pub(crate) fn client(&mut self) -> Result<Client, AlerterError> {
        if let Some(client) = &self.made {
            return Ok(client.clone());
        }
        let client = Client::new(wirefold_http_client::Settings {
            user_agent: format!("wirefold/{}", env!("CARGO_PKG_VERSION")),
            allow: self.allow.clone(),
            // Standard Webhooks: only the operator may choose another address.
            max_redirects: 0,
            ..wirefold_http_client::Settings::default()
        })?;
        self.made = Some(client.clone());
        Ok(client)
    }
}

/// The checked settings of one kind of delivery.
pub(crate) trait Target {
    /// Whether programs read its messages. They are JSON and have no templates.
    fn is_read_by_programs(&self) -> bool {
        false
    }

    /// The address of an HTTP target, only for comparison, since it may be a secret. Empty if no server is
    /// involved.
    fn address(&self) -> String {
        String::new()
    }

    /// Checks the values without connecting.
    ///
    /// # Errors
    /// What is wrong with them, without secrets.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Builds the channel.
    ///
    /// # Errors
    /// What [`Self::check`] finds, or what is missing to build it.
    fn open(&self, opening: &mut Opening<'_>) -> Result<Box<dyn Channel>, AlerterError>;
}

/// The parts that a channel is built from.
pub(crate) struct Opening<'a> {
    /// The name of the delivery.
    pub(crate) name: &'a str,
    clients: &'a mut Clients,
    /// The output for lines that people read.
    pub(crate) printer: &'a Arc<dyn Printer>,
}

impl Opening<'_> {
    /// The HTTP client of all deliveries. It refuses private networks.
    pub(crate) fn client(&mut self) -> Result<Client, AlerterError> {
        self.clients.client()
    }

    /// The way to the subjects of NATS servers.
    pub(crate) fn subjects(&self) -> Result<Arc<dyn Subjects>, AlerterError> {
        let subjects = self.clients.subjects.clone();
        subjects.ok_or_else(|| self.refuse("there is no NATS server".to_owned()))
    }

    /// The error for settings that are refused.
    pub(crate) fn refuse(&self, why: String) -> AlerterError {
        AlerterError::Delivery { name: self.name.to_owned(), why }
    }
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
