//! The way of a message to its target.
//!
//! Comes in: a message. Goes out: its id at the target, or what to do about the failure. A channel never
//! tries again itself.

use std::sync::{Arc, OnceLock};

use ipnet::IpNet;
use wirefold_http_client::{Client, ClientError};

use super::kinds::DeliveryTarget;
use super::message::{Failure, Sent, ToSend};
use super::{Delivery, loop_name};
use crate::Printer;
use crate::error::AlerterError;
use crate::settings::Subjects;
use crate::text::CompiledTemplates;

/// The means by which messages reach their targets. All deliveries share them.
pub(crate) struct Means {
    /// Private networks that the HTTP client may reach.
    pub(crate) allow: Vec<IpNet>,
    pub(crate) subjects: Option<Arc<dyn Subjects>>,
    /// Where lines for people go.
    pub(crate) printer: Arc<dyn Printer>,
    pub(crate) client: OnceLock<Client>,
}

impl Means {
    /// The HTTP client. It is built at the first call, since reading the certificates takes time.
    pub(crate) fn client(&self) -> Result<&Client, ClientError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::new(wirefold_http_client::Settings {
            user_agent: format!("wirefold/{}", env!("CARGO_PKG_VERSION")),
            allow: self.allow.clone(),
            // Standard Webhooks: only the operator may choose another address.
            max_redirects: 0,
            ..wirefold_http_client::Settings::default()
        })?;
        Ok(self.client.get_or_init(|| client))
    }

    /// The way to the subjects of NATS servers.
    fn subjects(&self) -> Result<&dyn Subjects, String> {
        self.subjects.as_deref().ok_or_else(|| "there is no NATS server".to_owned())
    }
}

/// The way to the target of one delivery.
pub(crate) struct Channel {
    pub(super) delivery: Delivery,
    /// The operator's templates.
    pub(crate) templates: Option<CompiledTemplates>,
    means: Arc<Means>,
}

impl Channel {
    /// Opens the way of a delivery.
    ///
    /// # Errors
    /// [`AlerterError::Settings`] if its settings are not valid.
    pub(crate) fn open(delivery: &Delivery, means: &Arc<Means>) -> Result<Self, AlerterError> {
        let refuse = |why| AlerterError::Settings(format!("delivery {}: {why}", delivery.name));
        wirefold_flow::check_name("delivery", &loop_name(&delivery.name))
            .map_err(|_| refuse("a name is letters, digits, - and _".to_owned()))?;
        delivery.target.check().map_err(refuse)?;
        if let DeliveryTarget::Nats(_) = &delivery.target {
            means.subjects().map_err(refuse)?;
        }
        let templates = CompiledTemplates::read(&delivery.templates).map_err(refuse)?;
        Ok(Self { delivery: delivery.clone(), templates, means: means.clone() })
    }

    /// Sends one message.
    pub(crate) async fn send(&self, message: &ToSend<'_>) -> Sent {
        let client = || self.means.client().map_err(|error| Failure::later(error.to_string()));
        let sent = match &self.delivery.target {
            DeliveryTarget::Email(target) => target.send(client()?, message).await,
            DeliveryTarget::Matrix(target) => target.send(client()?, message).await,
            DeliveryTarget::Telegram(target) => target.send(client()?, message).await,
            DeliveryTarget::Apprise(target) => target.send(client()?, message).await,
            DeliveryTarget::Ntfy(target) => target.send(client()?, message).await,
            DeliveryTarget::Slack(target) => target.send(client()?, message).await,
            DeliveryTarget::Webhook(target) => target.send(client()?, message).await,
            DeliveryTarget::Command(target) => target.send(message).await,
            DeliveryTarget::File(target) => target.send(message).await,
            DeliveryTarget::Nats(target) => {
                let subjects = self.means.subjects().map_err(Failure::later)?;
                target.send(subjects, &self.delivery.name, message).await
            }
            DeliveryTarget::Stdout(target) => target.send(&*self.means.printer, message),
        };
        // No later message replaces a notice.
        sent.map(|target_id| target_id.filter(|_| matches!(message, ToSend::Alert(_))))
    }
}
