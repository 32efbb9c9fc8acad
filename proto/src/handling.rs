//! `wirefold.alert.handling/1`: the mute of one alert.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alert_link::LINK_COMMAND;
use crate::codec::message;
use crate::control::{Command, ControlCommand};
use crate::ids::AlertId;
use crate::tag::Tag;

/// Whether people muted one alert: `wf_subscriptions`, key `alert.<escaped alert id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertHandlingRecord {
    /// `wirefold.alert.handling/1`.
    pub schema: Tag<Self>,
    /// The alert.
    pub alert: AlertId,
    /// The end of its mute; a time in the past: the mute is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<Timestamp>,
    /// Whether corrections and retractions notify while it is muted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub except_corrections: bool,
    /// The links of messages that were used, as ids of their commands: each works once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
}

message!(AlertHandlingRecord = "wirefold.alert.handling" / 1);

/// How long a mute without an end lasts, and a record without effect is stored: longer than any alert lives without news.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 30);
/// The most used links that are stored for one alert. Beyond that, only the mute is stored.
const LINKS: usize = 64;

impl AlertHandlingRecord {
    /// The record of an alert that nobody handled.
    #[must_use]
    pub const fn new(alert: AlertId) -> Self {
        Self {
            schema: Tag::new(),
            alert,
            muted_until: None,
            except_corrections: false,
            links: Vec::new(),
        }
    }

    /// The record after a command; `None` if that changes nothing, as of a link that was used.
    #[must_use]
    pub fn after(before: Option<&Self>, given: &ControlCommand) -> Option<Self> {
        let Command::AlertMute { alert, until, except_corrections } = &given.command else {
            return None;
        };
        let mut record = before.cloned().unwrap_or_else(|| Self::new(alert.clone()));
        if given.id.starts_with(LINK_COMMAND) {
            if record.links.contains(&given.id) {
                return None;
            }
            record.links.push(given.id.clone());
            record.links.drain(..record.links.len().saturating_sub(LINKS));
        }
        let latest = after_longest(given.at);
        let until = until.map_or(latest, |until| until.min(latest)).max(given.at);
        record.muted_until = Some(until);
        record.except_corrections = *except_corrections;
        Some(record)
    }

    /// Whether it has no effect after this time.
    #[must_use]
    pub fn is_over(&self, at: Timestamp) -> bool {
        self.muted_until.is_none_or(|last| after_longest(last) < at)
    }
}

fn after_longest(at: Timestamp) -> Timestamp {
    at.checked_add(LONGEST).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(id: &str, by: &str, command: &str) -> ControlCommand {
        let command = command.replace("ALERT", r#""alert":"ferries:e-4t21bmkkybngq0fnv40tbrc7v2""#);
        let text = format!(
            r#"{{"schema":"wirefold.control/2","id":"{id}","at":"2026-03-01T12:00:00Z","by":"{by}","command":{command}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_link_works_once() {
        let link = given("link-x", "link", r#"{"do":"alert.mute",ALERT}"#);
        let record = AlertHandlingRecord::after(None, &link).unwrap();
        assert_eq!(AlertHandlingRecord::after(Some(&record), &link), None);
    }
}
