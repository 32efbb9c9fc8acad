//! The keys of entries that several stages read in the tables.

use crate::ids::{AlertId, Target};
use crate::token;

/// The prefix of the keys in `wf_subscriptions` of [`AlertHandlingRecord`](crate::AlertHandlingRecord)s.
pub const HANDLING_PREFIX: &str = "alert.";
/// The prefix of the keys in `wf_subscriptions` of [`AcknowledgementRecord`](crate::AcknowledgementRecord)s.
pub const ACKNOWLEDGED_PREFIX: &str = "acknowledged.";
/// The suffix of the keys in `wf_deliveries` of [`AlertAttemptsRecord`](crate::AlertAttemptsRecord)s.
pub const ATTEMPTS_SUFFIX: &str = ".attempts";

/// In `wf_deliveries`: the sequences of replayed dead letters, as a JSON list of ranges.
pub const REPLAYED_KEY: &str = "replayed";

/// In `wf_deliveries`: the deliveries that people added, with their secrets, as a JSON list.
pub const ADDED_KEY: &str = "added";

/// In `wf_feeds`: the sequence of the last command that the fetcher carried out.
pub const FEEDS_REACHED_KEY: &str = "control";

/// In `wf_subscriptions`: the place of the last command that the alerter carried out. It begins with the sequence and a slash.
pub const SUBSCRIPTIONS_REACHED_KEY: &str = "control_reached";

/// In `wf_deliveries`: the mark that the target of a delivery is gone.
#[must_use]
pub fn gone_key(delivery: &str) -> String {
    format!("{delivery}.gone")
}

/// In `wf_subscriptions`: who has an event or a story.
#[must_use]
pub fn acknowledged_key(of: Target) -> String {
    format!("{ACKNOWLEDGED_PREFIX}{of}")
}

/// In `wf_subscriptions`: whether people muted an alert.
#[must_use]
pub fn handling_key(alert: &AlertId) -> String {
    format!("{HANDLING_PREFIX}{}", token::escape(&alert.to_string()))
}

/// In `wf_deliveries`: the last revision of an alert that a delivery's target accepted.
#[must_use]
pub fn taken_key(delivery: &str, alert: &AlertId) -> String {
    format!("{delivery}.{}", token::escape(&alert.to_string()))
}

/// In `wf_deliveries`: the attempts of a delivery to send an alert.
#[must_use]
pub fn attempts_key(delivery: &str, alert: &AlertId) -> String {
    format!("{}{ATTEMPTS_SUFFIX}", taken_key(delivery, alert))
}
