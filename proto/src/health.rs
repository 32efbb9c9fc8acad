//! Health: `wirefold.health.report/1`, the current problems of this installation, and
//! `wirefold.health.notice/1`, the message that reports changes of them to a delivery.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::{Tag, message};
use crate::string_form::words;

/// The key of the [`HealthReport`] in `wf_deliveries`. It differs from the keys of all deliveries, which have
/// a dot.
pub const HEALTH_KEY: &str = "health";

/// The problems of this installation: `wf_deliveries`, key `health`. The alerter writes it every few minutes.
/// Without conditions, all is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthReport {
    /// `wirefold.health.report/1`.
    pub schema: Tag<Self>,
    /// When the alerter looked.
    pub at: Timestamp,
    /// The open conditions, first those that endanger news or data.
    pub conditions: Vec<HealthCondition>,
}

message!(HealthReport = "wirefold.health.report" / 1);

/// A problem that an operator should solve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthCondition {
    /// The kind.
    pub kind: HealthKind,
    /// Its stream, delivery, feed or clock; absent if there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Since when it is open.
    pub since: Timestamp,
    /// The problem, for people.
    pub words: String,
    /// The remedy, for people.
    pub advice: String,
}

impl HealthCondition {
    /// Whether both are the same condition, in any words.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.about == other.about
    }
}

/// A kind of condition.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum HealthKind {
    /// No article has come for far longer than usual.
    NothingNew,
    /// The disk of the data folder is almost full.
    DiskLow,
    /// A stream is almost at its limit of bytes.
    StreamFull,
    /// A delivery has failed for an hour.
    DeliveryFailing,
    /// A delivery is off, since its target answered that it is gone.
    DeliveryOff,
    /// A subscription names a delivery that does not exist. Nothing goes there.
    DeliveryAbsent,
    /// The settings were edited, and have a mistake. Those before stay in force.
    SettingsMistake,
    /// The clock of a machine is off by minutes.
    ClockOff,
    /// The detector has not written a snapshot for a long time.
    SnapshotOld,
    /// A feed with `priority` has brought nothing new for far longer than usual.
    FeedSilent,
    /// A feed is set aside, since wirefold crashed twice while reading it.
    FeedSetAside,
    /// Stages gave up on messages in the last day.
    DeadLetters,
    /// Somebody else had the server store decisions of the detector. They are ignored.
    ForgedRecords,
}

// In this order: first those that endanger news or data.
words! {
    HealthKind:
    NothingNew = "nothing-new",
    DiskLow = "disk-low",
    StreamFull = "stream-full",
    DeliveryFailing = "delivery-failing",
    DeliveryOff = "delivery-off",
    DeliveryAbsent = "delivery-absent",
    SettingsMistake = "settings-mistake",
    ClockOff = "clock-off",
    SnapshotOld = "snapshot-old",
    FeedSilent = "feed-silent",
    FeedSetAside = "feed-set-aside",
    DeadLetters = "dead-letters",
    ForgedRecords = "forged-records",
}

impl HealthKind {
    /// Whether it is about the delivery that the condition names.
    #[must_use]
    pub const fn is_of_delivery(self) -> bool {
        matches!(self, Self::DeliveryFailing | Self::DeliveryOff)
    }

    /// Whether news or data may be lost while it is open. Then no heartbeat is sent.
    ///
    /// A full stream is not such a condition: if all readers have read its oldest messages, it drops them and
    /// continues. If not, nothing new comes out.
    #[must_use]
    pub const fn endangers_data(self) -> bool {
        match self {
            Self::NothingNew | Self::DiskLow => true,
            Self::DeliveryFailing | Self::DeliveryOff | Self::DeliveryAbsent => true,
            Self::StreamFull | Self::SettingsMistake => false,
            Self::ClockOff | Self::SnapshotOld => false,
            Self::FeedSilent | Self::FeedSetAside | Self::DeadLetters | Self::ForgedRecords => {
                false
            }
        }
    }
}

/// The changes of the conditions since the last such message to this delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthNotice {
    /// `wirefold.health.notice/1`.
    pub schema: Tag<Self>,
    /// Its id, the same for each attempt to send it.
    pub id: String,
    /// When it was composed.
    pub at: Timestamp,
    /// The conditions that have opened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opened: Vec<HealthCondition>,
    /// The conditions that were reported a day ago and are still open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lasting: Vec<HealthCondition>,
    /// The conditions that have ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<HealthCondition>,
}

message!(HealthNotice = "wirefold.health.notice" / 1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_kinds_are_those_of_json() {
        for kind in HealthKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
