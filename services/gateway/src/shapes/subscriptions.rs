//! Subscriptions: lists, rehearsals, and the answer to commands.

use super::Rehearsal;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{ControlCommand, SubscriptionRecord, SubscriptionSettings, Tag};

/// `GET /api/v1/subscriptions`: every subscription in force, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionList {
    /// `wirefold.api.subscriptions/2`.
    pub schema: Tag<Self>,
    /// The subscriptions.
    pub subscriptions: Vec<SubscriptionRecord>,
    /// The ids of those that a command put which is not carried out yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<String>,
}

/// `POST /api/v1/subscriptions/{id}/mute`: keep it silent, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteRequest {
    /// Until when; absent: until it is unmuted. A time in the past unmutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// `POST /api/v1/subscriptions/test`: what would a subscription have sent?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RehearsalRequest {
    /// The subscription.
    pub subscription: SubscriptionSettings,
    /// How many hours back, 1 to 720; absent: 24.
    #[serde(default = "a_day")]
    pub hours: u32,
}

fn a_day() -> u32 {
    24
}

/// What a subscription would have sent, and how many copies it would have folded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RehearsalReport {
    /// `wirefold.api.rehearsal/2`.
    pub schema: Tag<Self>,
    /// How many hours back.
    pub hours: u32,
    /// What would have been sent, as the alerter says it.
    pub report: serde_json::Value,
}

impl RehearsalReport {
    /// The report as far as this release knows it.
    ///
    /// # Errors
    /// Where something in it is not what it is known as.
    pub fn read(&self) -> Result<Rehearsal, serde_json::Error> {
        Rehearsal::deserialize(&self.report)
    }
}

/// A command was stored; it takes effect within a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// `wirefold.api.accepted/2`.
    pub schema: Tag<Self>,
    /// The command as it stands in `WF_CONTROL`.
    pub command: ControlCommand,
}

super::api_message!(
    SubscriptionList = "subscriptions" / 2,
    RehearsalReport = "rehearsal" / 2,
    Accepted = "accepted" / 2,
);
