//! The clock of what runs for long: it follows a jump of the machine's clock only if that stays.

mod steady;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use wirefold_flow::{BoxFuture, Clock, SystemClock, UnixMillis};

use steady::{Change, Steady};

/// The longest single wait, so that a machine that slept is noticed.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The machine's clock, steadied by its monotonic one: see [`Steady`].
pub(crate) struct SteadyClock {
    started: Instant,
    steady: Mutex<Steady>,
}

impl SteadyClock {
    pub(crate) fn start() -> SteadyClock {
        let steady = Steady::new(SystemClock.now(), uptime());
        SteadyClock { started: Instant::now(), steady: Mutex::new(steady) }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> UnixMillis {
        let read = {
            let mut steady = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
            steady.read(SystemClock.now(), self.started.elapsed(), uptime)
        };
        // Whoever writes the log asks for the time, too.
        if let Some(change) = read.change {
            tell(change);
        }
        read.now
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

fn tell(change: Change) {
    match change {
        Change::Jumped { seconds } => tracing::warn!(
            seconds,
            "the clock of this machine jumped; it is believed if it stays so for half a minute"
        ),
        Change::Returned => tracing::info!("the clock of this machine is as before"),
        Change::Followed { seconds } => tracing::warn!(
            seconds,
            "the clock of this machine stays where it jumped to, and is followed: what comes from \
             now on has the new time"
        ),
        Change::Slowed { seconds } => tracing::warn!(
            seconds,
            "the clock of this machine was put back: time goes at half speed here until it is reached"
        ),
        Change::Slept { seconds } => tracing::info!(seconds, "this machine slept"),
    }
}

/// How long the machine has been on, sleep included. Where there is no such file, the system is asked.
fn uptime() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    let seconds = text.split(' ').next().and_then(|first| first.parse().ok());
    let read = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    read.or_else(asked)
}

#[cfg(target_os = "linux")]
fn asked() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).ok()?;
    Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
}

#[cfg(not(target_os = "linux"))]
fn asked() -> Option<Duration> {
    None
}
