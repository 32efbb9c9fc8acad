//! Connects the fetcher and the alerter, which have no NATS client, to subjects of NATS servers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use wirefold_alerter::{Failure, Subjects};
use wirefold_fetcher::subjects::{Source, SubjectMessage, Subscription, SubscriptionOpener};
use wirefold_flow::{Answer, BoxFuture, BusError, Clock, SystemClock};
use wirefold_flow_nats::{
    ConnectError, FollowedMessage, Follower, Login, NatsBus, Options, connect,
};

use super::nats;
use crate::config::{Config, DeliveryConfig, DeliveryKind, NatsConfig};

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

/// A connection of its own, made at the first use and then reused.
struct Connection {
    options: Options,
    clock: Arc<dyn Clock>,
    bus: OnceCell<NatsBus>,
}

impl Connection {
    fn new(options: Options, clock: Arc<dyn Clock>) -> Self {
        Self { options, clock, bus: OnceCell::new() }
    }

    async fn bus(&self) -> Result<&NatsBus, ConnectError> {
        self.bus.get_or_try_init(|| connect(&self.options, self.clock.clone())).await
    }
}

/// How to connect to a server other than that of the bus.
fn options(server: &str, user: Option<&String>, password: Option<&str>) -> Options {
    let password = password.unwrap_or_default().to_owned();
    Options {
        login: user.map(|user| Login { user: user.clone(), password }),
        only_given_servers: true,
        ..Options::new(server, NAME)
    }
}

/// The subjects of these settings as sources.
pub(super) fn sources(config: &Config, clock: &Arc<dyn Clock>) -> Vec<Source> {
    let source = |nats: &NatsConfig| {
        let password = nats.password.as_ref().map(|it| it.secret.expose());
        let options = Options {
            root_certificates: nats.ca_file.clone(),
            ..options(&nats.server, nats.user.as_ref(), password)
        };
        let connection = Connection::new(options, clock.clone());
        Some(Source {
            feed: nats.id.clone()?,
            outlet: nats.outlet.clone(),
            subject: nats.subject.clone(),
            server: nats.server.clone(),
            opener: Arc::new(SourceSubject { nats: nats.clone(), connection }),
        })
    };
    config.nats.iter().filter_map(source).collect()
}

/// A subject with articles.
struct SourceSubject {
    nats: NatsConfig,
    connection: Connection,
}

impl SubscriptionOpener for SourceSubject {
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Subscription>, String>> {
        Box::pin(async move {
            let bus = self.connection.bus().await.map_err(|error| error.to_string())?;
            let NatsConfig { subject, durable, .. } = &self.nats;
            let followed = bus.follow(None, subject, durable).await;
            let followed = followed.map_err(|error| error.to_string())?;
            Ok(Box::new(Followed(followed)) as Box<dyn Subscription>)
        })
    }
}

/// A subject that is followed.
struct Followed(Follower);

impl Subscription for Followed {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<SubjectMessage>> {
        Box::pin(async move {
            let given = |FollowedMessage { message, attempt }| SubjectMessage { message, attempt };
            Ok(self.0.next(max).await?.into_iter().map(given).collect())
        })
    }

    fn acknowledge(&mut self) -> Answer<'_, ()> {
        Box::pin(self.0.acknowledge())
    }
}

/// The connections of the deliveries that publish to subjects.
pub(crate) fn targets(config: &Config) -> Arc<dyn Subjects> {
    let is_nats = |delivery: &&DeliveryConfig| delivery.kind == DeliveryKind::Nats;
    let connection = |delivery: &DeliveryConfig| {
        let options = match &delivery.url {
            Some(url) => {
                let password = delivery.secret.first().map(|it| it.secret.expose());
                options(url.url().as_str(), delivery.user.as_ref(), password)
            }
            None if lacks_server(config, delivery) => return None,
            None => nats::options(&config.bus, ROLE),
        };
        Some((delivery.name.clone(), Connection::new(options, Arc::new(SystemClock))))
    };
    Arc::new(Targets(config.delivery.iter().filter(is_nats).filter_map(connection).collect()))
}

/// The connections by the names of deliveries.
struct Targets(BTreeMap<String, Connection>);

impl fmt::Debug for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Subjects for Targets {
    fn publish<'a>(
        &'a self,
        delivery: &'a str,
        subject: &'a str,
        id: &'a str,
        body: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let Some(connection) = self.0.get(delivery) else {
                return Err(Failure::never(NO_SERVER));
            };
            let later = |why: &dyn fmt::Display| Failure::later(why.to_string());
            let connected = tokio::time::timeout(CONNECT_TIMEOUT, connection.bus()).await;
            let connected = connected.map_err(|_| later(&"the NATS server is not there"))?;
            let bus = connected.map_err(|error| later(&error))?;
            bus.send(subject, id, body.into()).await.map_err(|error| match error {
                BusError::BadName { .. } | BusError::TooLarge { .. } => {
                    Failure::never(error.to_string())
                }
                other => later(&other),
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
