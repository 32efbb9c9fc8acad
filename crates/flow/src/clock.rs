//! The clock: every function that reads the time or waits for a time has a [`Clock`] as argument.

use std::time::Duration;

use crate::BoxFuture;

/// Milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// The time a duration later, rounded up to the millisecond.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = duration.as_nanos().div_ceil(1_000_000);
        Self(self.0.saturating_add(u64::try_from(millis).unwrap_or(u64::MAX)))
    }

    /// The time a duration earlier. The duration is rounded down to the millisecond.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let millis = duration.as_millis();
        Self(self.0.saturating_sub(u64::try_from(millis).unwrap_or(u64::MAX)))
    }

    /// How long after `earlier` this is; zero if it is not after.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// The longest single wait. The clock is read again after it, because the machine may have slept or
/// somebody may have set the clock.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Returns the time and waits for a time. It may run back a little.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> UnixMillis;

    /// Returns at that time, or immediately if it is past. A clock that does not follow the machine's needs a
    /// wait of its own.
    fn sleep_until(&self, at: UnixMillis) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            loop {
                let left = at.since(self.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(LONGEST_WAIT)).await;
            }
        })
    }
}

/// The machine's clock. Only the binary creates one.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> UnixMillis {
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
