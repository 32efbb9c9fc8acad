//! Messages that a stage gave up on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{DeadLetter, Tag};

/// `GET /api/v1/dead`: dead letters, the newest first, without the messages themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadPage {
    /// `wirefold.api.dead/1`.
    pub schema: Tag<Self>,
    /// The dead letters.
    pub dead: Vec<DeadRow>,
    /// How many are kept in all.
    pub kept: u64,
}

/// A dead letter and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadRow {
    /// Its sequence in `WF_DEAD`.
    pub sequence: u64,
    /// The dead letter.
    pub letter: DeadLetter,
}

/// `GET /api/v1/dead/{sequence}`: a dead letter with its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadDetail {
    /// `wirefold.api.deadletter/1`.
    pub schema: Tag<Self>,
    /// Its sequence in `WF_DEAD`.
    pub sequence: u64,
    /// The dead letter.
    pub letter: DeadLetter,
}

/// `POST /api/v1/dead/{sequence}/replay`: what came of another try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replayed {
    /// `wirefold.api.replayed/1`.
    pub schema: Tag<Self>,
    /// Its sequence in `WF_DEAD`.
    pub sequence: u64,
    /// What was done, for people.
    pub outcome: String,
}

super::api_message!(DeadPage = "dead", DeadDetail = "deadletter", Replayed = "replayed");
