//! The clock seam.
//!
//! Whoever asks for the time or waits for one is given a [`Clock`]. Only the binary makes one.

use std::time::Duration;

use crate::BoxFuture;

/// Milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// This time and a duration later, to the millisecond, rounded up.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = duration.as_nanos().div_ceil(1_000_000);
        Self(self.0.saturating_add(u64::try_from(millis).unwrap_or(u64::MAX)))
    }

    /// This time and a duration earlier, to the millisecond, rounded down.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let millis = duration.as_millis();
        Self(self.0.saturating_sub(u64::try_from(millis).unwrap_or(u64::MAX)))
    }

    /// How long after `earlier` this is; zero where it is not after.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Tells the time and waits for one. May run back a little; nothing here relies on it not to.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> UnixMillis;

    /// Returns at that time, or at once where it is past.
    fn sleep_until(&self, at: UnixMillis) -> BoxFuture<'_, ()>;
}

/// The machine's clock. Only the binary makes one.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The longest single wait, so that a machine that slept or a clock that was set is noticed.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> UnixMillis {
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

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
