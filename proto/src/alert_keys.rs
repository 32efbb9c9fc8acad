//! The keys of the table entries that belong to one alert.

use crate::ids::AlertId;
use crate::token;

/// What keys in `wf_subscriptions` begin with that hold an
/// [`AlertHandlingRecord`](crate::AlertHandlingRecord).
pub const HANDLING_PREFIX: &str = "alert.";
/// What keys in `wf_deliveries` end with that hold an
/// [`AlertAttemptsRecord`](crate::AlertAttemptsRecord).
pub const ATTEMPTS_SUFFIX: &str = ".attempts";

/// In `wf_deliveries`: the sequences of the dead letters that were replayed, as a JSON list.
pub const REPLAYED_KEY: &str = "replayed";

/// In `wf_deliveries`: the mark that the target of a delivery is gone.
#[must_use]
pub fn gone_key(delivery: &str) -> String {
    format!("{delivery}.gone")
}

/// In `wf_subscriptions`: what people did with an alert.
#[must_use]
pub fn handling_key(alert: &AlertId) -> String {
    format!("{HANDLING_PREFIX}{}", token::escape(&alert.to_string()))
}

/// In `wf_deliveries`: what a delivery's target has taken of an alert.
#[must_use]
pub fn taken_key(delivery: &str, alert: &AlertId) -> String {
    format!("{delivery}.{}", token::escape(&alert.to_string()))
}

/// In `wf_deliveries`: what came of each attempt to hand an alert to a delivery.
#[must_use]
pub fn attempts_key(delivery: &str, alert: &AlertId) -> String {
    format!("{}{ATTEMPTS_SUFFIX}", taken_key(delivery, alert))
}
