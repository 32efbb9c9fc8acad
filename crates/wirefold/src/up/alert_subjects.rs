//! Connects the alerter, which has no NATS client, to the servers of deliveries to subjects.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use wirefold_alerter::{NotPublished, Subjects};
use wirefold_flow::{BoxFuture, BusError, SystemClock};
use wirefold_flow_nats::{Login, NatsBus, Options, connect};

use super::nats;
use crate::config::{Config, DeliveryConfig, DeliveryKind};

/// The client name. A server that limits rights must allow the inbox prefix `_INBOX_wirefold.>`.
const NAME: &str = "wirefold";
/// The role under which it connects to the server of the bus.
const ROLE: &str = "alerter";
/// How long a connection may take before the delivery counts as failed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// The reason if a delivery has no server to publish on.
pub(crate) const NO_SERVER: &str = "it needs a NATS server, and the bus of these settings is a file; write \
                                    url = \"nats://…\", or start with `wirefold up --nats`";

/// Whether a delivery has no server to publish on.
pub(crate) fn lacks_server(config: &Config, delivery: &DeliveryConfig) -> bool {
    delivery.kind == DeliveryKind::Nats && delivery.url.is_none() && config.bus.nats.is_empty()
}

/// The connections of the deliveries that publish to subjects.
pub(crate) fn of(config: &Config) -> Arc<dyn Subjects> {
    let is_nats = |delivery: &&DeliveryConfig| delivery.kind == DeliveryKind::Nats;
    let deliveries = config.delivery.iter().filter(is_nats);
    let way = |delivery: &DeliveryConfig| Connection {
        options: options(config, delivery),
        bus: OnceCell::new(),
    };
    Arc::new(Connections(
        deliveries.map(|delivery| (delivery.name.clone(), way(delivery))).collect(),
    ))
}

fn options(config: &Config, delivery: &DeliveryConfig) -> Option<Options> {
    let Some(url) = &delivery.url else {
        let is_there = !config.bus.nats.is_empty();
        return is_there.then(|| Options { may_prune: false, ..nats::options(&config.bus, ROLE) });
    };
    let password = delivery.secret.first().map_or("", |secret| secret.expose());
    let login = |user: &String| Login { user: user.clone(), password: password.to_owned() };
    Some(Options {
        login: delivery.user.as_ref().map(login),
        may_prune: false,
        only_given_servers: true,
        ..Options::new(url.url().as_str(), NAME)
    })
}

/// The connections by the names of deliveries.
struct Connections(BTreeMap<String, Connection>);

/// A connection of its own, made at the first use and then reused.
struct Connection {
    options: Option<Options>,
    bus: OnceCell<NatsBus>,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Connection {
    async fn bus(&self) -> Result<&NatsBus, NotPublished> {
        let Some(options) = &self.options else {
            return Err(NotPublished::Never(NO_SERVER.to_owned()));
        };
        let connecting = self.bus.get_or_try_init(|| connect(options, Arc::new(SystemClock)));
        match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(connected) => connected.map_err(|error| NotPublished::Later(error.to_string())),
            Err(_) => Err(NotPublished::Later("the NATS server is not there".to_owned())),
        }
    }
}

impl Subjects for Connections {
    fn publish<'a>(
        &'a self,
        delivery: &'a str,
        subject: &'a str,
        id: &'a str,
        body: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), NotPublished>> {
        Box::pin(async move {
            let unknown = || NotPublished::Never(NO_SERVER.to_owned());
            let bus = self.0.get(delivery).ok_or_else(unknown)?.bus().await?;
            bus.send(subject, id, body.into()).await.map_err(|error| match error {
                BusError::BadName { .. } | BusError::TooLarge { .. } => {
                    NotPublished::Never(error.to_string())
                }
                other => NotPublished::Later(other.to_string()),
            })
        })
    }
}

/// The note that the demo sends nothing to the deliveries of the settings. Empty if there are none.
pub(super) fn unused_deliveries(config: &Config) -> String {
    let deliveries = config.delivery.iter();
    let unused = deliveries.filter(|it| it.kind != DeliveryKind::Stdout);
    let names: Vec<&str> = unused.map(|it| it.name.as_str()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("alerts  only printed here: nothing is sent to {}\n", names.join(", ")),
    }
}
