//! Actions of people about alerts: `wirefold.alert.handling/1`, the mute of one alert, and
//! `wirefold.acknowledgement/1`, the person who has an event or a story.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alert_link::LINK_COMMAND;
use crate::codec::{Tag, message};
use crate::control::{Command, ControlCommand, UNNAMED_SENDERS};
use crate::ids::{AlertId, Target};

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

/// How long a mute without an end lasts, and an acknowledgement or a record without effect is stored: longer than any alert
/// lives without news.
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

/// The person who has an event or a story, with all alerts about it, until it is released: `wf_subscriptions`, key
/// `acknowledged.<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AcknowledgementRecord {
    /// `wirefold.acknowledgement/1`.
    pub schema: Tag<Self>,
    /// The event or story.
    pub of: Target,
    /// When somebody acknowledged or released it.
    pub at: Timestamp,
    /// The sender of that command, as in the command.
    pub by: String,
    /// Their note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether it was released: nobody has it since then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub released: bool,
}

message!(AcknowledgementRecord = "wirefold.acknowledgement" / 1);

impl AcknowledgementRecord {
    /// The record after a command; `None` if that does not acknowledge or release anything.
    #[must_use]
    pub fn after(given: &ControlCommand) -> Option<Self> {
        let Command::AlertAcknowledge { of, note, release } = &given.command else { return None };
        let note = note.clone().filter(|_| !release);
        let (by, released) = (given.by.clone(), *release);
        Some(Self { schema: Tag::new(), of: *of, at: given.at, by, note, released })
    }

    /// Whether it has no effect after this time.
    #[must_use]
    pub fn is_over(&self, at: Timestamp) -> bool {
        after_longest(self.at) < at
    }

    /// The words for people: `anna has it: calls the port`; `acknowledged` if its sender has no name.
    #[must_use]
    pub fn describe(&self) -> String {
        let name = Some(&*self.by).filter(|by| !UNNAMED_SENDERS.contains(by));
        let taken = name.map_or("acknowledged".to_owned(), |name| format!("{name} has it"));
        self.note.as_ref().map_or(taken.clone(), |note| format!("{taken}: {note}"))
    }
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

    #[test]
    fn an_event_is_taken_with_a_note_and_released() {
        let acknowledged = |by: &str, rest: &str| {
            let of = r#""do":"alert.acknowledge","of":"e-4t21bmkkybngq0fnv40tbrc7v2""#;
            let command = given("1", by, &format!("{{{of}{rest}}}"));
            AcknowledgementRecord::after(&command).unwrap()
        };
        let cases = [
            ("anna", r#","note":"calls the port""#, "anna has it: calls the port"),
            ("api", r#","note":"calls the port""#, "acknowledged: calls the port"),
            ("ben", "", "ben has it"),
        ];
        for (by, rest, expected) in cases {
            let record = acknowledged(by, rest);
            assert_eq!((&*record.describe(), record.released), (expected, false));
            assert!(!record.is_over("2026-03-31T12:00:00Z".parse().unwrap()));
            assert!(record.is_over("2026-03-31T12:00:01Z".parse().unwrap()));
        }
        let released = acknowledged("ben", r#","release":true"#);
        assert!(released.released && released.by == "ben");
    }
}
