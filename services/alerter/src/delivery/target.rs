//! A target of a delivery, and what its channel is built with.

use std::sync::Arc;

use ipnet::IpNet;
use wirefold_http_client::Client;

use super::channel::Channel;
use crate::Printer;
use crate::error::AlerterError;
use crate::seams::Subjects;

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
    pub(super) clients: &'a mut Clients,
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

    /// The error for settings that are refused.
    pub(crate) fn refuse(&self, why: String) -> AlerterError {
        AlerterError::Delivery { name: self.name.to_owned(), why }
    }
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
