//! The times at which digests are due, in the subscriber's time zone.
//!
//! Comes in: a time and a time zone. Goes out: the next time. It reads no clock.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};
use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::Digest;

/// The hour of daily and weekly digests: before work.
const HOUR: i8 = 8;
/// The day of weekly digests.
const DAY: Weekday = Weekday::Monday;

/// The next time after this one at which a digest is due.
pub(super) fn next(digest: Digest, at: UnixMillis, zone: &TimeZone) -> UnixMillis {
    let local = timestamp(at).to_zoned(zone.clone());
    let due = match digest {
        Digest::Hourly => hour_after(&local),
        Digest::Daily => (0..=1).find_map(|days| on(&local, days)),
        Digest::Weekly => (0..=7).find_map(|days| {
            let is_day = |due: &Zoned| due.date().weekday() == DAY;
            on(&local, days).filter(is_day)
        }),
    };
    // Only the last days of the calendar have no later ones.
    due.map_or(at, |due| unix_millis(due.timestamp()))
}

fn hour_after(local: &Zoned) -> Option<Zoned> {
    let begun = local.with().minute(0).second(0).subsec_nanosecond(0).build().ok()?;
    begun.checked_add(Span::new().hours(1)).ok()
}

/// The hour of digests this many days later, if that is still to come.
fn on(local: &Zoned, days: i64) -> Option<Zoned> {
    let date: Date = local.date().checked_add(Span::new().days(days)).ok()?;
    let due = date.at(HOUR, 0, 0, 0).to_zoned(local.time_zone().clone()).ok()?;
    (due > *local).then_some(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        unix_millis(text.parse().expect("a time"))
    }

    #[test]
    fn a_digest_is_due_at_the_next_hour_day_or_monday_where_the_subscriber_lives() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        let kolkata = TimeZone::get("Asia/Kolkata").expect("a zone");
        let utc = TimeZone::UTC;
        for (digest, zone, from, due) in [
            (Digest::Hourly, &utc, "2026-03-02T07:00:00Z", "2026-03-02T08:00:00Z"),
            (Digest::Hourly, &utc, "2026-03-02T07:59:59Z", "2026-03-02T08:00:00Z"),
            (Digest::Hourly, &kolkata, "2026-03-02T07:00:00Z", "2026-03-02T07:30:00Z"),
            (Digest::Daily, &utc, "2026-03-02T07:59:59Z", "2026-03-02T08:00:00Z"),
            (Digest::Daily, &utc, "2026-03-02T08:00:00Z", "2026-03-03T08:00:00Z"),
            (Digest::Daily, &berlin, "2026-03-02T07:30:00Z", "2026-03-03T07:00:00Z"),
            // Summer time begins in between.
            (Digest::Daily, &berlin, "2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z"),
            (Digest::Weekly, &utc, "2026-03-02T07:00:00Z", "2026-03-02T08:00:00Z"),
            (Digest::Weekly, &utc, "2026-03-02T08:00:00Z", "2026-03-09T08:00:00Z"),
        ] {
            assert_eq!(next(digest, at(from), zone), at(due), "{digest:?} behind {from}");
        }
    }
}
