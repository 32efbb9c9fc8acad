//! The settings of the gateway, and the adapters that the binary implements.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use wirefold_flow::BoxFuture;
use wirefold_proto::{
    Alert, ArticleFetched, DeadLetter, OutputArticle, QueryReading, Rehearsal,
    SubscriptionSettings, TextPolicy,
};
use wirefold_query::{Lists, ParseError, Query};

use crate::shapes::{DeliveryAddition, ProbeRequest, Resent};
use crate::tokens::Gate;

/// The settings of the gateway.
#[derive(Clone)]
pub struct Settings {
    /// The folder of `gateway.db`.
    pub folder: PathBuf,
    /// Whether this is a demonstration with generated articles.
    pub demo: bool,
    /// The release that runs, such as `0.1.0`.
    pub release: String,
    /// Allowed host names besides those of the loopback, with any port.
    pub hosts: Vec<String>,
    /// How much of a text readers over the network may have.
    pub text_policy: TextPolicy,
    /// How long the exports of events that alerted are kept; `None` keeps none.
    pub keep: Option<Duration>,
    /// Its public address, such as `http://127.0.0.1:8787`, for feeds.
    pub base_url: String,
    /// Whether it writes the table `wf_stories` for other programs on the same bus.
    pub tables: bool,
    /// Requires tokens over the network; `None` if everybody who reaches the port may read and write.
    pub gate: Option<Arc<Gate>>,
    /// Rehearses subscriptions.
    pub rehearse: Arc<dyn Rehearse>,
    /// The deliveries.
    pub deliveries: Arc<dyn Deliveries>,
    /// Replays dead letters.
    pub replay: Arc<dyn Replay>,
    /// Probes addresses of feeds.
    pub probe: Arc<dyn Probe>,
    /// The condition of the data folder.
    pub condition: Arc<dyn Condition>,
}

impl Settings {
    /// Settings for this data folder and release that need no other service: their adapters refuse everything.
    #[must_use]
    pub fn new(folder: PathBuf, release: &str) -> Self {
        Self {
            folder,
            demo: false,
            release: release.to_owned(),
            hosts: Vec::new(),
            text_policy: TextPolicy::Lead,
            keep: None,
            base_url: "http://127.0.0.1:8787".to_owned(),
            tables: false,
            gate: None,
            rehearse: Arc::new(()),
            deliveries: Arc::new(()),
            replay: Arc::new(()),
            probe: Arc::new(()),
            condition: Arc::new(()),
        }
    }
}

/// Rehearses and checks subscriptions.
pub trait Rehearse: Send + Sync {
    /// Rehearses a subscription on the articles since then. An error is a mistake in the subscription.
    fn rehearse(
        &self,
        _subscription: SubscriptionSettings,
        _back: Duration,
    ) -> BoxFuture<'_, Result<Rehearsal, String>> {
        needs_pipeline()
    }

    /// Checks a subscription before it is stored. Accepts everything if the deliveries are not known.
    fn check(&self, _subscription: &SubscriptionSettings) -> Result<(), String> {
        Ok(())
    }

    /// Parses a query with the lists that it names. Accepts any list if the lists are not known.
    ///
    /// # Errors
    /// What is wrong with the query, and where.
    fn check_query(&self, query: &str) -> Result<(), ParseError> {
        Query::parse_with(query, &Lists::accepting_any_name()).map(drop)
    }

    /// Compares an article with the query of a subscription.
    fn read_article(
        &self,
        _subscription: &SubscriptionSettings,
        _article: OutputArticle,
        _text: Option<&ArticleFetched>,
    ) -> Result<QueryReading, String> {
        Err("nobody here can read articles as subscriptions do".to_owned())
    }

    /// The title and the lines of the message about a revision, for a subscription of this name.
    fn message(&self, alert: &Alert, _subscription: &str) -> (String, Vec<String>) {
        let reasons = alert.reasons.iter().map(|reason| reason.words.clone());
        (alert.headline.title.clone(), reasons.collect())
    }
}

impl Rehearse for () {}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredDelivery {
    /// Its name.
    pub name: String,
    /// Its kind, such as `ntfy`.
    pub kind: String,
    /// The delivery as it was added, without its address and secret; `None` if the settings define it.
    pub added: Option<DeliveryAddition>,
}

/// Lists, tests, adds, changes and removes deliveries. An error says why it cannot.
pub trait Deliveries: Send + Sync {
    /// All deliveries.
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConfiguredDelivery>, String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Sends a marked sample, and returns the result.
    fn send_sample(&self, _delivery: String) -> BoxFuture<'_, Result<Resent, String>> {
        needs_pipeline()
    }

    /// Switches a delivery on that is off because its target was gone; says whether it was off.
    fn switch_on(&self, _delivery: String) -> BoxFuture<'_, Result<bool, String>> {
        needs_pipeline()
    }

    /// Adds a delivery, or changes the added one of this name, which keeps the address and secret that are not given.
    fn put(&self, _delivery: DeliveryAddition) -> BoxFuture<'_, Result<(), String>> {
        needs_pipeline()
    }

    /// Removes an added delivery.
    fn remove(&self, _delivery: String) -> BoxFuture<'_, Result<(), String>> {
        needs_pipeline()
    }
}

/// There are none.
impl Deliveries for () {}

fn needs_pipeline<T: Send>() -> BoxFuture<'static, Result<T, String>> {
    Box::pin(async { Err("this needs a running wirefold: start `wirefold up`".to_owned()) })
}

/// Replays dead letters, and sends alerts again.
pub trait Replay: Send + Sync {
    /// Replays a letter. Returns what was done, or why it cannot be done.
    fn replay(&self, _letter: DeadLetter, _sequence: u64) -> BoxFuture<'_, Result<String, String>> {
        needs_pipeline()
    }

    /// Sends an alert again, to one delivery or to all of its subscription. Returns the result of each, or
    /// why it cannot be sent.
    fn resend(
        &self,
        _alert: Alert,
        _subscription: SubscriptionSettings,
        _delivery: Option<String>,
    ) -> BoxFuture<'_, Result<Vec<Resent>, String>> {
        needs_pipeline()
    }
}

impl Replay for () {}

/// Probes an address that may be a feed, or a list of feeds.
pub trait Probe: Send + Sync {
    /// Returns what was found, or why the address cannot be probed.
    fn probe(&self, _asked: ProbeRequest) -> BoxFuture<'_, Result<serde_json::Value, String>> {
        needs_pipeline()
    }
}

impl Probe for () {}

/// The condition of the data folder.
pub trait Condition: Send + Sync {
    /// Why the folder refuses writes; `None` if it accepts them.
    fn problem(&self) -> Option<String> {
        None
    }
}

/// The folder accepts writes.
impl Condition for () {}
