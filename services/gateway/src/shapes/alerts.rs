//! Alerts with their revisions and deliveries.

use super::DeadRow;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{
    Alert, AlertAttempt, AlertHandlingRecord, AlertId, AlertReason, AlertState, ArticleId,
    SubscriptionId, Tag, Volume,
};

/// `GET /api/v1/alerts`: alerts, the last changed first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertPage {
    /// `wirefold.api.alerts/1`.
    pub schema: Tag<Self>,
    /// The numbers of all pages.
    #[serde(default)]
    pub counts: AlertCounts,
    /// The alerts.
    pub alerts: Vec<AlertRow>,
    /// Pass it as `cursor` for the alerts after these; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Numbers of alerts. An alert belongs to one subscription and one event or story. It may notify several
/// times, or never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertCounts {
    /// Alerts.
    pub alerts: u64,
    /// Those that notified at least once.
    pub notified: u64,
    /// Those with a held revision that have not notified yet.
    pub held: u64,
}

/// An alert with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRow {
    /// Its last revision.
    pub alert: Alert,
    /// All its revisions, the oldest first.
    pub revisions: Vec<AlertRevision>,
    /// Whether people muted or acknowledged it; absent if they did neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<AlertHandlingRecord>,
}

/// `POST /api/v1/alerts/{id}/mute`: mute or unmute one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteAlertRequest {
    /// The end of the mute; absent: until the alert is over, at most 30 days. A time in the past unmutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Whether corrections and retractions still notify.
    #[serde(default)]
    pub except_corrections: bool,
}

/// One revision of an alert, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRevision {
    /// The revision, from 1.
    pub revision: u64,
    /// Its time in the stream.
    pub at: Timestamp,
    /// The state of the alert.
    pub state: AlertState,
    /// Whether it notified.
    pub volume: Volume,
    /// Its reasons.
    pub reasons: Vec<AlertReason>,
    /// Whether it was held.
    pub held: bool,
}

impl AlertRevision {
    /// The short form of a revision.
    pub(crate) fn of(alert: &Alert) -> Self {
        Self {
            revision: alert.revision,
            at: alert.at,
            state: alert.state,
            volume: alert.volume,
            reasons: alert.reasons.clone(),
            held: alert.held.is_some(),
        }
    }
}

/// `GET /api/v1/alerts/{id}`: the history of an alert, and what its deliveries accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertDetail {
    /// `wirefold.api.alert/1`.
    pub schema: Tag<Self>,
    /// Its last revision.
    pub alert: Alert,
    /// Its stored revisions, the oldest first; at most the 200 newest.
    pub revisions: Vec<Alert>,
    /// The deliveries of its subscription, with what they accepted.
    pub deliveries: Vec<AlertDelivery>,
    /// Revisions that a delivery gave up on and that were not replayed, the newest first.
    pub dead: Vec<DeadRow>,
}

/// The revisions of an alert that a delivery has accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertDelivery {
    /// Its name.
    pub delivery: String,
    /// The newest revision that its target accepted; 0 if there is none.
    pub taken: u64,
    /// The newest loud revision that its target accepted; 0 if there is none.
    pub taken_loud: u64,
    /// Its newest attempts, the oldest first: at most 20 of a revision, and 60 in all.
    #[serde(default)]
    pub attempts: Vec<AlertAttempt>,
}

/// `POST /api/v1/alerts/{id}/replay`: send it again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResendRequest {
    /// The delivery; absent: all deliveries of its subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
}

/// The result of sending an alert again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResendReport {
    /// `wirefold.api.resent/1`.
    pub schema: Tag<Self>,
    /// The alert.
    pub alert: AlertId,
    /// The revision that was sent.
    pub revision: u64,
    /// The result for each delivery.
    pub deliveries: Vec<Resent>,
}

/// The result for one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resent {
    /// Its name.
    pub delivery: String,
    /// Whether the target accepted it.
    pub taken: bool,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// `POST /api/v1/deliveries/{name}/switch-on`: whether a delivery was off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SwitchedOn {
    /// `wirefold.api.switchedon/1`.
    pub schema: Tag<Self>,
    /// The delivery.
    pub delivery: String,
    /// Whether it was off because its target had answered 410.
    pub was_off: bool,
}

/// `GET /api/v1/articles/{id}/alerts`: why each subscription did or did not alert on an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleAlerts {
    /// `wirefold.api.articlealerts/1`.
    pub schema: Tag<Self>,
    /// The article.
    pub article: ArticleId,
    /// Its publisher, for people.
    pub outlet: String,
    /// Its title.
    pub title: String,
    /// The outcome for each subscription, by id.
    pub subscriptions: Vec<ArticleAlert>,
}

/// The outcome of an article for a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleAlert {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The outcome.
    pub outcome: ArticleOutcome,
    /// Why, for people.
    pub why: String,
    /// Whether its text only mentions the subject in passing.
    #[serde(default)]
    pub in_passing: bool,
    /// The words of the query that it has, with where: `title`, `lede`, `text` or `field`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<FoundWord>,
    /// The alert that reports or counts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertId>,
    /// The first revision that does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<AlertRevision>,
}

/// The outcome of an article for a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArticleOutcome {
    /// A revision that notified reports it.
    Notified,
    /// A silent revision reports it.
    Silent,
    /// A held revision reports it.
    Held,
    /// It does not match, but an alert about its event or story counts it.
    Counted,
    /// It matches, but there is no alert.
    NoAlert,
    /// It does not match.
    NoMatch,
    /// It was in its feed before the feed was followed.
    Baseline,
    /// The subscription has a problem.
    Problem,
}

/// A word of a query, and where an article has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundWord {
    /// The word, phrase or field as the query writes it.
    pub word: String,
    /// Where: `title`, `lede`, `text`, or `field` for other data of the article.
    pub place: String,
}

super::api_message!(
    AlertPage = "alerts",
    AlertDetail = "alert",
    ResendReport = "resent",
    SwitchedOn = "switchedon",
    ArticleAlerts = "articlealerts",
);
