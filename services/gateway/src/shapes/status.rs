//! The state of the whole installation.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{HealthCondition, Tag};

use super::alerts::AlertCounts;

/// `GET /api/v1/status`: how the whole is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// `wirefold.api.status/2`.
    pub schema: Tag<Self>,
    /// The release that runs.
    pub release: String,
    /// Whether all of it is a demonstration on made-up articles.
    pub demo: bool,
    /// When the answer was made.
    pub at: Timestamp,
    /// Seconds since it was started.
    pub uptime_seconds: u64,
    /// The last hour.
    pub hour: HourCounts,
    /// The feeds by how they are doing.
    pub feeds: FeedCounts,
    /// Articles that can be shown.
    pub articles: u64,
    /// Alerts that can be shown.
    #[serde(default)]
    pub alerts: AlertCounts,
    /// Messages that a stage gave up on and that are still kept.
    pub dead: u64,
    /// The sequence in `WF_OUTPUT` up to which the answers of this API reach.
    #[serde(alias = "place")]
    pub sequence: u64,
    /// How many messages of `WF_OUTPUT` are not in the answers yet.
    pub lag: u64,
    /// What is wrong with this installation.
    #[serde(default)]
    pub health: HealthStatus,
    /// Where people reach the page.
    #[serde(default)]
    pub page: PageStatus,
}

/// What is wrong with this installation, as the alerter sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthStatus {
    /// When the alerter looked last; absent where it never did. It looks every few minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The open conditions, those first that endanger news or data.
    #[serde(default)]
    pub conditions: Vec<HealthCondition>,
}

/// Where people reach the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PageStatus {
    /// Its address, such as `http://127.0.0.1:8787`.
    pub address: String,
    /// Whether those who come over the network are asked for a token.
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
    /// `copies` by `articles`, 0 to 1; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_folded: Option<f64>,
    /// The median of the milliseconds from an article's first sight to its verdict in the output;
    /// absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetch_to_fold_ms: Option<u64>,
}

/// The feeds by how they are doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedCounts {
    /// Not polled yet.
    pub waiting: u32,
    /// Read well the last time.
    pub good: u32,
    /// Failing.
    pub failing: u32,
    /// Gone for good.
    pub gone: u32,
    /// Those of the failing that wirefold reads no more, since it crashed twice while it read them.
    #[serde(default)]
    pub set_aside: u32,
}

super::api_message!(Status = "status" / 2);
