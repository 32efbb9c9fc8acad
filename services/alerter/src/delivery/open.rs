//! Makes the channel of a delivery from its settings.
//!
//! Comes in: a delivery. Goes out: its channel, or what is wrong with the settings. It never connects.

use std::sync::Arc;

use ipnet::IpNet;
use wirefold_http_client::Client;

use super::channel::Channel;
use super::webhook::Webhook;
use super::{
    apprise, command, durable, file, mail, matrix, nats, ntfy, sign, slack, stdout, telegram,
    webhook,
};
use crate::Printer;
use crate::error::AlerterError;
use crate::seams::Subjects;
use crate::settings::{Delivery, DeliveryTarget, Settings, Templates};
use crate::text::CompiledTemplates;

/// The HTTP client of all deliveries, made once one needs it: reading the certificates takes time.
pub(crate) struct Clients {
    pub(crate) allow: Vec<IpNet>,
    pub(crate) made: Option<Client>,
    pub(crate) subjects: Option<Arc<dyn Subjects>>,
}

impl Clients {
    pub(crate) fn of(settings: &Settings) -> Self {
        let (allow, subjects) = (settings.allow.clone(), settings.subjects.clone());
        Self { allow, made: None, subjects }
    }

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

/// Whether a delivery's settings can be such, looked at by themselves: nothing is connected to.
///
/// # Errors
/// What is wrong with them, without any secret.
pub fn check_delivery(delivery: &Delivery) -> Result<(), String> {
    if is_read_by_programs(&delivery.target) && delivery.templates != Templates::default() {
        return Err("it hands on JSON, which has no words: leave the template out".to_owned());
    }
    CompiledTemplates::read(&delivery.templates)?;
    match &delivery.target {
        DeliveryTarget::Email(email) => mail::Settings::read(email).map(drop),
        DeliveryTarget::Slack { url } => slack::read(url).map(drop),
        DeliveryTarget::Telegram { token, .. } => telegram::check(token),
        DeliveryTarget::Matrix { room, .. } => matrix::check(room),
        DeliveryTarget::Nats { subject } => nats::check(subject),
        DeliveryTarget::Command { command } => command::Command::new(command).map(drop),
        DeliveryTarget::Webhook { headers, .. } => {
            headers.iter().try_for_each(webhook::check_header)
        }
        DeliveryTarget::Ntfy { .. }
        | DeliveryTarget::Apprise { .. }
        | DeliveryTarget::Stdout
        | DeliveryTarget::File { .. } => Ok(()),
    }
}

fn is_read_by_programs(target: &DeliveryTarget) -> bool {
    use DeliveryTarget::{Command, File, Nats, Webhook};
    matches!(target, Webhook { .. } | Nats { .. } | Command { .. } | File { .. })
}

/// The channel of a delivery.
pub(crate) fn channel_of(
    delivery: &Delivery,
    clients: &mut Clients,
    printer: &Arc<dyn Printer>,
) -> Result<Box<dyn Channel>, AlerterError> {
    let bad = |why: String| AlerterError::Delivery { name: delivery.name.clone(), why };
    wirefold_flow::check_name("delivery", &durable(&delivery.name))
        .map_err(|_| bad("a name is letters, digits, - and _".to_owned()))?;
    Ok(match &delivery.target {
        DeliveryTarget::Stdout => Box::new(stdout::Stdout::new(printer.clone())),
        DeliveryTarget::Webhook { url, secrets, headers } => {
            let keys = secrets.iter().map(sign::Key::read).collect::<Result<Vec<_>, _>>();
            let keys = keys.map_err(|error| bad(error.to_string()))?;
            Box::new(Webhook::new(clients.client()?, url.clone(), keys, headers.clone()))
        }
        DeliveryTarget::Ntfy { url, token, priority } => {
            Box::new(ntfy::Ntfy::new(clients.client()?, url.clone(), token.clone(), *priority))
        }
        DeliveryTarget::Email(email) => {
            Box::new(mail::Mail::new(clients.client()?, email).map_err(bad)?)
        }
        DeliveryTarget::Slack { url } => {
            Box::new(slack::Slack::new(clients.client()?, url).map_err(bad)?)
        }
        DeliveryTarget::Telegram { url, token, chat } => {
            Box::new(telegram::Telegram::new(clients.client()?, url, token, chat).map_err(bad)?)
        }
        DeliveryTarget::Matrix { url, token, room } => {
            Box::new(matrix::Matrix::new(clients.client()?, url, token, room).map_err(bad)?)
        }
        DeliveryTarget::Apprise { url, token } => {
            Box::new(apprise::Apprise::new(clients.client()?, url.clone(), token.clone()))
        }
        DeliveryTarget::Nats { subject } => {
            nats::check(subject).map_err(bad)?;
            let subjects = clients.subjects.clone();
            let subjects = subjects.ok_or_else(|| bad("there is no NATS server".to_owned()))?;
            let (name, subject) = (delivery.name.clone(), subject.clone());
            Box::new(nats::Nats { delivery: name, subject, subjects })
        }
        DeliveryTarget::Command { command } => {
            Box::new(command::Command::new(command).map_err(bad)?)
        }
        DeliveryTarget::File { path } => Box::new(file::File::new(path.clone())),
    })
}
