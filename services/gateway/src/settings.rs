//! What the binary decides for the gateway, and what only the binary can do.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use wirefold_flow::BoxFuture;
use wirefold_proto::{
    Alert, ArticleFetched, DeadLetter, OutputArticle, SubscriptionSettings, TextPolicy,
};
use wirefold_query::{Lists, ParseError, Query};

use crate::shapes::{ProbeRequest, Resent};
use crate::tokens::Gate;

/// What the binary decides.
#[derive(Clone)]
pub struct Settings {
    /// The folder in which `gateway.db` stands.
    pub folder: PathBuf,
    /// Whether all of it is a demonstration on made-up articles.
    pub demo: bool,
    /// The release that runs, such as `0.1.0`.
    pub release: String,
    /// Host names by which it may be asked besides those of the loopback; any port.
    pub hosts: Vec<String>,
    /// The detector's own thresholds: whoever asks about two articles is answered by the rules that
    /// folded them.
    pub method: wirefold_dedup::Settings,
    /// How much of a text those have who ask over the network.
    pub text_policy: TextPolicy,
    /// Where people reach it, such as `http://127.0.0.1:8787`; stands in the feeds it gives out.
    pub base_url: String,
    /// Whether it keeps the table `wf_stories` for programs of others, who read it on the same bus.
    pub tables: bool,
    /// Asks those for a token who come over the network; none where whoever reaches the port may ask.
    pub gate: Option<Arc<Gate>>,
    /// Says what a subscription would have sent.
    pub rehearse: Arc<dyn Rehearse>,
    /// Tries a dead letter once more.
    pub replay: Arc<dyn Replay>,
    /// Looks at an address that may be a feed.
    pub probe: Arc<dyn Probe>,
    /// Knows whether the data folder takes what is written.
    pub condition: Arc<dyn Condition>,
}

/// Says what a subscription would have sent and saved, and whether it is one.
pub trait Rehearse: Send + Sync {
    /// Runs it over the articles seen since then; an error is the subscription's fault.
    fn rehearse(
        &self,
        subscription: SubscriptionSettings,
        back: Duration,
    ) -> BoxFuture<'_, Result<serde_json::Value, String>>;

    /// Checks a subscription before it is put; an error names what is wrong. Takes all where those
    /// who would carry it out cannot be asked.
    fn check(&self, _subscription: &SubscriptionSettings) -> Result<(), String> {
        Ok(())
    }

    /// Reads a query, with the lists that it names; an error points at the place. Takes any list where
    /// they are not at hand.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    fn check_query(&self, query: &str) -> Result<(), ParseError> {
        Query::parse_with(query, &Lists::elsewhere()).map(drop)
    }

    /// Says what the query of a subscription makes of an article.
    fn read_article(
        &self,
        _subscription: &SubscriptionSettings,
        _article: OutputArticle,
        _text: Option<&ArticleFetched>,
    ) -> Result<serde_json::Value, String> {
        Err("nobody here can read articles as subscriptions do".to_owned())
    }

    /// The names of the deliveries that a subscription may go to.
    fn deliveries(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Tries a dead letter once more, and sends alerts again.
pub trait Replay: Send + Sync {
    /// Says what was done, or why it cannot be done.
    fn replay(&self, letter: DeadLetter, sequence: u64) -> BoxFuture<'_, Result<String, String>>;

    /// Switches a delivery on that is off because its target was gone; says whether it was off.
    fn switch_on(&self, _delivery: String) -> BoxFuture<'_, Result<bool, String>> {
        Box::pin(async { Err("this needs a running wirefold: start `wirefold up`".to_owned()) })
    }

    /// Sends an alert once more, to one delivery or to all that its subscription names; what became of
    /// it at each, or why it cannot be sent.
    fn resend(
        &self,
        _alert: Alert,
        _subscription: SubscriptionSettings,
        _delivery: Option<String>,
    ) -> BoxFuture<'_, Result<Vec<Resent>, String>> {
        Box::pin(async { Err("this needs a running wirefold: start `wirefold up`".to_owned()) })
    }
}

/// Looks at an address that may be a feed, or a list of feeds.
pub trait Probe: Send + Sync {
    /// Says what it found, or why it could not look.
    fn probe(&self, asked: ProbeRequest) -> BoxFuture<'_, Result<serde_json::Value, String>>;
}

/// Knows whether the data folder takes what is written.
pub trait Condition: Send + Sync {
    /// Why it does not; none where it does.
    fn problem(&self) -> Option<String>;
}

/// All is well.
impl Condition for () {
    fn problem(&self) -> Option<String> {
        None
    }
}
