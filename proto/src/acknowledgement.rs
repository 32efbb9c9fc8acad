//! `wirefold.acknowledgement/1`: the person who has an event or a story.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::message;
use crate::control::{Command, ControlCommand, UNNAMED_SENDERS};
use crate::ids::Target;
use crate::tag::Tag;

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

/// How long an acknowledgement is stored: longer than any alert lives without news.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 30);

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
        self.at.checked_add(LONGEST).unwrap_or(Timestamp::MAX) < at
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

    fn given(by: &str, rest: &str) -> ControlCommand {
        let text = format!(
            r#"{{"schema":"wirefold.control/2","id":"1","at":"2026-03-01T12:00:00Z","by":"{by}","command":
            {{"do":"alert.acknowledge","of":"e-4t21bmkkybngq0fnv40tbrc7v2"{rest}}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn an_event_is_taken_with_a_note_and_released() {
        let cases = [
            ("anna", r#","note":"calls the port""#, "anna has it: calls the port"),
            ("api", r#","note":"calls the port""#, "acknowledged: calls the port"),
            ("ben", "", "ben has it"),
        ];
        for (by, rest, expected) in cases {
            let record = AcknowledgementRecord::after(&given(by, rest)).unwrap();
            assert_eq!((&*record.describe(), record.released), (expected, false));
            assert!(!record.is_over("2026-03-31T12:00:00Z".parse().unwrap()));
            assert!(record.is_over("2026-03-31T12:00:01Z".parse().unwrap()));
        }
        let released = AcknowledgementRecord::after(&given("ben", r#","release":true"#)).unwrap();
        assert!(released.released && released.by == "ben");
    }
}
