//! How long the machine has been on. It is read at most once a second.

use std::time::Duration;

/// While the time of day differs, the uptime is read at most this often.
const READ_INTERVAL: Duration = Duration::from_secs(1);

/// The last reading of the uptime.
pub(super) struct Uptime {
    /// The function that reads it.
    read: fn() -> Option<Duration>,
    /// The time of the last reading by the monotonic clock, and its result.
    last: Option<(Duration, Option<Duration>)>,
}

impl Uptime {
    pub(super) fn read_by(read: fn() -> Option<Duration>) -> Self {
        Self { read, last: None }
    }

    /// The uptime now. Between two readings it advances with the monotonic clock, so the next reading notices
    /// a sleep.
    pub(super) fn at(&mut self, awake: Duration) -> Option<Duration> {
        match self.last {
            Some((then, uptime)) if awake.saturating_sub(then) < READ_INTERVAL => {
                uptime.map(|uptime| uptime + awake.saturating_sub(then))
            }
            _ => {
                let uptime = (self.read)();
                self.last = Some((awake, uptime));
                uptime
            }
        }
    }
}

/// How long the machine has been on, including sleep. Without the file, it asks the system.
pub(super) fn uptime() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    let seconds = text.split(' ').next().and_then(|first| first.parse().ok());
    let read = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    read.or_else(boot_time)
}

#[cfg(target_os = "linux")]
fn boot_time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).ok()?;
    Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
}

#[cfg(not(target_os = "linux"))]
fn boot_time() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// The number of readings in this test.
    static READ: AtomicU64 = AtomicU64::new(0);

    fn counted() -> Option<Duration> {
        Some(Duration::from_secs(500 + READ.fetch_add(1, Ordering::SeqCst)))
    }

    #[test]
    fn the_uptime_is_read_once_a_second_at_most() {
        let mut uptime = Uptime::read_by(counted);
        let mut readings = Vec::new();
        for millis in (0..3_000).step_by(250) {
            readings.extend(uptime.at(Duration::from_millis(millis)).map(|at| at.as_millis()));
        }
        assert_eq!(READ.load(Ordering::SeqCst), 3);
        assert_eq!(readings, (0..12).map(|quarter| 500_000 + quarter * 250).collect::<Vec<_>>());
    }
}
