//! The settings. Their doc comments are the reference: `docs/config.md` and the file that `init` writes are
//! made from them.

mod access;
mod budget;
mod bus;
mod delivery;
mod detector;
mod feed;
mod health;
mod nats;
mod page;
mod quiet;
mod subscription;
mod value;

use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{FullText, Interval, TextPolicy};

pub(crate) use access::AccessConfig;
pub(crate) use budget::BudgetConfig;
pub(crate) use bus::BusConfig;
pub(crate) use delivery::{DeliveryConfig, DeliveryKind};
pub(crate) use detector::DetectorConfig;
pub(crate) use feed::{FeedConfig, OpmlConfig, SourceConfig, SourceKind};
pub(crate) use health::HealthConfig;
pub(crate) use nats::NatsConfig;
pub(crate) use page::PageConfig;
pub(crate) use subscription::SubscriptionConfig;
pub(crate) use value::{Address, Network};

/// The settings of the pipeline. Flags set the behaviour of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The folder for all stored data. `~/` at its start is the home folder. If `XDG_DATA_HOME` is set, the
    /// default is `wirefold` in there.
    pub(crate) data: PathBuf,
    /// How long an article is compared with new ones.
    pub(crate) window: Interval,
    /// How much of a text leaves wirefold, in feeds and API: `none`, the first words (`lead`) or `full`.
    /// Matching and comparing always use the whole text.
    pub(crate) text_policy: TextPolicy,
    /// Whether article pages are fetched for their text, if a feed does not say: `auto` fetches them if the
    /// feed gives only teasers and the site allows it.
    pub(crate) full_text: FullText,
    /// The level of the log: `error`, `warn`, `info`, `debug` or `trace`, also by part, such as
    /// `info,wirefold_fetcher=debug`. If it is not set and `up` shows its lines on a terminal, the level
    /// there is `warn`; `-v` shows the rest.
    pub(crate) log: String,
    /// The form of the log: `auto` is text on a terminal and JSON otherwise.
    pub(crate) log_format: LogFormat,
    /// The page, the feeds out and the API.
    pub(crate) page: PageConfig,
    /// Health and metrics.
    pub(crate) operations: OperationsConfig,
    /// The heartbeat.
    pub(crate) health: HealthConfig,
    /// The bus between the stages.
    pub(crate) bus: BusConfig,
    /// How long data is stored.
    pub(crate) retention: RetentionConfig,
    /// How feeds are polled.
    pub(crate) fetcher: FetcherConfig,
    /// Limits for one feed, one site and one host.
    pub(crate) budget: BudgetConfig,
    /// The thresholds for copies and events.
    pub(crate) detector: DetectorConfig,
    /// A feed that is polled.
    pub(crate) feed: Vec<FeedConfig>,
    /// A remote list of feeds (OPML). wirefold keeps your feeds in step with it.
    pub(crate) opml: Vec<OpmlConfig>,
    /// Settings for all feeds and pages below an address; the longest matching address applies.
    pub(crate) access: Vec<AccessConfig>,
    /// A file or folder that articles are read from.
    pub(crate) source: Vec<SourceConfig>,
    /// A subject of a NATS server that articles are read from.
    pub(crate) nats: Vec<NatsConfig>,
    /// A query that alerts.
    pub(crate) subscription: Vec<SubscriptionConfig>,
    /// A target of alerts.
    pub(crate) delivery: Vec<DeliveryConfig>,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// A line of text.
    Text,
    /// A line of JSON.
    Json,
}

/// Health and metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OperationsConfig {
    /// The address that serves `/healthz`, `/readyz` and `/metrics`.
    pub(crate) listen: SocketAddr,
}

/// How long data is stored. Fetched texts are stored for 14 days, or for the window and one day if
/// that is longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RetentionConfig {
    /// How long the output stream keeps articles with their verdicts.
    pub(crate) output: Interval,
    /// How long alerts are stored.
    pub(crate) alerts: Interval,
    /// The most bytes that fetched texts take. All other streams together may take as much again, and so may
    /// the window of comparison. If the window is full, articles leave it early, first those of the sites
    /// that have most.
    pub(crate) max_bytes: u64,
}

/// How feeds are polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FetcherConfig {
    /// The name that wirefold sends to sites; by default `wirefold/` and its version. The part
    /// before the `/` is its name in robots.txt.
    pub(crate) user_agent: Option<String>,
    /// A page or an e-mail address where the operator of a site can reach you. It is added to the
    /// user agent.
    pub(crate) contact: Option<String>,
    /// The shortest time between two polls of one feed.
    pub(crate) min_interval: Interval,
    /// The longest time between two polls of one feed.
    pub(crate) max_interval: Interval,
    /// The shortest time between two requests to one host.
    pub(crate) per_host_delay: Interval,
    /// The most requests at one time.
    pub(crate) concurrency: u32,
    /// Private networks that feeds and deliveries may be in. Each is open only to feeds whose own address is
    /// in it, and to their links and redirects there. wirefold refuses all others, so that no feed can make
    /// this machine send requests into its own network.
    pub(crate) allow_private: Vec<Network>,
    /// Names of hosts that feeds and pages may be on even if their addresses are private, such as
    /// `nas.local`.
    pub(crate) allow_hosts: Vec<String>,
}

const DAY: u32 = 24 * 3600;

/// A port that only this machine reaches.
const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), port)
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("~/.local/share/wirefold"),
            window: Interval::from_seconds(7 * DAY),
            text_policy: TextPolicy::Lead,
            full_text: FullText::Auto,
            log: "info".to_owned(),
            log_format: LogFormat::Auto,
            page: PageConfig::default(),
            operations: OperationsConfig::default(),
            health: HealthConfig::default(),
            bus: BusConfig::default(),
            retention: RetentionConfig::default(),
            fetcher: FetcherConfig::default(),
            budget: BudgetConfig::default(),
            detector: DetectorConfig::default(),
            feed: Vec::new(),
            opml: Vec::new(),
            access: Vec::new(),
            source: Vec::new(),
            nats: Vec::new(),
            subscription: Vec::new(),
            delivery: Vec::new(),
        }
    }
}

impl Default for OperationsConfig {
    fn default() -> Self {
        Self { listen: loopback(9787) }
    }
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self {
            output: Interval::from_seconds(30 * DAY),
            alerts: Interval::from_seconds(90 * DAY),
            max_bytes: 1 << 30,
        }
    }
}

impl Default for FetcherConfig {
    fn default() -> Self {
        Self {
            user_agent: None,
            contact: None,
            min_interval: Interval::from_seconds(600),
            max_interval: Interval::from_seconds(DAY),
            per_host_delay: Interval::from_seconds(1),
            concurrency: 32,
            allow_private: Vec::new(),
            allow_hosts: Vec::new(),
        }
    }
}

impl FetcherConfig {
    /// Its name for sites, and the contact.
    pub(crate) fn full_user_agent(&self) -> String {
        let own = || concat!("wirefold/", env!("CARGO_PKG_VERSION")).to_owned();
        let name = self.user_agent.clone().unwrap_or_else(own);
        match &self.contact {
            Some(contact) => format!("{name} (+{contact})"),
            None => name,
        }
    }
}
