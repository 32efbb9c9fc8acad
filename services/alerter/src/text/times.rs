//! Times in words: how long ago, and the clock time in the subscriber's time zone.
//!
//! Comes in: a time, now, and a time zone. Goes out: words. It never reads a clock.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use wirefold_envelope::timestamp;
use wirefold_flow::UnixMillis;

/// `14:02 CET, 12 minutes ago`, with the day if it is not today.
pub(super) fn describe(at: Timestamp, now: UnixMillis, zone: &TimeZone) -> String {
    let ago = ago(timestamp(now).as_second().saturating_sub(at.as_second()));
    format!("{}, {ago}", by_the_clock(at, now, zone))
}

/// `14:02 CET`, with the day if it is not today.
pub(super) fn by_the_clock(at: Timestamp, now: UnixMillis, zone: &TimeZone) -> String {
    let (local, today) = (at.to_zoned(zone.clone()), timestamp(now).to_zoned(zone.clone()));
    let format = if local.date() == today.date() { "%H:%M %Z" } else { "%a %-d %b %H:%M %Z" };
    local.strftime(format).to_string()
}

fn ago(seconds: i64) -> String {
    let (count, one, many) = match seconds {
        ..60 => return "just now".to_owned(),
        60..3_600 => (seconds / 60, "minute", "minutes"),
        3_600..172_800 => (seconds / 3_600, "hour", "hours"),
        _ => (seconds / 86_400, "day", "days"),
    };
    format!("{count} {} ago", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use wirefold_envelope::unix_millis;

    use super::*;

    fn check(at: &str, now: &str, zone: &str, expected: &str) {
        let zone = TimeZone::get(zone).unwrap();
        let [at, now] = [at, now].map(|time| time.parse::<Timestamp>().unwrap());
        assert_eq!(describe(at, unix_millis(now), &zone), expected);
    }

    #[test]
    fn a_time_is_the_subscribers() {
        let (at, berlin) = ("2026-03-02T12:02:00Z", "Europe/Berlin");
        check(at, "2026-03-02T12:02:10Z", "UTC", "12:02 UTC, just now");
        check(at, "2026-03-02T12:14:00Z", berlin, "13:02 CET, 12 minutes ago");
        check(at, "2026-03-02T23:30:00Z", berlin, "Mon 2 Mar 13:02 CET, 11 hours ago");
        check(at, "2026-03-05T12:02:00Z", "UTC", "Mon 2 Mar 12:02 UTC, 3 days ago");
        // After a clock was set back, the time is not shown as in the future.
        check(at, "2026-03-02T12:00:00Z", "UTC", "12:02 UTC, just now");
    }
}
