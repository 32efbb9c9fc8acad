//! The last numbers and times of targets, kept in bounded memory.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::Target;

use super::numbers::Tally;

/// How many are stored. A merge soon follows the article that caused it.
const KEPT: usize = 512;

/// The last numbers of events and stories, for alerts that a merge opens.
///
/// They are only in memory: after a restart the next article gives them.
#[derive(Debug, Default)]
pub(super) struct RecentTallies(VecDeque<(Target, Tally)>);

impl RecentTallies {
    pub(super) fn note(&mut self, target: Target, tally: Tally) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((target, tally));
    }

    /// The last numbers of this target; zeros if they are not known.
    pub(super) fn of(&self, target: Target) -> Tally {
        let found = self.0.iter().rev().find(|(other, _)| *other == target);
        found.map_or_else(Tally::default, |(_, tally)| *tally)
    }
}

/// The most times stored for one event or story.
const KEPT_TIMES: usize = 1_000;
/// How long a time is stored: the longest span of a query.
const LONGEST: Duration = Duration::from_hours(24);

/// When the articles of each event and story were fetched, if a subscription uses velocity.
///
/// The times are only in memory: after a restart, counting begins where reading begins.
#[derive(Debug, Default)]
pub(super) struct Velocity {
    seen: BTreeMap<Target, VecDeque<UnixMillis>>,
    unloaded_at: UnixMillis,
}

impl Velocity {
    pub(super) fn note(&mut self, target: Target, seen: UnixMillis) {
        let times = self.seen.entry(target).or_default();
        times.push_back(seen);
        if times.len() > KEPT_TIMES {
            times.pop_front();
        }
        if seen.since(self.unloaded_at) >= LONGEST {
            self.unloaded_at = seen;
            self.seen
                .retain(|_, known| known.back().is_some_and(|last| seen.since(*last) < LONGEST));
        }
    }

    /// How long before `now` each article came.
    pub(super) fn ages(&self, target: Target, now: UnixMillis) -> Vec<Duration> {
        let times = self.seen.get(&target).into_iter().flatten();
        times.map(|seen| now.since(*seen)).collect()
    }
}
