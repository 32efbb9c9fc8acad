//! Connects the fetcher, which has no NATS client, to subjects of NATS servers.

use std::sync::Arc;

use tokio::sync::OnceCell;
use wirefold_fetcher::subjects::{Source, SubscriptionOpener};
use wirefold_flow::{BoxFuture, Clock, Subscription};
use wirefold_flow_nats::{Login, NatsBus, Options, connect};

use crate::config::{Config, NatsConfig};

/// The client name. A server that limits rights must allow the inbox prefix `_INBOX_wirefold.>`.
const NAME: &str = "wirefold";

/// The subjects of these settings as sources.
pub(super) fn of(config: &Config, clock: &Arc<dyn Clock>) -> Vec<Source> {
    let source = |nats: &NatsConfig| {
        let opener = Connection { nats: nats.clone(), clock: clock.clone(), bus: OnceCell::new() };
        Some(Source {
            feed: nats.id.clone()?,
            outlet: nats.outlet.clone(),
            subject: nats.subject.clone(),
            server: nats.server.clone(),
            opener: Arc::new(opener),
        })
    };
    config.nats.iter().filter_map(source).collect()
}

/// A connection of its own, made at the first use and then reused.
struct Connection {
    nats: NatsConfig,
    clock: Arc<dyn Clock>,
    bus: OnceCell<NatsBus>,
}

impl Connection {
    fn options(&self) -> Options {
        let password = self.nats.password.as_ref().map_or("", |password| password.expose());
        let login = |user: &String| Login { user: user.clone(), password: password.to_owned() };
        Options {
            login: self.nats.user.as_ref().map(login),
            root_certificates: self.nats.ca_file.clone(),
            may_prune: false,
            only_given_servers: true,
            ..Options::new(self.nats.server.clone(), NAME)
        }
    }
}

impl SubscriptionOpener for Connection {
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Subscription>, String>> {
        Box::pin(async move {
            let (options, clock) = (self.options(), self.clock.clone());
            let bus = self.bus.get_or_try_init(|| connect(&options, clock)).await;
            let bus = bus.map_err(|error| error.to_string())?;
            let NatsConfig { stream, subject, durable, .. } = &self.nats;
            let followed = bus.follow(stream.as_deref(), subject, durable).await;
            followed.map_err(|error| error.to_string())
        })
    }
}
