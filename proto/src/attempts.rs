//! `wirefold.alert.attempts/1`: the outcome of each attempt to deliver an alert.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::message;
use crate::tag::Tag;

/// What came of each attempt to hand one alert to one delivery: `wf_deliveries`, key
/// `<delivery>.<escaped alert id>.attempts`. The newest are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertAttemptsRecord {
    /// `wirefold.alert.attempts/1`.
    pub schema: Tag<Self>,
    /// The attempts, the first first.
    pub attempts: Vec<AlertAttempt>,
}

message!(AlertAttemptsRecord = "wirefold.alert.attempts" / 1);

/// One attempt to hand a revision of an alert to a delivery's target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertAttempt {
    /// The revision.
    pub revision: u64,
    /// When it began.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// What the target said, or why it could not be asked; absent where it took the revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When it is tried again at the earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// There is no answer yet. It stays so where the process ended before one came.
    Open,
    /// The target took it.
    Taken,
    /// It is tried again.
    Failed,
    /// It is not tried again: see the dead letters.
    GivenUp,
}
