//! When a delivery is tried again.
//!
//! Comes in: the number of an attempt, the age of the revision, and the answer of the target. Goes out: how
//! long to wait, or that it gives up. It never sends. The waits follow Svix's table, not a
//! [`Backoff`](wirefold_flow::Backoff).

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use wirefold_envelope::unix_millis;
use wirefold_flow::UnixMillis;
use wirefold_http_client::{Response, SendError};

use super::{Failure, Sent};

/// The waits between attempts, taken from Svix: more than a day in all.
const WAITS: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(10),
];

/// How often a revision is sent before it becomes a dead letter. The last wait is repeated, so that a target
/// may be down for three days.
pub(crate) const MAX_DELIVER: u32 = 12;

/// How long a revision is tried at least before it becomes a dead letter. The number of attempts alone is not
/// enough: a target may ask for short waits.
const TRIED: Duration = Duration::from_hours(60);

/// Whether a revision of this age has been tried often and long enough.
pub(crate) fn is_enough(attempt: u32, age: Duration) -> bool {
    attempt >= MAX_DELIVER && age >= TRIED
}

/// The wait after this attempt of a revision of this age. The age limits the attempts that count, since a target
/// may have asked for short waits.
pub(crate) fn after_age(attempt: u32, age: Duration, message: &str) -> Duration {
    let mut planned = Duration::ZERO;
    let by_age = WAITS.iter().take_while(|wait| {
        planned += **wait;
        planned <= age
    });
    // The first attempt is at age zero.
    let reached = u32::try_from(by_age.count()).unwrap_or(u32::MAX).saturating_add(1);
    after(attempt.min(reached), message)
}

/// The longest accepted `Retry-After`.
const LONGEST: Duration = Duration::from_hours(24);

/// The wait after this attempt, up to a tenth longer, so that messages do not all come back at the same
/// moment. It is the same for the same message.
pub(crate) fn after(attempt: u32, message: &str) -> Duration {
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    let wait = WAITS[place.min(WAITS.len() - 1)];
    let thousandths = hash(&format!("{message} {attempt}")) % 100;
    wait + wait * u32::try_from(thousandths).unwrap_or(0) / 1_000
}

/// The attempts to send one message.
#[derive(Debug, Default)]
pub(crate) struct RetryState {
    attempts: u32,
    not_before: UnixMillis,
}

impl RetryState {
    /// How long to wait until the next attempt.
    pub(crate) fn wait(&self, now: UnixMillis) -> Option<Duration> {
        (now < self.not_before).then(|| self.not_before.since(now))
    }

    /// Counts a failed attempt. `asked` is the wait that the target asked for. Returns the wait before the
    /// next attempt, at most `longest`; `None` after the last attempt.
    pub(crate) fn failed(
        &mut self,
        asked: Option<Duration>,
        message: &str,
        longest: Duration,
        now: UnixMillis,
    ) -> Option<Duration> {
        self.attempts += 1;
        if self.attempts >= MAX_DELIVER {
            return None;
        }
        let wait = asked.unwrap_or_else(|| after(self.attempts, message)).min(longest);
        self.not_before = now.plus(wait);
        Some(wait)
    }
}

/// FNV-1a with 64 bits, used only to spread values.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The meaning of an HTTP answer: only 2xx is accepted, and 410 switches the delivery off.
pub(super) fn of_answer(answer: Result<Response, SendError>, now: UnixMillis) -> Sent {
    match answer {
        Ok(response) if response.is_success() => Ok(None),
        Ok(response) if response.status == 410 => {
            Err(Failure::Gone { why: "410: the target is gone for good".to_owned() })
        }
        Ok(response) => {
            let after = response.header("retry-after").and_then(|text| retry_after(text, now));
            let moved = "; redirects are not followed: put the new address into the settings";
            let moved = if response.is_redirect() { moved } else { "" };
            Err(Failure::Later { after, why: format!("{}{moved}", response.status_label()) })
        }
        Err(error) => Err(Failure::Later { after: None, why: error.to_string() }),
    }
}

/// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), within limits.
fn retry_after(text: &str, now: UnixMillis) -> Option<Duration> {
    let seconds = text.trim().parse::<u64>().ok().map(Duration::from_secs);
    let until = || -> Option<Timestamp> { DateTimeParser::new().parse_timestamp(text.trim()).ok() };
    let wait = seconds.or_else(|| Some(unix_millis(until()?).since(now)))?;
    Some(wait.clamp(Duration::from_secs(1), LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_the_same_each_time() {
        let waits: Vec<Duration> = (1..=8).map(|attempt| after(attempt, "desk.x:e-1.1")).collect();
        for (wait, least) in waits.iter().zip(WAITS) {
            assert!(*wait >= least && *wait < least + least / 10, "{wait:?}");
        }
        assert!(waits[7] >= WAITS[6]);
        assert_eq!(after(3, "a"), after(3, "a"));
        assert_ne!(after(3, "a"), after(3, "b"));
        let days = (1..MAX_DELIVER).map(|attempt| after(attempt, "a")).sum::<Duration>();
        assert!(days >= Duration::from_hours(48), "{days:?}");
    }

    #[test]
    fn short_waits_make_no_revision_old() {
        let (minute, hour) = (Duration::from_mins(1), Duration::from_hours(1));
        assert_eq!(after_age(12, Duration::ZERO, "a"), after(1, "a"));
        assert_eq!(after_age(12, minute, "a"), after(2, "a"));
        assert_eq!(after_age(12, hour, "a"), after(4, "a"));
        // A revision that was read late gets as many attempts as others.
        assert_eq!(after_age(1, 100 * hour, "a"), after(1, "a"));
        assert!(!is_enough(1_000, hour) && !is_enough(3, 100 * hour) && is_enough(12, 60 * hour));
        let planned: Duration = (1..MAX_DELIVER).map(|attempt| after(attempt, "a")).sum();
        assert!(planned >= TRIED, "the last attempt is the last");
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = unix_millis("2026-03-01T12:00:00Z".parse().expect("a time"));
        let cases = [
            ("120", Some(120)),
            ("0", Some(1)),
            ("999999999", Some(86_400)),
            ("Sun, 01 Mar 2026 12:01:30 GMT", Some(90)),
            ("Sun, 01 Mar 2026 11:00:00 GMT", Some(1)),
            ("soon", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
