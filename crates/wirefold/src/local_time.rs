//! Times for people: local with the offset, and relative.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use wirefold_flow::{Clock as _, SystemClock};
use wirefold_proto::Interval;

/// Shows times in one time zone, relative to one moment.
#[derive(Debug, Clone)]
pub(crate) struct LocalTime {
    zone: TimeZone,
    now: Timestamp,
}

impl LocalTime {
    /// This machine's zone and clock.
    pub(crate) fn system() -> LocalTime {
        LocalTime { zone: TimeZone::system(), now: now() }
    }

    /// A fixed zone and moment for tests.
    #[cfg(test)]
    pub(crate) fn fixed(now: Timestamp) -> LocalTime {
        LocalTime { zone: TimeZone::UTC, now }
    }

    /// `2026-03-01 14:02 +01:00`.
    pub(crate) fn minute(&self, time: Timestamp) -> String {
        time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string()
    }

    /// `14:02:33 +01:00`, for events that happen now.
    pub(crate) fn clock(&self, time: Timestamp) -> String {
        time.to_zoned(self.zone.clone()).strftime("%H:%M:%S %:z").to_string()
    }

    /// `2026-03-01 14:02:33 +01:00`.
    pub(crate) fn second(&self, time: Timestamp) -> String {
        time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
    }

    /// The time, without the day if it is the day of `other`.
    pub(crate) fn second_after(&self, time: Timestamp, other: Timestamp) -> String {
        let [time, other] = [time, other].map(|it| it.to_zoned(self.zone.clone()));
        let form = if time.date() == other.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
        time.strftime(form).to_string()
    }

    /// The time after this span.
    pub(crate) fn in_a(&self, span: Interval) -> Timestamp {
        self.now.saturating_add(span.duration()).unwrap_or(Timestamp::MAX)
    }

    /// The time before this span.
    pub(crate) fn ago(&self, span: Interval) -> Timestamp {
        self.now.saturating_sub(span.duration()).unwrap_or(Timestamp::MIN)
    }

    /// The last time at which clocks of the zone showed this; `None` if they leave it out on that day.
    pub(crate) fn last(&self, clock: Time) -> Option<Timestamp> {
        let now = self.now.to_zoned(self.zone.clone());
        let on = |day: Date| day.to_datetime(clock).to_zoned(self.zone.clone()).ok();
        let today = on(now.date()).filter(|today| *today <= now);
        let last = today.or_else(|| on(now.date().yesterday().ok()?));
        last.map(|last| last.timestamp())
    }

    /// `in 12 min`, `3 h ago`, `now`.
    pub(crate) fn relative(&self, time: Timestamp) -> String {
        let seconds = time.as_second() - self.now.as_second();
        let span = describe(seconds.unsigned_abs());
        match seconds {
            -4..=4 => "now".to_owned(),
            5.. => format!("in {span}"),
            _ => format!("{span} ago"),
        }
    }
}

/// The time of this machine.
pub(crate) fn now() -> Timestamp {
    wirefold_envelope::timestamp(SystemClock.now())
}

/// The name of this machine's time zone, or `UTC`.
pub(crate) fn zone() -> String {
    TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
}

/// `40 s`, `12 min`, `5 h`, `9 d`.
pub(crate) fn describe(seconds: u64) -> String {
    match seconds {
        0..100 => format!("{seconds} s"),
        100..6_000 => format!("{} min", (seconds + 30) / 60),
        6_000..172_800 => format!("{} h", (seconds + 1_800) / 3_600),
        _ => format!("{} d", (seconds + 43_200) / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_for_people() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let shown = LocalTime::fixed(now);
        assert_eq!(shown.minute(now), "2026-03-01 12:00 +00:00");
        assert_eq!(shown.clock(now), "12:00:00 +00:00");
        assert_eq!(shown.second(now), "2026-03-01 12:00:00 +00:00");
        assert_eq!(shown.second_after(at("2026-03-01T12:00:31Z"), now), "12:00:31");
        assert_eq!(shown.second_after(at("2026-03-02T02:00:31Z"), now), "2026-03-02 02:00:31");
        let last = |clock: &str| shown.last(clock.parse().unwrap()).unwrap();
        assert_eq!(last("11:59"), at("2026-03-01T11:59:00Z"));
        assert_eq!(last("12:01"), at("2026-02-28T12:01:00Z"));
        assert_eq!(shown.relative(now), "now");
        assert_eq!(shown.relative(at("2026-03-01T12:12:00Z")), "in 12 min");
        assert_eq!(shown.relative(at("2026-03-01T09:00:00Z")), "3 h ago");
        assert_eq!(shown.relative(at("2026-02-20T12:00:00Z")), "9 d ago");
    }
}
