//! How often articles come, learned from the last week. Pure.
//!
//! Comes in: the sequence of the newest article. Goes out: for how long nothing has come that should have. It reads no
//! clock.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wirefold_flow::UnixMillis;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// The rhythm is learned for this long before a quiet time counts as too long.
const LEARNING: Duration = Duration::from_hours(48);
/// The number of days stored: each weekday, and one more to compare a weekend with the one before.
const DAYS: u64 = 8;
/// A shorter quiet time is never too long.
const SHORTEST: Duration = Duration::from_hours(6);
/// After a longer break between two looks, the process was down or the machine slept. That time does not
/// count.
const BREAK: Duration = Duration::from_mins(30);

/// When articles came, as far as it was observed. All times are of this machine's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rhythm {
    /// When the first article was seen.
    begun: Option<u64>,
    /// The sequence of the newest article.
    newest: u64,
    /// When the newest article was first seen, or when observation began again.
    quiet_since: u64,
    /// The time of the last look.
    looked: u64,
    /// Whether the quiet time is too long. It stays so until an article comes.
    #[serde(default)]
    is_too_quiet: bool,
    /// The longest quiet time of each day, in milliseconds.
    longest: BTreeMap<u64, u64>,
}

/// A quiet time that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quiet {
    /// How long it is.
    pub(super) lasts: Duration,
    /// The longest usual quiet time.
    pub(super) usual: Duration,
}

impl Rhythm {
    /// Takes the sequence of the newest article; `None` if there is no article yet. Returns the quiet time if
    /// it is too long.
    pub(super) fn look(&mut self, newest: Option<u64>, now: UnixMillis) -> Option<Quiet> {
        let newest = newest?;
        let Some(begun) = self.begun else {
            *self = Self { begun: Some(now.0), newest, ..Self::default() };
            (self.quiet_since, self.looked) = (now.0, now.0);
            return None;
        };
        let was_away = now.since(UnixMillis(self.looked)) > BREAK;
        self.looked = now.0;
        if was_away && !self.is_too_quiet {
            self.quiet_since = now.0;
        }
        if newest != self.newest {
            self.learn(now);
            (self.newest, self.quiet_since, self.is_too_quiet) = (newest, now.0, false);
            return None;
        }
        let quiet = Quiet { lasts: self.quiet_time(now), usual: self.usual() };
        let has_learned = now.since(UnixMillis(begun)) >= LEARNING && !self.longest.is_empty();
        self.is_too_quiet |= has_learned && quiet.lasts > too_long(quiet.usual);
        self.is_too_quiet.then_some(quiet)
    }

    fn quiet_time(&self, now: UnixMillis) -> Duration {
        now.since(UnixMillis(self.quiet_since))
    }

    fn learn(&mut self, now: UnixMillis) {
        let lasted = u64::try_from(self.quiet_time(now).as_millis()).unwrap_or(u64::MAX);
        let today = Duration::from_millis(now.0).as_secs() / DAY.as_secs();
        let longest = self.longest.entry(today).or_default();
        *longest = lasted.max(*longest);
        self.longest.retain(|day, _| *day + DAYS > today);
    }

    fn usual(&self) -> Duration {
        Duration::from_millis(self.longest.values().copied().max().unwrap_or(0))
    }
}

/// Twice the usual time, but at most a day more, so that an outage of days does not hide the next one.
fn too_long(usual: Duration) -> Duration {
    (usual + usual.min(DAY)).max(SHORTEST)
}

/// `9 hours`, `3 days`.
pub(super) fn describe(span: Duration) -> String {
    let (count, unit) = match span {
        span if span < HOUR => (span.as_secs() / 60, "minute"),
        span if span < DAY * 2 => (span.as_secs() / HOUR.as_secs(), "hour"),
        span => (span.as_secs() / DAY.as_secs(), "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Duration = Duration::from_mins(5);

    /// A machine that gets articles, with a look every five minutes.
    struct Machine {
        rhythm: Rhythm,
        now: UnixMillis,
        newest: Option<u64>,
    }

    impl Machine {
        fn new() -> Self {
            let now = UnixMillis(1_800_000_000_000);
            Self { rhythm: Rhythm::default(), now, newest: None }
        }

        fn article(&mut self) -> &mut Self {
            self.newest = Some(self.newest.unwrap_or(0) + 1);
            self
        }

        /// No article for this span. Returns after how long that was too long.
        fn nothing_for(&mut self, span: Duration) -> Option<Duration> {
            let began = self.now;
            let mut too_long = None;
            while self.now.since(began) < span {
                self.now = self.now.plus(LOOK);
                let found = self.rhythm.look(self.newest, self.now);
                too_long = too_long.or(found.map(|_| self.now.since(began)));
            }
            too_long
        }

        /// Articles every two hours for a week.
        fn with_a_week(mut self) -> Self {
            for _ in 0..7 * 12 {
                assert_eq!(self.article().nothing_for(HOUR * 2), None);
            }
            self
        }
    }

    #[test]
    fn a_fresh_installation_is_never_too_quiet() {
        assert_eq!(Machine::new().nothing_for(DAY * 30), None);
        let mut young = Machine::new();
        young.article().nothing_for(HOUR);
        young.article();
        assert_eq!(young.nothing_for(HOUR * 46), None);
    }

    #[test]
    fn far_longer_than_usual_is_too_long_and_ends_with_an_article() {
        let mut machine = Machine::new().with_a_week();
        let after = machine.article().nothing_for(HOUR * 12);
        assert!(after.is_some_and(|it| it > SHORTEST && it <= SHORTEST + LOOK * 2), "{after:?}");
        assert!(machine.rhythm.is_too_quiet);
        machine.article().nothing_for(LOOK);
        assert!(!machine.rhythm.is_too_quiet);
    }

    #[test]
    fn nights_and_weekends_are_learned() {
        let mut nightly = Machine::new().with_a_week();
        nightly.article().nothing_for(HOUR * 11);
        assert_eq!(nightly.article().nothing_for(HOUR * 21), None);
        let mut weekly = Machine::new().with_a_week();
        assert!(weekly.article().nothing_for(HOUR * 60).is_some());
        for _ in 0..5 * 12 {
            weekly.article().nothing_for(HOUR * 2);
        }
        assert_eq!(weekly.article().nothing_for(HOUR * 60), None, "the second weekend");
        assert!(weekly.nothing_for(HOUR * 25).is_some());
    }

    #[test]
    fn time_without_checks_does_not_count_and_ends_nothing() {
        let mut machine = Machine::new().with_a_week();
        machine.article().nothing_for(HOUR);
        machine.now = machine.now.plus(DAY * 3);
        assert_eq!(machine.nothing_for(HOUR * 5), None);
        assert!(machine.nothing_for(HOUR * 2).is_some());
        machine.now = machine.now.plus(DAY);
        machine.nothing_for(LOOK);
        assert!(machine.rhythm.is_too_quiet, "a restart is no article");
    }

    #[test]
    fn spans_read_well() {
        let words = [LOOK, HOUR, HOUR * 47, DAY * 3].map(describe);
        assert_eq!(words, ["5 minutes", "1 hour", "47 hours", "3 days"]);
    }
}
