//! A time that never jumps by mistake and never runs back. The module is pure: its input is the readings of
//! the clocks.
//!
//! People, the network and hosts of virtual machines set the time of day, sometimes wrongly for a moment. A
//! message that is stored in that moment keeps the wrong time, and a timer for such a time waits for as long
//! as the jump was wide. The monotonic clock distinguishes a jump from time that passes. The uptime, which
//! counts sleep, distinguishes it from a machine that slept.

use std::time::Duration;

use wirefold_flow::UnixMillis;

/// The tolerance. Clocks that are read in turn, or are synchronised, differ by less.
const TOLERANCE: Duration = Duration::from_secs(2);
/// A jump that lasts this long is not a mistake.
const ACCEPTED_AFTER: Duration = Duration::from_secs(30);
/// The largest step back that is waited for, at half speed. A larger one is followed.
const MAX_STEP_BACK: Duration = Duration::from_hours(24);

/// The time according to the last readings of the clocks.
#[derive(Debug)]
pub(super) struct Steady {
    /// The time when the monotonic clock was at `awake`.
    time: Duration,
    awake: Duration,
    /// The uptime then, less the monotonic clock: how long the machine has slept.
    slept: Option<Duration>,
    /// When the time of day began to differ, by the monotonic clock.
    differs_since: Option<Duration>,
    is_slowed: bool,
    /// The time that was returned last.
    last: UnixMillis,
}

/// The result of a reading.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) now: UnixMillis,
    /// The change of the time of day, if there is one.
    pub(super) change: Option<Change>,
}

/// A change of the time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It jumped by this many seconds. The jump is not followed yet.
    Jumped { seconds: i64 },
    /// It is correct again.
    Returned,
    /// It stays this many seconds off and is followed.
    Followed { seconds: i64 },
    /// It stays this many seconds behind and is waited for.
    Slowed { seconds: i64 },
    /// The machine slept for this many seconds.
    Slept { seconds: i64 },
}

impl Steady {
    /// Starts with this time of day while the monotonic clock is at zero.
    pub(super) fn new(day: UnixMillis, uptime: Option<Duration>) -> Self {
        let time = Duration::from_millis(day.0);
        let (awake, slept) = (Duration::ZERO, uptime);
        Self { time, awake, slept, differs_since: None, is_slowed: false, last: day }
    }

    /// The time for these readings of the time of day and the monotonic clock. The uptime is read only if
    /// they disagree.
    pub(super) fn read(
        &mut self,
        day: UnixMillis,
        awake: Duration,
        uptime: impl FnOnce() -> Option<Duration>,
    ) -> Read {
        let passed = awake.saturating_sub(self.awake);
        self.time += if self.is_slowed { passed / 2 } else { passed };
        self.awake = awake;
        let day_time = Duration::from_millis(day.0);
        let change = match day_time.abs_diff(self.time) <= TOLERANCE {
            true => self.agree(day_time),
            false => self.disagree(day_time, uptime().map(|uptime| uptime.saturating_sub(awake))),
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

    fn disagree(&mut self, day_time: Duration, slept: Option<Duration>) -> Option<Change> {
        let more =
            slept.zip(self.slept).map_or(Duration::ZERO, |(now, then)| now.saturating_sub(then));
        if more > TOLERANCE && day_time.abs_diff(self.time + more) <= TOLERANCE {
            (self.time, self.slept, self.differs_since) = (day_time, slept, None);
            self.is_slowed = false;
            return Some(Change::Slept { seconds: seconds(more) });
        }
        let off = match day_time.checked_sub(self.time) {
            Some(ahead) => seconds(ahead),
            None => -seconds(self.time.saturating_sub(day_time)),
        };
        let Some(since) = self.differs_since else {
            self.differs_since = Some(self.awake);
            return Some(Change::Jumped { seconds: off });
        };
        if self.awake.saturating_sub(since) < ACCEPTED_AFTER || self.is_slowed && off < 0 {
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
        awake: u64,
        slept: u64,
        off: i64,
        has_uptime: bool,
    }

    impl Machine {
        fn new() -> Self {
            let steady = Steady::new(UnixMillis(START), Some(Duration::from_secs(500)));
            Self { steady, awake: 0, slept: 500_000, off: 0, has_uptime: true }
        }

        /// Reads the clock each second for this many seconds. Returns the time in milliseconds since the
        /// start.
        fn after(&mut self, seconds: u64) -> (u64, Vec<Change>) {
            let mut changes = Vec::new();
            let mut day_time = 0;
            for _ in 0..seconds.max(1) {
                self.awake += if seconds == 0 { 0 } else { 1_000 };
                let real = START + self.awake + self.slept - 500_000;
                let uptime = Duration::from_millis(self.awake + self.slept);
                let read = self.steady.read(
                    UnixMillis(real.saturating_add_signed(self.off)),
                    Duration::from_millis(self.awake),
                    || self.has_uptime.then_some(uptime),
                );
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
            machine.awake += 1_000;
            let day = UnixMillis((START + machine.awake).saturating_add_signed(machine.off));
            let read = machine.steady.read(day, Duration::from_millis(machine.awake), || None);
            changes.extend(read.change);
        }
        assert_eq!(changes.last(), Some(&followed));
        assert!(machine.steady.last.0 < START);
    }

    #[test]
    fn a_machine_that_slept_is_in_time_at_once() {
        let mut machine = Machine::new();
        machine.after(10);
        machine.slept += DAY as u64;
        let slept = Change::Slept { seconds: 86_400 };
        assert_eq!(machine.after(1), (11_000 + DAY as u64, vec![slept]));
        machine.has_uptime = false;
        machine.slept += DAY as u64;
        let (day_time, changes) = machine.after(40);
        assert_eq!(changes.last(), Some(&Change::Followed { seconds: 86_400 }));
        assert_eq!(
            day_time,
            51_000 + 2 * DAY as u64,
            "a little later where the uptime is not known"
        );
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
