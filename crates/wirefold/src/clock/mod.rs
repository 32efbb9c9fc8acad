//! The clock of long-running commands. It follows a jump of the machine's clock only if the jump lasts.

mod steady;
mod uptime;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use wirefold_flow::{BoxFuture, Clock, SystemClock, UnixMillis};

use steady::{Change, Steady};
use uptime::{Uptime, uptime};

/// The longest single wait, so that a machine that slept is noticed.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The machine's clock, checked against its monotonic clock: see [`Steady`].
pub(crate) struct SteadyClock {
    started: Instant,
    steady: Mutex<(Steady, Uptime)>,
}

impl SteadyClock {
    pub(crate) fn start() -> SteadyClock {
        let steady = Steady::new(SystemClock.now(), uptime());
        SteadyClock {
            started: Instant::now(),
            steady: Mutex::new((steady, Uptime::read_by(uptime))),
        }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> UnixMillis {
        let read = {
            let mut held = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
            let (steady, uptime) = &mut *held;
            let awake = self.started.elapsed();
            steady.read(SystemClock.now(), awake, || uptime.at(awake))
        };
        // The log line is written after the lock is released, because the log reads the time too.
        if let Some(change) = read.change {
            log_change(change);
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

fn log_change(change: Change) {
    match change {
        Change::Jumped { seconds } => tracing::warn!(
            seconds,
            "the clock of this machine jumped; wirefold follows it if it stays so for half a minute"
        ),
        Change::Returned => {
            tracing::info!("the clock of this machine is back to the time before the jump");
        }
        Change::Followed { seconds } => tracing::warn!(
            seconds,
            "the clock of this machine did not jump back: wirefold follows it from now on"
        ),
        Change::Slowed { seconds } => tracing::warn!(
            seconds,
            "the clock of this machine was put back: wirefold runs at half speed until the clock reaches its time"
        ),
        Change::Slept { seconds } => tracing::info!(seconds, "this machine slept"),
    }
}
