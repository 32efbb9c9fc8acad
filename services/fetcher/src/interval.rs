//! Computes when a feed is polled next, from its rhythm, the wishes of its publisher, and failures. Pure.

use std::time::Duration;

use jiff::Timestamp;
use wirefold_feed::dates::{self, Context};
use wirefold_flow::UnixMillis;
use wirefold_proto::FeedId;

use crate::stable_hash::hash;
use crate::state::STRIKE;

/// Above this share of known items a feed is polled less often, below [`RICH`] more often. The values
/// are those of Media Cloud, which uses them for tens of thousands of feeds.
const STALE: f64 = 0.67;
const RICH: f64 = 0.33;
const STEP: f64 = 1.5;

/// The shortest and longest wait for a `Retry-After`.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(24));
/// The longest time between two polls of a dead feed.
const REVISIT: Duration = Duration::from_hours(30 * 24);
/// The shortest time between two requests without validators.
const TRIAL: Duration = Duration::from_hours(24);
/// The most that is added to a `Retry-After`.
const MAX_EXTRA_WAIT: Duration = Duration::from_mins(5);
/// First polls are spread over this time for each feed, …
const SPREAD_EACH: Duration = Duration::from_millis(200);
/// … but over no more than this.
const SPREAD_MOST: Duration = Duration::from_mins(1);

/// The bounds of intervals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

/// A feed is polled this often in the mean time between two of its items …
const POLLS_PER_GAP: u32 = 4;
/// … and when it has been silent for longer, this often in the time since its last one.
const POLLS_PER_SILENCE: u32 = 8;

/// The mean time between two items after this many items came in this time. It is a moving mean, of
/// which the last time is a quarter.
pub(crate) fn item_gap(before: Option<Duration>, time: Duration, items: usize) -> Duration {
    let gap = time / u32::try_from(items.max(1)).unwrap_or(u32::MAX);
    before.map_or(gap, |before| (before * 3 + gap) / 4)
}

/// The longest interval at which news is seen soon, from the mean time between two items and the time
/// since the last one. By the share of known items alone, a feed with twenty items a day would not be
/// polled until half of its list is new.
pub(crate) fn interval_for_news(gap: Duration, silence: Duration) -> Duration {
    (gap / POLLS_PER_GAP).max(silence / POLLS_PER_SILENCE)
}

/// The interval after a good poll. `known` is the share of its items that were known, if it can be
/// computed. The result is no longer than `longest` and no shorter than `wanted` by the publisher,
/// within the bounds.
pub(crate) fn adapt_interval(
    interval: Duration,
    known: Option<f64>,
    longest: Option<Duration>,
    wanted: Option<Duration>,
    bounds: Bounds,
) -> Duration {
    let stepped = match known {
        Some(share) if share > STALE => interval.mul_f64(STEP),
        Some(share) if share < RICH => interval.div_f64(STEP),
        _ => interval,
    };
    let stepped = stepped.min(longest.unwrap_or(stepped));
    let floor = wanted.unwrap_or_default().clamp(bounds.min, bounds.max.max(bounds.min));
    stepped.clamp(floor, bounds.max.max(floor))
}

/// The wait after this many strikes in a row. It doubles with each full [`STRIKE`]. Up to a fifth is
/// added, so that feeds that failed together are not polled together.
///
/// [`wirefold_flow::Backoff`] is not used: it counts the waits of one running loop. These waits last
/// for days, follow from the strikes that are stored with the feed, and begin at its own interval.
pub(crate) fn backoff(feed: &FeedId, interval: Duration, strikes: u32, bounds: Bounds) -> Duration {
    let whole = f64::from(strikes) / f64::from(STRIKE);
    let doubled = interval.mul_f64(2_f64.powf((whole - 1.0).clamp(0.0, 20.0)));
    let jitter = fraction_of(&[feed.as_str(), &strikes.to_string()]) / 5.0;
    doubled.min(bounds.max).mul_f64(1.0 + jitter).min(bounds.max)
}

/// The wait for a dead feed. Many dead feeds come back.
pub(crate) fn revisit_wait(feed: &FeedId, strikes: u32) -> Duration {
    REVISIT.mul_f64(0.9 + fraction_of(&[feed.as_str(), &strikes.to_string(), "revisit"]) / 10.0)
}

/// The wait before the next request without validators: 24 to 72 hours.
pub(crate) fn trial_wait(feed: &FeedId, now: UnixMillis) -> Duration {
    TRIAL.mul_f64(1.0 + 2.0 * fraction_of(&[feed.as_str(), &now.0.to_string(), "trial"]))
}

/// The time that is added to a `Retry-After` for this feed, so that the feeds of a host are not all
/// polled together.
pub(crate) fn extra_wait(feed: &FeedId, waited: Duration) -> Duration {
    (waited / 10).min(MAX_EXTRA_WAIT).mul_f64(fraction_of(&[feed.as_str(), "patience"]))
}

/// A `Retry-After` within the accepted range.
pub(crate) fn clamp_retry_after(retry_after: Duration) -> Duration {
    retry_after.clamp(RETRY_AFTER.0, RETRY_AFTER.1)
}

/// How long after the start an overdue feed is polled, if `among` feeds are overdue.
pub(crate) fn start_wait(feed: &FeedId, among: usize) -> Duration {
    let among = u32::try_from(among.saturating_sub(1)).unwrap_or(u32::MAX);
    SPREAD_EACH.saturating_mul(among).min(SPREAD_MOST).mul_f64(fraction_of(&[feed.as_str()]))
}

/// The first time from `at` on that is in none of these hours of the day and days of the week, UTC; `at`
/// itself if they cover the whole week.
pub(crate) fn after_skipped(at: UnixMillis, skip_hours: &[u8], skip_days: &[u8]) -> UnixMillis {
    const HOUR: u64 = 3_600_000;
    /// 1970 began on a Thursday.
    const FIRST: u64 = 3;
    let hour_of = |time: UnixMillis| u8::try_from(time.0 / HOUR % 24).unwrap_or_default();
    let day_of =
        |time: UnixMillis| u8::try_from((time.0 / HOUR / 24 + FIRST) % 7).unwrap_or_default();
    let is_free = |time: &UnixMillis| {
        !skip_hours.contains(&hour_of(*time)) && !skip_days.contains(&day_of(*time))
    };
    let later_hours = (1..24 * 7).map(|hours| UnixMillis((at.0 / HOUR + hours) * HOUR));
    std::iter::once(at).chain(later_hours).find(is_free).unwrap_or(at)
}

/// Reads `Retry-After`: seconds, or a date of HTTP. RFC 9110, section 10.2.3.
pub(crate) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = dates::read(value, Context::default())?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

/// A share from 0 to 1, always the same for the same texts.
fn fraction_of(of: &[&str]) -> f64 {
    const FINE: u64 = 1 << 20;
    (hash(of) % FINE) as f64 / FINE as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const BOUNDS: Bounds = Bounds { min: MINUTE.saturating_mul(10), max: Duration::from_hours(24) };

    fn feed(id: &str) -> FeedId {
        id.parse().unwrap()
    }

    #[test]
    fn polls_less_often_when_stale_and_more_often_when_rich() {
        let cases = [
            (Some(1.0), 30),
            (Some(0.68), 30),
            (Some(0.67), 20),
            (Some(0.33), 20),
            (None, 20),
            (Some(0.0), 13),
        ];
        for (known, minutes) in cases {
            let adapted = adapt_interval(20 * MINUTE, known, None, None, BOUNDS);
            assert_eq!(adapted.as_secs() / 60, minutes, "{known:?}");
        }
    }

    #[test]
    fn intervals_stay_within_bounds() {
        assert_eq!(adapt_interval(11 * MINUTE, Some(0.0), None, None, BOUNDS), BOUNDS.min);
        assert_eq!(adapt_interval(BOUNDS.max, Some(1.0), None, None, BOUNDS), BOUNDS.max);
        let hour = Some(60 * MINUTE);
        assert_eq!(adapt_interval(20 * MINUTE, Some(0.0), None, hour, BOUNDS), 60 * MINUTE);
        assert_eq!(adapt_interval(20 * MINUTE, Some(0.0), Some(MINUTE), hour, BOUNDS), 60 * MINUTE);
        let month = Some(Duration::from_hours(24 * 30));
        assert_eq!(adapt_interval(20 * MINUTE, Some(0.0), None, month, BOUNDS), BOUNDS.max);
    }

    #[test]
    fn news_is_seen_soon_although_most_items_are_known() {
        let hour = 60 * MINUTE;
        // Twenty items a day: every eighteen minutes, as long as they come …
        let gap = item_gap(None, 24 * hour, 20);
        assert_eq!(gap, 72 * MINUTE);
        let longest = Some(interval_for_news(gap, 10 * MINUTE));
        assert_eq!(adapt_interval(hour, Some(1.0), longest, None, BOUNDS), 18 * MINUTE);
        // … every hour after a night, and once a day after a week without any.
        assert_eq!(interval_for_news(gap, 8 * hour), hour);
        assert!(interval_for_news(gap, 8 * 24 * hour) >= BOUNDS.max);
        // A burst changes the mean only by a quarter.
        assert_eq!(item_gap(Some(gap), 60 * MINUTE, 60), (gap * 3 + MINUTE) / 4);
    }

    #[test]
    fn failures_double_the_wait_up_to_the_bound() {
        let wait = |failures| backoff(&feed("a"), 15 * MINUTE, failures * STRIKE, BOUNDS);
        for (failures, minutes) in [(1, 15), (2, 30), (3, 60), (5, 240)] {
            let waited = wait(failures).as_secs_f64() / 60.0;
            let (least, most) = (f64::from(minutes), f64::from(minutes) * 1.2);
            assert!((least..=most).contains(&waited), "{failures}: {waited} minutes");
            assert_eq!(wait(failures), wait(failures));
        }
        assert_eq!(wait(40), BOUNDS.max);
        assert_ne!(wait(2), backoff(&feed("b"), 15 * MINUTE, 2 * STRIKE, BOUNDS));
        let (one, soft) = (wait(1), backoff(&feed("a"), 15 * MINUTE, STRIKE / 2, BOUNDS));
        assert!(soft <= one.mul_f64(1.2) && soft >= 15 * MINUTE, "never sooner than its interval");
    }

    #[test]
    fn trials_and_revisits_are_spread() {
        let at = UnixMillis(1_800_000_000_000);
        for number in 0..200 {
            let feed = feed(&format!("f{number}"));
            let hours = trial_wait(&feed, at).as_secs_f64() / 3600.0;
            assert!((24.0..72.0).contains(&hours), "{hours}");
            assert_ne!(trial_wait(&feed, at), trial_wait(&feed, at.plus(MINUTE)));
            let days = revisit_wait(&feed, 120).as_secs_f64() / 86_400.0;
            assert!((27.0..=30.0).contains(&days), "{days}");
            assert!(extra_wait(&feed, 10 * MINUTE) <= MINUTE);
            assert!(extra_wait(&feed, BOUNDS.max) <= 5 * MINUTE);
        }
    }

    #[test]
    fn first_polls_are_spread() {
        assert_eq!(start_wait(&feed("a"), 1), Duration::ZERO);
        let waits: Vec<_> = (0..1000).map(|n| start_wait(&feed(&format!("f{n}")), 1000)).collect();
        assert!(waits.iter().all(|wait| *wait < SPREAD_MOST));
        let early = waits.iter().filter(|wait| **wait < SPREAD_MOST / 2).count();
        assert!((400..600).contains(&early), "{early} in the first half");
    }

    #[test]
    fn polls_avoid_skipped_hours_and_days() {
        let at = |text: &str| {
            let at: Timestamp = text.parse().unwrap();
            UnixMillis(u64::try_from(at.as_millisecond()).unwrap())
        };
        let cases = [
            ("2026-03-01T21:30:00Z", vec![22, 23], vec![], "2026-03-01T21:30:00Z"),
            ("2026-03-01T22:30:00Z", vec![22, 23, 0], vec![], "2026-03-02T01:00:00Z"),
            ("2026-03-01T22:30:00Z", (0..24).collect(), vec![], "2026-03-01T22:30:00Z"),
            // The first of March 2026 is a Sunday.
            ("2026-03-01T22:30:00Z", vec![], vec![5, 6], "2026-03-02T00:00:00Z"),
            ("2026-02-28T10:30:00Z", vec![0], vec![5, 6], "2026-03-02T01:00:00Z"),
            ("2026-03-01T22:30:00Z", vec![], (0..7).collect(), "2026-03-01T22:30:00Z"),
        ];
        for (from, hours, days, expected) in cases {
            assert_eq!(
                after_skipped(at(from), &hours, &days),
                at(expected),
                "{from} {hours:?} {days:?}"
            );
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let cases = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 01 Mar 2026 12:05:00 GMT", Some(300)),
            ("Sun, 01 Mar 2026 11:00:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
        ];
        for (value, seconds) in cases {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value}");
        }
        assert_eq!(clamp_retry_after(Duration::ZERO), MINUTE);
        assert_eq!(clamp_retry_after(Duration::from_hours(1000)), Duration::from_hours(24));
    }
}
