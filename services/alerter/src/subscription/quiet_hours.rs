//! Quiet hours: times of day in which nothing notifies.
//!
//! Comes in: a time. Goes out: the end of the quiet hours that contain it. It reads no clock.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::{QuietHours, SubscriptionSettings};

use super::Problem;

/// Parsed quiet hours.
#[derive(Debug, Clone)]
pub(crate) struct QuietTime {
    from: Time,
    to: Time,
    zone: TimeZone,
}

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    /// When it begins.
    pub(crate) start: UnixMillis,
    /// When the next begins.
    pub(crate) end: UnixMillis,
}

impl QuietTime {
    pub(crate) fn read(hours: &QuietHours) -> Result<Self, Problem> {
        let time = |text: &str| {
            let refuse =
                || Problem::QuietHours(format!("{text:?} is not a time such as \"22:00\""));
            text.parse::<Time>().map_err(|_| refuse())
        };
        let zone = known_zone(&hours.time_zone).map_err(Problem::QuietHours)?;
        let (from, to) = (time(&hours.from)?, time(&hours.to)?);
        if from == to {
            return Err(Problem::QuietHours(format!(
                "they begin and end at {:?}: give two times, or mute the subscription",
                hours.from
            )));
        }
        Ok(Self { from, to, zone })
    }

    /// The end of the quiet hours that contain this time; `None` if it is outside.
    pub(crate) fn end_after(&self, at: UnixMillis) -> Option<UnixMillis> {
        let local = timestamp(at).to_zoned(self.zone.clone());
        let time = local.time();
        let is_over_midnight = self.to <= self.from;
        let is_quiet = match is_over_midnight {
            true => time >= self.from || time < self.to,
            false => time >= self.from && time < self.to,
        };
        let ends_tomorrow = is_over_midnight && time >= self.from;
        let day = if ends_tomorrow { local.date().tomorrow().ok()? } else { local.date() };
        let end = day.to_datetime(self.to).to_zoned(self.zone.clone()).ok()?;
        is_quiet.then(|| unix_millis(end.timestamp()))
    }
}

/// The time zone of this name.
fn known_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| {
        format!("no time zone {name:?} is known here; expected one such as \"Europe/Berlin\"")
    })
}

/// The subscriber's time zone: as set, else that of the quiet hours, else UTC.
pub(super) fn zone(settings: &SubscriptionSettings) -> Result<TimeZone, Problem> {
    let of_quiet = settings.quiet_hours.as_ref().map(|hours| hours.time_zone.as_str());
    let own = settings.time_zone.as_deref();
    if let (Some(own), Some(other)) = (own, of_quiet)
        && own != other
    {
        let what = format!("{own:?} is not {other:?} of the quiet hours: leave it out");
        return Err(Problem::TimeZone(what));
    }
    let name = own.or(of_quiet).unwrap_or("UTC");
    known_zone(name).map_err(Problem::TimeZone)
}

/// The day that contains a time.
pub(crate) fn day(at: UnixMillis, zone: &TimeZone) -> Day {
    let local = timestamp(at).to_zoned(zone.clone());
    let start = local.start_of_day().unwrap_or(local);
    let next = start.tomorrow().map(|next| next.timestamp());
    let end = next.unwrap_or_else(|_| a_day_after(&start));
    Day { start: unix_millis(start.timestamp()), end: unix_millis(end) }
}

/// Only the last day of the calendar has no next day.
fn a_day_after(start: &Zoned) -> Timestamp {
    start.timestamp().saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        unix_millis(text.parse().expect("a time"))
    }

    fn hours(from: &str, to: &str, zone: &str) -> Result<QuietTime, Problem> {
        QuietTime::read(&QuietHours {
            from: from.to_owned(),
            to: to.to_owned(),
            time_zone: zone.to_owned(),
        })
    }

    #[test]
    fn quiet_hours_end_in_the_morning() {
        let night = hours("22:00", "07:00", "UTC").expect("good");
        let morning = Some(at("2026-03-02T07:00:00Z"));
        assert_eq!(night.end_after(at("2026-03-01T21:59:59Z")), None);
        assert_eq!(night.end_after(at("2026-03-01T22:00:00Z")), morning);
        assert_eq!(night.end_after(at("2026-03-02T06:59:59Z")), morning);
        assert_eq!(night.end_after(at("2026-03-02T07:00:00Z")), None);
        let noon = hours("12:00", "13:00", "UTC").expect("good");
        assert_eq!(noon.end_after(at("2026-03-01T12:30:00Z")), Some(at("2026-03-01T13:00:00Z")));
        assert_eq!(noon.end_after(at("2026-03-01T13:30:00Z")), None);
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        let day = day(at("2026-03-01T12:30:00Z"), &TimeZone::UTC);
        assert_eq!((day.start, day.end), (at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z")));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(hours("25:00", "07:00", "UTC").is_err());
        assert!(hours("22:00", "", "UTC").is_err());
        let none = hours("22:00", "22:00", "UTC").expect_err("no time at all").to_string();
        assert!(none.contains("begin and end at \"22:00\""), "{none}");
        let problem = hours("22:00", "07:00", "Harbour/Nowhere").expect_err("no such zone");
        assert!(problem.to_string().contains("Harbour/Nowhere"), "{problem}");
    }
}
