//! How much is stored.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::Tag;

/// `GET /api/v1/storage`: what the streams hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StorageReport {
    /// `wirefold.api.storage/1`.
    pub schema: Tag<Self>,
    /// When the answer was made.
    pub at: Timestamp,
    /// Every stream.
    pub streams: Vec<StreamUse>,
}

/// The content of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreamUse {
    /// Its name, such as `WF_FETCHED`.
    pub name: String,
    /// Messages kept.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The time of the oldest of them; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// The time of the newest of them; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
}

super::api_message!(StorageReport = "storage");
