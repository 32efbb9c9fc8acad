//! How long to wait before the next try of something that failed: longer after each failure.
//!
//! The caller passes in the clock and the randomness.

use std::time::Duration;

use crate::clock::Clock;

/// Waits that grow from the first to the longest, twice as long each time.
///
/// ```
/// use std::time::Duration;
/// use wirefold_flow::Backoff;
///
/// let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(300));
/// let waits: Vec<u128> = (0..4).map(|_| backoff.next_wait().as_millis()).collect();
/// assert_eq!(waits, [100, 200, 300, 300]);
/// backoff.reset();
/// assert_eq!(backoff.next_wait().as_millis(), 100);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    factor: u32,
    failures: u32,
}

impl Backoff {
    /// Waits between these two. If the longest is shorter than the first, each wait is the longest.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, factor: 2, failures: 0 }
    }

    /// The same, but each wait is `factor` times as long as the one before.
    #[must_use]
    pub const fn with_factor(self, factor: u32) -> Self {
        Self { factor, ..self }
    }

    /// The wait after this many failures in a row. 0 counts as 1.
    #[must_use]
    pub fn wait_after(&self, failures: u32) -> Duration {
        let growth = self.factor.saturating_pow(failures.saturating_sub(1));
        self.first.saturating_mul(growth).min(self.longest)
    }

    /// Counts a failure. Returns the wait after it.
    pub fn next_wait(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        self.wait_after(self.failures)
    }

    /// Counts a failure. Returns the wait after it, shortened by up to a quarter, so that callers that
    /// failed together do not all try again together. `chance` is any number that differs between them.
    pub fn next_wait_shortened(&mut self, chance: u64) -> Duration {
        let percent = u32::try_from(chance % 25).unwrap_or_default();
        self.next_wait() * (100 - percent) / 100
    }

    /// Counts a failure and waits by this clock.
    pub async fn wait(&mut self, clock: &dyn Clock) {
        let wait = self.next_wait();
        clock.sleep_until(clock.now().plus(wait)).await;
    }

    /// Whether a failure was counted since the start or the last reset.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failures > 0
    }

    /// Forgets all failures: the next wait is the first one again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_grow_up_to_the_longest_and_begin_again() {
        let check = |mut backoff: Backoff, expected: &[u32]| {
            let waits: Vec<Duration> = expected.iter().map(|_| backoff.next_wait()).collect();
            assert_eq!(waits, expected.iter().map(|seconds| SECOND * *seconds).collect::<Vec<_>>());
            assert!(backoff.has_failed());
            backoff.reset();
            assert!(!backoff.has_failed());
            assert_eq!(backoff.next_wait(), waits[0]);
        };
        check(Backoff::new(SECOND, SECOND * 10), &[1, 2, 4, 8, 10, 10]);
        check(Backoff::new(SECOND, SECOND * 20).with_factor(4), &[1, 4, 16, 20, 20]);
        check(Backoff::new(SECOND * 9, SECOND * 5), &[5, 5]);
    }

    #[test]
    fn many_failures_overflow_nothing() {
        let backoff = Backoff::new(SECOND, Duration::MAX);
        assert_eq!(backoff.wait_after(0), SECOND);
        assert_eq!(backoff.wait_after(u32::MAX), SECOND * u32::MAX);
    }

    #[test]
    fn a_wait_is_shortened_by_at_most_a_quarter() {
        let shortened = |chance| Backoff::new(SECOND, SECOND).next_wait_shortened(chance);
        let waits: Vec<Duration> = (0..100).map(shortened).collect();
        assert!(waits.iter().all(|wait| *wait <= SECOND && *wait > SECOND * 3 / 4));
        assert_ne!(waits[1], waits[2]);
    }
}
