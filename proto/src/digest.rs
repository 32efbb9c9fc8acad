//! Digests: `wirefold.alert.digest/1`, the alerts of a subscription that gathers its messages, and
//! `wirefold.feed.digest/2`, a weekly message about feeds with problems.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alert::Alert;
use crate::codec::{Tag, message};
use crate::feed_finding::FeedFinding;
use crate::ids::{FeedId, SubscriptionId};
use crate::records::FeedHealth;

/// The alerts of a subscription that gathers its messages, each in its state when the digest was due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertDigest {
    /// `wirefold.alert.digest/1`.
    pub schema: Tag<Self>,
    /// Its id, the same for each attempt to send it.
    pub id: String,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// When it was due.
    pub due: Timestamp,
    /// How many alerts are in it.
    pub count: u32,
    /// The alerts, at most 100, those with the most outlets first.
    pub alerts: Vec<Alert>,
}

message!(AlertDigest = "wirefold.alert.digest" / 1);

/// The feeds with problems, for a delivery with `feed_digest`. It is sent only if there are any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedDigest {
    /// `wirefold.feed.digest/2`.
    pub schema: Tag<Self>,
    /// Its id, the same for each attempt to send it.
    pub id: String,
    /// When it was composed.
    pub at: Timestamp,
    /// How many feeds there are.
    pub feeds: u32,
    /// How many of them have a problem.
    pub feeds_with_problems: u32,
    /// These feeds, at most 100, the worst first.
    pub problems: Vec<FeedProblem>,
}

message!(FeedDigest = "wirefold.feed.digest" / 2);

/// A feed with a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedProblem {
    /// The feed.
    pub feed: FeedId,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its address.
    pub url: String,
    /// Its state.
    pub health: FeedHealth,
    /// Since when it has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Its findings, the most urgent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FeedFinding>,
    /// The findings in words, with advice.
    pub words: String,
}
