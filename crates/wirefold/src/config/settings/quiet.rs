//! The hours in which messages are held.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use wirefold_proto::QuietHours;

use super::value::written_as;

/// When messages are held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuietConfig {
    /// From when, such as `22:00`.
    from: TimeOfDay,
    /// To when, such as `07:00`; earlier than `from`: on the next day.
    to: TimeOfDay,
    /// The time zone, such as `Europe/Berlin`.
    time_zone: ZoneName,
}

impl QuietConfig {
    /// As it is on the wire.
    pub(super) fn settings(&self) -> QuietHours {
        let (from, to) = (self.from.0.clone(), self.to.0.clone());
        QuietHours { from, to, time_zone: self.time_zone.0.clone() }
    }
}

/// An hour and minute of the day.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
struct TimeOfDay(String);

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match jiff::civil::Time::strptime("%H:%M", &text) {
            Ok(_) => Ok(Self(text)),
            Err(_) => {
                let what = format!("{text:?} is not a time of day, such as \"22:00\"");
                Err(serde::de::Error::custom(what))
            }
        }
    }
}

/// The IANA name of a time zone that this machine knows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct ZoneName(String);

impl ZoneName {
    /// The name.
    pub(super) fn name(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for ZoneName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // A machine without the database cannot tell a zone from a mistake.
        let known = |name| jiff::tz::TimeZone::get(name).is_ok();
        if text == "UTC" || jiff::tz::db().is_definitively_empty() || known(&text) {
            return Ok(Self(text));
        }
        let what = format!("{text:?} is not a time zone that this machine knows");
        Err(serde::de::Error::custom(what))
    }
}

written_as!(TimeOfDay, { "type": "string" });
written_as!(ZoneName, { "type": "string" });
