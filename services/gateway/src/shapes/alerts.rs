//! Alerts with their life.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{Alert, AlertReason, AlertState, Tag, Volume};

/// `GET /api/v1/alerts`: alerts, the last changed first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertPage {
    /// `wirefold.api.alerts/1`.
    pub schema: Tag<Self>,
    /// The alerts.
    pub alerts: Vec<AlertRow>,
    /// Pass it as `cursor` for the alerts after these; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An alert and how it came to be so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRow {
    /// Its last revision.
    pub alert: Alert,
    /// All its revisions, the first first.
    pub revisions: Vec<AlertRevision>,
}

/// One revision of an alert, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRevision {
    /// The revision, from 1.
    pub revision: u64,
    /// The stream time of it.
    pub at: Timestamp,
    /// Where the alert stood in its life.
    pub state: AlertState,
    /// Whether it rang.
    pub volume: Volume,
    /// Why there is it.
    pub reasons: Vec<AlertReason>,
    /// Whether delivery waited.
    pub held: bool,
}

super::api_message!(AlertPage = "alerts");
