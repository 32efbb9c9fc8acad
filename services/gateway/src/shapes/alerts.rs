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
    /// How many there are, on all pages.
    #[serde(default)]
    pub counts: AlertCounts,
    /// The alerts.
    pub alerts: Vec<AlertRow>,
    /// Pass it as `cursor` for the alerts after these; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Alerts, counted. An alert is one of a subscription about one event or story; it may notify several
/// times, or never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertCounts {
    /// Alerts.
    pub alerts: u64,
    /// Those of them that notified at least once.
    pub notified: u64,
    /// Those of them of which a revision was held back and nothing has notified yet.
    pub held: u64,
}

/// An alert and how it came to be so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRow {
    /// Its last revision.
    pub alert: Alert,
    /// All its revisions, the first first.
    pub revisions: Vec<AlertRevision>,
    /// What people did with it: muted or acknowledged it; absent where they did nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<AlertHandlingRecord>,
}

/// `POST /api/v1/alerts/{id}/mute`: keep one alert silent, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteAlertRequest {
    /// Until when; absent: until it is over, which is at most 30 days. A time in the past unmutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Whether corrections and retractions notify all the same.
    #[serde(default)]
    pub except_corrections: bool,
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

impl AlertRevision {
    /// An alert's revision in short.
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

/// `GET /api/v1/alerts/{id}`: the life of an alert, and what its deliveries took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertDetail {
    /// `wirefold.api.alert/1`.
    pub schema: Tag<Self>,
    /// Its last revision.
    pub alert: Alert,
    /// All its revisions that are kept, the first first; at most 200, the newest.
    pub revisions: Vec<Alert>,
    /// The deliveries of its subscription, as far as they have come with it.
    pub deliveries: Vec<AlertDelivery>,
    /// Revisions that a delivery gave up on, the newest first.
    pub dead: Vec<DeadRow>,
}

/// How far a delivery has come with an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertDelivery {
    /// Its name.
    pub delivery: String,
    /// The newest revision that its target took; 0 where it took none.
    pub taken: u64,
    /// The newest loud one; 0 where it took none.
    pub taken_loud: u64,
    /// Its newest attempts, the first first: at most 20 of a revision, and 60 in all.
    #[serde(default)]
    pub attempts: Vec<AlertAttempt>,
}

/// `POST /api/v1/alerts/{id}/replay`: send it again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResendRequest {
    /// The delivery; absent: each that its subscription names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
}

/// What became of an alert that was sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResendReport {
    /// `wirefold.api.resent/1`.
    pub schema: Tag<Self>,
    /// The alert.
    pub alert: AlertId,
    /// The revision that was sent.
    pub revision: u64,
    /// What became of it, by delivery.
    pub deliveries: Vec<Resent>,
}

/// What became of a message at a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resent {
    /// Its name.
    pub delivery: String,
    /// Whether the target took it.
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
    /// What each subscription made of it, by id.
    pub subscriptions: Vec<ArticleAlert>,
}

/// What a subscription made of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleAlert {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// What came of it.
    pub outcome: ArticleOutcome,
    /// Why, for people.
    pub why: String,
    /// Whether its text only mentions what is asked for.
    #[serde(default)]
    pub in_passing: bool,
    /// The words of the query that it has, with where: `title`, `lede`, `text` or `field`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<FoundWord>,
    /// The alert that tells of it, or counts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertId>,
    /// The revision that first did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<AlertRevision>,
}

/// What came of an article for a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArticleOutcome {
    /// A revision that notified tells of it.
    Notified,
    /// A revision that was silent tells of it.
    Silent,
    /// The revision that tells of it was held back.
    Held,
    /// It does not match; an alert about its event or story counts it.
    Counted,
    /// It matches, and there is no alert.
    NoAlert,
    /// It does not match.
    NoMatch,
    /// It stood in its feed before the feed was followed.
    Baseline,
    /// The subscription has a problem.
    Problem,
}

/// A word of a query, and where an article has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundWord {
    /// The word, phrase or field as the query writes it.
    pub word: String,
    /// Where: `title`, `lede`, `text`, or `field` for what is known of the article besides.
    pub place: String,
}

super::api_message!(
    AlertPage = "alerts",
    AlertDetail = "alert",
    ResendReport = "resent",
    SwitchedOn = "switchedon",
    ArticleAlerts = "articlealerts",
);
