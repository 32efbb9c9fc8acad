//! `wirefold.alert.handling/1`: what people did about one alert.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alert_link::LINK_COMMAND;
use crate::codec::message;
use crate::control::{Command, ControlCommand, UNNAMED_SENDERS};
use crate::ids::AlertId;
use crate::tag::Tag;

/// Whether people muted or acknowledged one alert: `wf_subscriptions`, key `alert.<escaped alert id>`.
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
    /// When somebody acknowledged it. It is theirs until somebody releases it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Timestamp>,
    /// The sender of that command, as in the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<String>,
    /// Their note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
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
            acknowledged: None,
            acknowledged_by: None,
            note: None,
            links: Vec::new(),
        }
    }

    /// The record after a command; `None` if that changes nothing, as of a link that was used.
    #[must_use]
    pub fn after(before: Option<&Self>, given: &ControlCommand) -> Option<Self> {
        let alert = given.command.alert()?;
        let mut record = before.cloned().unwrap_or_else(|| Self::new(alert.clone()));
        if given.id.starts_with(LINK_COMMAND) {
            if record.links.contains(&given.id) {
                return None;
            }
            record.links.push(given.id.clone());
            record.links.drain(..record.links.len().saturating_sub(LINKS));
        }
        match &given.command {
            Command::AlertMute { until, except_corrections, .. } => {
                let latest = after_longest(given.at);
                let until = until.map_or(latest, |until| until.min(latest)).max(given.at);
                record.muted_until = Some(until);
                record.except_corrections = *except_corrections;
            }
            Command::AlertAcknowledge { note, release, .. } => {
                let is_taken = !release;
                record.acknowledged = is_taken.then_some(given.at);
                record.acknowledged_by = is_taken.then(|| given.by.clone());
                record.note = note.clone().filter(|_| is_taken);
            }
            _ => {}
        }
        Some(record)
    }

    /// Whether it has no effect after this time.
    #[must_use]
    pub fn is_over(&self, at: Timestamp) -> bool {
        self.muted_until.max(self.acknowledged).is_none_or(|last| after_longest(last) < at)
    }

    /// The acknowledgement, for people: `anna has it: calls the port`; `acknowledged` if its sender has no name.
    #[must_use]
    pub fn describe_acknowledgement(&self) -> Option<String> {
        self.acknowledged?;
        let name = self.acknowledged_by.as_deref().filter(|by| !UNNAMED_SENDERS.contains(by));
        let taken = name.map_or("acknowledged".to_owned(), |name| format!("{name} has it"));
        Some(self.note.as_ref().map_or(taken.clone(), |note| format!("{taken}: {note}")))
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
    fn an_alert_is_taken_with_a_note_and_released() {
        let after = |before: Option<&AlertHandlingRecord>, by, command| {
            AlertHandlingRecord::after(before, &given("1", by, command)).unwrap()
        };
        let taken = r#"{"do":"alert.acknowledge",ALERT,"note":"calls the port"}"#;
        let cases =
            [("anna", "anna has it: calls the port"), ("api", "acknowledged: calls the port")];
        for (by, expected) in cases {
            let record = after(None, by, taken);
            assert_eq!(record.describe_acknowledgement().as_deref(), Some(expected));
        }
        let plain =
            after(Some(&after(None, "anna", taken)), "ben", r#"{"do":"alert.acknowledge",ALERT}"#);
        assert_eq!(plain.describe_acknowledgement().as_deref(), Some("ben has it"));
        let muted = after(Some(&plain), "ben", r#"{"do":"alert.mute",ALERT}"#);
        assert_eq!(muted.muted_until, "2026-03-31T12:00:00Z".parse().ok());
        assert!(
            muted.describe_acknowledgement().is_some()
                && !muted.is_over(muted.muted_until.unwrap())
        );
        let released =
            after(Some(&plain), "ben", r#"{"do":"alert.acknowledge",ALERT,"release":true}"#);
        assert_eq!(released, AlertHandlingRecord::new(plain.alert));
        let other = r#"{"do":"feed.poll","feed":"x"}"#;
        assert_eq!(AlertHandlingRecord::after(None, &given("1", "ben", other)), None);
    }

    #[test]
    fn a_link_works_once() {
        let link = given("link-x", "link", r#"{"do":"alert.mute",ALERT}"#);
        let record = AlertHandlingRecord::after(None, &link).unwrap();
        assert_eq!(AlertHandlingRecord::after(Some(&record), &link), None);
    }
}
