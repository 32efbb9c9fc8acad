//! The clock of long-running commands: a time that never jumps by mistake and never runs back.
//!
//! People, the network and hosts of virtual machines set the time of day, sometimes wrongly for a moment. A
//! message that is stored in that moment keeps the wrong time, and a timer for such a time waits for as long
//! as the jump was wide. The time since the machine was started, which counts its sleep, distinguishes a jump
//! from time that passes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use wirefold_flow::{Clock, SystemClock, UnixMillis};

/// The machine's clock, checked against the time since it was started: see [`Steady`].
pub(crate) struct SteadyClock {
    started: Duration,
    steady: Mutex<Steady>,
}

impl SteadyClock {
    pub(crate) fn start() -> SteadyClock {
        SteadyClock { started: boot_time(), steady: Mutex::new(Steady::new(SystemClock.now())) }
    }
}

/// The time since the machine was started, with its sleep where the system counts it.
fn boot_time() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(target_os = "linux")]
    let clock = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = ClockId::Monotonic;
    let time = clock_gettime(clock);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), nanoseconds)
}

impl Clock for SteadyClock {
    fn now(&self) -> UnixMillis {
        let read = {
            let mut steady = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
            steady.read(SystemClock.now(), boot_time().saturating_sub(self.started))
        };
        // The log line is written after the lock is released, because the log reads the time too.
        if let Some(change) = read.change {
            log_change(change);
        }
        read.now
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
    }
}

/// The tolerance. Clocks that are read in turn, or are synchronised, differ by less.
const TOLERANCE: Duration = Duration::from_secs(2);
/// A jump that lasts this long is not a mistake.
const ACCEPTED_AFTER: Duration = Duration::from_secs(30);
/// The largest step back that is waited for, at half speed. A larger one is followed.
const MAX_STEP_BACK: Duration = Duration::from_hours(24);

/// The time according to the last readings of the clocks.
#[derive(Debug)]
struct Steady {
    /// The time when the machine had run for `passed`.
    time: Duration,
    passed: Duration,
    /// When the time of day began to differ.
    differs_since: Option<Duration>,
    is_slowed: bool,
    /// The time that was returned last.
    last: UnixMillis,
}

/// The result of a reading.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    now: UnixMillis,
    /// The change of the time of day, if there is one.
    change: Option<Change>,
}

/// A change of the time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// It jumped by this many seconds. The jump is not followed yet.
    Jumped { seconds: i64 },
    /// It is correct again.
    Returned,
    /// It stays this many seconds off and is followed.
    Followed { seconds: i64 },
    /// It stays this many seconds behind and is waited for.
    Slowed { seconds: i64 },
}

impl Steady {
    /// Starts with this time of day.
    fn new(day: UnixMillis) -> Self {
        let (time, passed) = (Duration::from_millis(day.0), Duration::ZERO);
        Self { time, passed, differs_since: None, is_slowed: false, last: day }
    }

    /// The time for these readings of the time of day and of the time since the start.
    fn read(&mut self, day: UnixMillis, passed: Duration) -> Read {
        let step = passed.saturating_sub(self.passed);
        self.time += if self.is_slowed { step / 2 } else { step };
        self.passed = passed;
        let day_time = Duration::from_millis(day.0);
        let change = match day_time.abs_diff(self.time) <= TOLERANCE {
            true => self.agree(day_time),
            false => self.disagree(day_time),
        };
        let time = UnixMillis(u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX));
        let is_put_back = matches!(change, Some(Change::Followed { seconds }) if seconds < 0);
        self.last = if is_put_back { time } else { self.last.max(time) };
        Read { now: self.last, change }
    }

    fn agree(&mut self, day_time: Duration) -> Option<Change> {
        self.time = day_time;
        let was_off = self.differs_since.take().is_some() | std::mem::take(&mut self.is_slowed);
        was_off.then_some(Change::Returned)
    }

    fn disagree(&mut self, day_time: Duration) -> Option<Change> {
        let off = match day_time.checked_sub(self.time) {
            Some(ahead) => seconds(ahead),
            None => -seconds(self.time.saturating_sub(day_time)),
        };
        let Some(since) = self.differs_since else {
            self.differs_since = Some(self.passed);
            return Some(Change::Jumped { seconds: off });
        };
        if self.passed.saturating_sub(since) < ACCEPTED_AFTER || self.is_slowed && off < 0 {
            return None;
        }
        if off < 0 && self.time.saturating_sub(day_time) <= MAX_STEP_BACK {
            self.is_slowed = true;
            return Some(Change::Slowed { seconds: off });
        }
        (self.time, self.differs_since, self.is_slowed) = (day_time, None, false);
        Some(Change::Followed { seconds: off })
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_767_225_600_000;
    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;

    /// The clocks of a machine. The time of day is this many milliseconds off.
    struct Machine {
        steady: Steady,
        passed: u64,
        off: i64,
    }

    impl Machine {
        fn new() -> Self {
            Self { steady: Steady::new(UnixMillis(START)), passed: 0, off: 0 }
        }

        /// Reads the clock each second for this many seconds. Returns the time in milliseconds since the
        /// start.
        fn after(&mut self, seconds: u64) -> (u64, Vec<Change>) {
            let mut changes = Vec::new();
            let mut day_time = 0;
            for _ in 0..seconds.max(1) {
                self.passed += if seconds == 0 { 0 } else { 1_000 };
                let day = UnixMillis((START + self.passed).saturating_add_signed(self.off));
                let read = self.steady.read(day, Duration::from_millis(self.passed));
                changes.extend(read.change);
                assert!(day_time <= read.now.0, "time runs back");
                day_time = read.now.0;
            }
            (day_time - START, changes)
        }
    }

    #[test]
    fn a_jump_that_does_not_last_changes_nothing() {
        for (off, seconds) in [(HOUR, 3_600), (-HOUR, -3_600)] {
            let mut machine = Machine::new();
            machine.after(10);
            machine.off = off;
            assert_eq!(machine.after(5), (15_000, vec![Change::Jumped { seconds }]));
            machine.off = 0;
            assert_eq!(machine.after(5), (20_000, vec![Change::Returned]));
        }
    }

    #[test]
    fn a_jump_ahead_that_lasts_is_followed() {
        let mut machine = Machine::new();
        machine.off = HOUR;
        let (jumped, followed) =
            (Change::Jumped { seconds: 3_600 }, Change::Followed { seconds: 3_600 });
        assert_eq!(machine.after(60), (60_000 + HOUR as u64, vec![jumped, followed]));
    }

    #[test]
    fn a_clock_that_was_put_back_is_waited_for_at_half_speed() {
        let mut machine = Machine::new();
        machine.off = -HOUR;
        let (day_time, changes) = machine.after(40);
        assert_eq!(
            changes,
            [Change::Jumped { seconds: -3_600 }, Change::Slowed { seconds: -3_600 }]
        );
        assert!((35_000..40_000).contains(&day_time), "{day_time}");
        let later = machine.after(7_200);
        assert_eq!(later, (7_240_000 - HOUR as u64, vec![Change::Returned]));
    }

    #[test]
    fn a_clock_that_was_put_back_by_days_is_followed() {
        let mut machine = Machine::new();
        machine.after(100_000);
        machine.off = -2 * DAY;
        let followed = Change::Followed { seconds: -2 * DAY / 1_000 };
        let mut changes = Vec::new();
        for _ in 0..40 {
            machine.passed += 1_000;
            let day = UnixMillis((START + machine.passed).saturating_add_signed(machine.off));
            let read = machine.steady.read(day, Duration::from_millis(machine.passed));
            changes.extend(read.change);
        }
        assert_eq!(changes.last(), Some(&followed));
        assert!(machine.steady.last.0 < START);
    }

    #[test]
    fn a_machine_that_slept_is_in_time_at_once() {
        let mut machine = Machine::new();
        machine.after(10);
        // The time since the start goes on while the machine sleeps.
        machine.passed += DAY as u64;
        assert_eq!(machine.after(1), (11_000 + DAY as u64, vec![]));
    }

    #[test]
    fn a_clock_that_drifts_is_followed_without_a_word() {
        let mut machine = Machine::new();
        for _ in 0..1_000 {
            machine.off += 10;
            assert_eq!(machine.after(1).1, []);
        }
        machine.off -= 1_500;
        let (before, (after, changes)) = (machine.steady.last.0 - START, machine.after(1));
        assert_eq!(
            (before, changes),
            (after, vec![]),
            "it stands still for a moment, and never runs back"
        );
    }
}
