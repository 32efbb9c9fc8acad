//! The state of the whole installation.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{HealthCondition, Tag};

use super::alerts::AlertCounts;

/// `GET /api/v1/status`: the state of the whole installation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// `wirefold.api.status/2`.
    pub schema: Tag<Self>,
    /// The release that runs.
    pub release: String,
    /// Whether this is the demo with made-up articles.
    pub demo: bool,
    /// When the answer was made.
    pub at: Timestamp,
    /// Seconds since it was started.
    pub uptime_seconds: u64,
    /// The last hour.
    pub hour: HourCounts,
    /// The feeds by health.
    pub feeds: FeedCounts,
    /// Articles that can be shown.
    pub articles: u64,
    /// Alerts that can be shown.
    #[serde(default)]
    pub alerts: AlertCounts,
    /// Messages that a stage gave up on and that are still stored.
    pub dead: u64,
    /// The sequence in `WF_OUTPUT` up to which the answers of this API reach.
    #[serde(alias = "place")]
    pub sequence: u64,
    /// How many messages of `WF_OUTPUT` are not in the answers yet.
    pub lag: u64,
    /// The health conditions of this installation.
    #[serde(default)]
    pub health: HealthStatus,
    /// The address of the page.
    #[serde(default)]
    pub page: PageStatus,
}

/// The health conditions of this installation, as the alerter sees them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthStatus {
    /// The time of the alerter's last check, which it makes every few minutes; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The open conditions, first those that endanger news or data.
    #[serde(default)]
    pub conditions: Vec<HealthCondition>,
}

/// The address of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PageStatus {
    /// Its address, such as `http://127.0.0.1:8787`.
    pub address: String,
    /// Whether requests from the network need a token.
    pub asks_for_tokens: bool,
}

/// The last sixty minutes, by when articles were seen here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HourCounts {
    /// Articles seen.
    pub articles: u64,
    /// Stories they belong to.
    pub stories: u64,
    /// Events those belong to.
    pub events: u64,
    /// Alerts that opened or changed.
    pub alerts: u64,
    /// Those of them that notified.
    #[serde(default)]
    pub notified: u64,
    /// Articles folded as copies.
    pub copies: u64,
    /// `copies` divided by `articles`, 0 to 1; absent without articles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_folded: Option<f64>,
    /// The median of the milliseconds from an article's first sight to its verdict in the output; absent
    /// without articles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetch_to_fold_ms: Option<u64>,
}

/// The feeds by health.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedCounts {
    /// Not polled yet.
    pub waiting: u32,
    /// The last poll succeeded.
    pub good: u32,
    /// Failing.
    pub failing: u32,
    /// Gone for good.
    pub gone: u32,
    /// Failing feeds that are set aside.
    #[serde(default)]
    pub set_aside: u32,
}

super::api_message!(Status = "status" / 2);
