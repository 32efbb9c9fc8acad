//! `wirefold.dead/1`: a message that a stage gave up on, with the reason.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::{Tag, message};
use crate::streams::{self, Stage, Stream};
use crate::subjects::{Published, Subject};

/// A message that a stage gave up on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetter {
    /// `wirefold.dead/1`.
    pub schema: Tag<Self>,
    /// The stage that gave up.
    pub stage: Stage,
    /// The delivery that gave up, for a revision of an alert. Letters from before 2026-11 have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    /// The kind of reason.
    pub cause: DeadCause,
    /// The reason for people, such as `text expired`.
    pub reason: String,
    /// The stream of the message.
    pub stream: String,
    /// Its sequence there.
    pub sequence: u64,
    /// Its subject.
    pub subject: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When the stage gave up.
    pub at: Timestamp,
    /// Its headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<DeadHeader>,
    /// Its body; absent if it was dropped or is too large.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<DeadBody>,
}

message!(DeadLetter = "wirefold.dead" / 1);

impl Published for DeadLetter {
    const STREAM: Stream = streams::DEAD;

    /// A subject for each stage.
    fn subject(&self) -> Subject {
        Subject::dead(self.stage)
    }

    /// Stage, stream and sequence, such as `detector.WF_ENRICHED.1042`; for a delivery
    /// `alerter-desk.WF_ALERTS.7`, since several deliveries may give up on one revision.
    fn message_id(&self) -> String {
        let delivery = self.delivery.iter().map(|name| format!("-{name}")).collect::<String>();
        format!("{}{delivery}.{}.{}", self.stage.as_str(), self.stream, self.sequence)
    }
}

/// Why a stage gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadCause {
    /// The message is faulty.
    Rejected,
    /// It was tried as often as allowed.
    MaxDeliver,
    /// A message that it names has expired.
    Expired,
    /// It has no signature of the only process that may write it: somebody else had the server store it.
    Forged,
}

/// A header of a dead message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadHeader {
    /// The name.
    pub name: String,
    /// The value as sent.
    pub value: String,
}

/// The body of a dead message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "form", rename_all = "lowercase")]
pub enum DeadBody {
    /// A body that is UTF-8.
    Text {
        /// The body.
        data: String,
    },
    /// A body that is not UTF-8.
    Hex {
        /// The bytes as hex digits.
        data: String,
    },
}

impl DeadBody {
    /// The form that fits these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text { data: text.to_owned() },
            Err(_) => Self::Hex { data: bytes.iter().map(|byte| format!("{byte:02x}")).collect() },
        }
    }

    /// The bytes, for a replay; `None` if the hex digits are malformed.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Text { data } => Some(data.clone().into_bytes()),
            Self::Hex { data } => {
                let value = |digit: &u8| char::from(*digit).to_digit(16);
                let byte = |pair: &[u8]| match pair {
                    [high, low] => u8::try_from(value(high)? * 16 + value(low)?).ok(),
                    _ => None,
                };
                data.as_bytes().chunks(2).map(byte).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn broken_hex_gives_nothing() {
        for digits in ["f", "fg", "é1", "+1"] {
            assert_eq!(DeadBody::Hex { data: digits.into() }.bytes(), None, "{digits}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes: Vec<u8>) {
            prop_assert_eq!(DeadBody::of(&bytes).bytes(), Some(bytes));
        }
    }
}
