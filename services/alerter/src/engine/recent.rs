//! The times of targets, kept in bounded memory.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::Target;

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
