//! `wirefold.alert.attempts/1`: the outcome of each attempt to deliver an alert.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::{Tag, message};

/// The attempts to send one alert to one delivery: `wf_deliveries`, key `<delivery>.<escaped alert
/// id>.attempts`. Only the newest are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertAttemptsRecord {
    /// `wirefold.alert.attempts/1`.
    pub schema: Tag<Self>,
    /// The attempts, the oldest first.
    pub attempts: Vec<AlertAttempt>,
}

message!(AlertAttemptsRecord = "wirefold.alert.attempts" / 1);

/// One attempt to send a revision of an alert to a delivery's target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertAttempt {
    /// The revision.
    pub revision: u64,
    /// When it began.
    pub at: Timestamp,
    /// Its result.
    pub outcome: AttemptOutcome,
    /// The answer of the target, or why it was not reached; absent if it accepted the revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The earliest time of the next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
}

/// The result of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// There is no result yet. It stays so if the process ends before one comes.
    Open,
    /// The target accepted it.
    Taken,
    /// It failed and is tried again.
    Failed,
    /// It failed and is not tried again: see the dead letters.
    GivenUp,
}
