//! How far the clock of this machine is ahead of the clock of the bus.
//!
//! Comes in: when the stream was read to its end, and when the next message was stored. Goes out: a corrected time. It
//! never changes a clock.

use std::time::Duration;

use wirefold_envelope::CLOCK_TOLERANCE;
use wirefold_flow::UnixMillis;

/// Compares the two clocks, so that a message stored just now is not taken for one that came hours late.
///
/// A reader that waits at the end of a stream knows that the next message is stored later than it began to
/// wait. If the process stood still for a day, it began to wait a day ago, and the comparison finds no
/// difference.
#[derive(Debug, Default)]
pub(super) struct BusClock {
    /// When the end of the stream was last read, by the clock of this machine.
    at_end: Option<UnixMillis>,
    /// The least time by which this machine's clock is ahead; zero if that is little.
    ahead: Duration,
}

impl BusClock {
    /// Notes that the end of the stream was read at this time of this machine's clock.
    pub(super) fn stream_ended(&mut self, at: UnixMillis) {
        self.at_end = Some(at);
    }

    /// Notes that a message came which was stored at this time of the bus's clock.
    pub(super) fn message_came(&mut self, stored: UnixMillis, now: UnixMillis) {
        let at_least = self.at_end.take().map_or(Duration::ZERO, |at| at.since(stored));
        if at_least > CLOCK_TOLERANCE {
            if self.ahead.is_zero() {
                let seconds = at_least.as_secs();
                let what = "the clock of this machine is ahead of the bus: set the clock; new alerts are still \
                            sent immediately";
                tracing::warn!(seconds, "{what}");
            }
            self.ahead = at_least;
        } else if now.since(stored) <= CLOCK_TOLERANCE {
            self.ahead = Duration::ZERO;
        }
    }

    /// Converts a time of this machine's clock to the clock of the bus.
    pub(super) fn corrected(&self, now: UnixMillis) -> UnixMillis {
        now.minus(self.ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const START: UnixMillis = UnixMillis(1_700_000_000_000);

    #[test]
    fn a_clock_is_ahead_by_what_was_stored_after_it_began_to_wait() {
        let mut clock = BusClock::default();
        let ahead = START.plus(2 * HOUR);
        clock.stream_ended(ahead);
        clock.message_came(START, ahead);
        assert_eq!(clock.corrected(ahead), START);
        // The clock was set right.
        clock.stream_ended(START);
        clock.message_came(START, START);
        assert_eq!(clock.corrected(ahead), ahead);
    }

    #[test]
    fn a_process_that_stood_still_finds_nothing_wrong() {
        let mut clock = BusClock::default();
        let day_later = START.plus(24 * HOUR);
        clock.stream_ended(START);
        clock.message_came(START.plus(HOUR), day_later);
        assert_eq!(clock.corrected(day_later), day_later);
    }

    #[test]
    fn messages_already_stored_do_not_correct_the_clock() {
        let mut clock = BusClock::default();
        let late = START.plus(3 * HOUR);
        clock.message_came(START, late);
        assert_eq!(clock.corrected(late), late);
    }
}
