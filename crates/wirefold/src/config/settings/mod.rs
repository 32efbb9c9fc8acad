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

/// What the pipeline is. How one run behaves is said by flags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The folder that holds everything that is kept. `~/` at its start is the home folder; where
    /// `XDG_DATA_HOME` is set, the default is `wirefold` in there.
    pub(crate) data: PathBuf,
    /// How far back an article is compared.
    pub(crate) window: Interval,
    /// How much of a text leaves wirefold, in feeds and API: `none`, the first words (`lead`) or
    /// `full`. Matching and comparing always use the whole text.
    pub(crate) text_policy: TextPolicy,
    /// Whether article pages are fetched for their text, where a feed does not say: `auto` fetches
    /// where the feed only teases and the site allows it.
    pub(crate) full_text: FullText,
    /// What is logged: `error`, `warn`, `info`, `debug` or `trace`, also by part, such as
    /// `info,wirefold_fetcher=debug`. Where it is not set and `up` shows its lines on a terminal,
    /// it logs `warn` there; `-v` shows the rest.
    pub(crate) log: String,
    /// How the log is written: `auto` is text on a terminal and JSON otherwise.
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
    /// What one feed, one site and one host may take.
    pub(crate) budget: BudgetConfig,
    /// What counts as a copy and what as one event.
    pub(crate) detector: DetectorConfig,
    /// A feed that is polled.
    pub(crate) feed: Vec<FeedConfig>,
    /// A list of feeds (OPML) at an address, which is kept in sync.
    pub(crate) opml: Vec<OpmlConfig>,
    /// What is special about all feeds and pages below an address; the closest one counts.
    pub(crate) access: Vec<AccessConfig>,
    /// A file or folder that articles are read from.
    pub(crate) source: Vec<SourceConfig>,
    /// A subject of a NATS server that articles are read from.
    pub(crate) nats: Vec<NatsConfig>,
    /// A query that alerts.
    pub(crate) subscription: Vec<SubscriptionConfig>,
    /// A way that alerts go.
    pub(crate) delivery: Vec<DeliveryConfig>,
}

/// How the log is written.
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
    /// Where `/healthz`, `/readyz` and `/metrics` are served.
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
    /// the window of comparison. Where that is full, articles leave it early: those of the sites that have most.
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
    /// Private networks that feeds and deliveries may be in. Each is open to feeds whose own address lies
    /// in it, and to what they link and redirect to there. wirefold refuses all others, so that no feed
    /// can make this machine send requests into its own network.
    pub(crate) allow_private: Vec<Network>,
    /// Names of hosts that feeds and pages may be on even if their addresses are private, such as
    /// `nas.local`.
    pub(crate) allow_hosts: Vec<String>,
}

const DAY: u32 = 24 * 3600;

/// A port of this machine alone.
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
    /// What it calls itself to sites, the contact with it.
    pub(crate) fn full_user_agent(&self) -> String {
        let own = || concat!("wirefold/", env!("CARGO_PKG_VERSION")).to_owned();
        let name = self.user_agent.clone().unwrap_or_else(own);
        match &self.contact {
            Some(contact) => format!("{name} (+{contact})"),
            None => name,
        }
    }
}
