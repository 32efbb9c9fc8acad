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
    /// The ids of the subscriptions with a command that is not carried out yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<String>,
}

/// `POST /api/v1/subscriptions/{id}/mute`: mute or unmute a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteRequest {
    /// The end of the mute; absent: until it is unmuted. A time in the past unmutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// `POST /api/v1/subscriptions/test`: the alerts that a subscription would have sent.
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

/// The alerts that a subscription would have sent, and how many copies it would have folded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RehearsalReport {
    /// `wirefold.api.rehearsal/2`.
    pub schema: Tag<Self>,
    /// How many hours back.
    pub hours: u32,
    /// The report of the alerter.
    pub report: serde_json::Value,
}

impl RehearsalReport {
    /// The report as far as this release knows it.
    ///
    /// # Errors
    /// If a part of it has an unexpected form.
    pub fn read(&self) -> Result<Rehearsal, serde_json::Error> {
        Rehearsal::deserialize(&self.report)
    }
}

/// A command was stored; it takes effect within a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// `wirefold.api.accepted/2`.
    pub schema: Tag<Self>,
    /// The command as stored in `WF_CONTROL`.
    pub command: ControlCommand,
}

super::api_message!(
    SubscriptionList = "subscriptions" / 2,
    RehearsalReport = "rehearsal" / 2,
    Accepted = "accepted" / 2,
);
