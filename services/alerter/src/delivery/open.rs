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

/// A place that messages go to.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its name, by which subscriptions name it: letters, digits, `-` and `_`.
    pub name: String,
    /// Where they go, and how.
    pub target: DeliveryTarget,
    /// Whether it is told once a week what is wrong with feeds.
    pub feed_digest: bool,
    /// Whether it is told what is wrong with this installation.
    pub health: bool,
    /// Words of the operator's own for its messages.
    pub templates: Templates,
}

/// The HTTP client of all deliveries, made once one needs it: reading the certificates takes time.
pub(crate) struct Clients {
    pub(crate) allow: Vec<IpNet>,
    pub(crate) made: Option<Client>,
    pub(crate) subjects: Option<Arc<dyn Subjects>>,
}

impl Clients {
    /// The client, made at the first call.
    pub(crate) fn client(&mut self) -> Result<Client, AlerterError> {
        if let Some(client) = &self.made {
            return Ok(client.clone());
        }
        let client = Client::new(wirefold_http_client::Settings {
            user_agent: format!("wirefold/{}", env!("CARGO_PKG_VERSION")),
            allow: self.allow.clone(),
            // Standard Webhooks: another address is the operator's to choose.
            max_redirects: 0,
            ..wirefold_http_client::Settings::default()
        })?;
        self.made = Some(client.clone());
        Ok(client)
    }
}

/// Where the messages of one kind of delivery go, and how. Its settings are complete; nothing is connected to.
pub(crate) trait Target {
    /// Whether programs read its messages. They are JSON and have no templates.
    fn is_read_by_programs(&self) -> bool {
        false
    }

    /// Where an HTTP target is, for comparison alone: it may be a secret. Empty for what no server answers.
    fn address(&self) -> String {
        String::new()
    }

    /// Checks the values by themselves.
    ///
    /// # Errors
    /// What is wrong with them, without any secret.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Makes the channel.
    ///
    /// # Errors
    /// What [`Self::check`] finds, and what is not there to make it with.
    fn open(&self, opening: &mut Opening<'_>) -> Result<Box<dyn Channel>, AlerterError>;
}

/// What the channel of one delivery is made with.
pub(crate) struct Opening<'a> {
    /// The name of the delivery.
    pub(crate) name: &'a str,
    clients: &'a mut Clients,
    /// Where lines for people go.
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

    /// The error for settings that cannot be such.
    pub(crate) fn refuse(&self, why: String) -> AlerterError {
        AlerterError::Delivery { name: self.name.to_owned(), why }
    }
}

/// Whether a delivery's settings can be such, looked at by themselves: nothing is connected to.
///
/// # Errors
/// What is wrong with them, without any secret.
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
