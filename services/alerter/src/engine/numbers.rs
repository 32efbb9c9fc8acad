//! The numbers of an alert: now, those that its next revision is compared with, and how fast articles come.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, EventState, StoryState, Target};
use wirefold_query::Numbers;

use super::live_alert::{LiveAlert, PendingChange};

/// The numbers of an event or story.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) outlets: u32,
    pub(crate) origins: u32,
    pub(crate) copies: u32,
    pub(crate) versions: u32,
    pub(crate) stories: u32,
}

impl Tally {
    /// The numbers of an event.
    pub(crate) fn of_event(state: &EventState) -> Self {
        let EventState { outlets, origins, versions, stories, .. } = *state;
        Self { outlets, origins, copies: state.copies(), versions, stories }
    }

    /// The numbers of a story, which has one origin.
    pub(crate) fn of_story(state: &StoryState) -> Self {
        let StoryState { outlets, versions, .. } = *state;
        Self { outlets, origins: 1, copies: state.copies(), versions, stories: 1 }
    }

    /// The numbers that a revision tells.
    pub(crate) fn of_alert(alert: &Alert) -> Self {
        let Alert { outlets, origins, copies, versions, stories, .. } = *alert;
        Self { outlets, origins, copies, versions, stories }
    }

    pub(crate) fn max(self, other: Self) -> Self {
        self.moved_by(other, other, |own, other, _| own.max(other))
    }

    /// Each number made from those of three.
    fn moved_by(self, one: Self, two: Self, by: impl Fn(u32, u32, u32) -> u32) -> Self {
        Self {
            outlets: by(self.outlets, one.outlets, two.outlets),
            origins: by(self.origins, one.origins, two.origins),
            copies: by(self.copies, one.copies, two.copies),
            versions: by(self.versions, one.versions, two.versions),
            stories: by(self.stories, one.stories, two.stories),
        }
    }

    pub(crate) fn numbers(self) -> Numbers<'static> {
        Numbers { origins: self.origins, outlets: self.outlets, ages: &[] }
    }

    /// This number after people changed the numbers: moved by the same difference, and at most the new total.
    pub(super) fn moved(self, before: Self, now: Self) -> Self {
        self.moved_by(before, now, |own, was, is| match is.checked_sub(was) {
            Some(more) => own.saturating_add(more),
            None => own.min(is),
        })
    }
}

/// The numbers of an alert with its news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sums {
    /// The numbers with all news.
    pub(crate) all: Tally,
    /// The numbers with the news that may notify.
    pub(crate) fresh: Tally,
    pub(crate) measured: Baselines,
}

impl LiveAlert {
    /// The numbers with the news, in the order of the decisions.
    pub(crate) fn sums(&self) -> Sums {
        let mut sums = Sums { all: self.now(), fresh: self.now(), measured: self.measured };
        let mut news: Vec<&PendingChange> = self.news.iter().collect();
        news.sort_by_key(|news| (news.place, news.recounts()));
        news.into_iter().for_each(|news| sums.add(news));
        sums
    }
}

impl Sums {
    fn add(&mut self, news: &PendingChange) {
        if news.recounts() {
            let (before, now) = (self.all, news.tally);
            let moved = |tally: Tally| tally.moved(before, now);
            self.fresh = moved(self.fresh);
            let Baselines { told, notified } = self.measured;
            self.measured = Baselines { told: told.map(moved), notified: moved(notified) };
            self.all = now;
            return;
        }
        self.all = self.all.max(news.tally);
        if !news.only_counts {
            self.fresh = self.fresh.max(news.tally);
        }
    }
}

/// The numbers that the next revision is compared with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Baselines {
    /// The numbers of the last revision that was not held; `None` before the first.
    pub(crate) told: Option<Tally>,
    /// The numbers of the last loud revision.
    pub(crate) notified: Tally,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_move_by_what_people_changed() {
        let of = |outlets, origins, copies| Tally { outlets, origins, copies, ..Tally::default() };
        assert_eq!(of(2, 2, 5).moved(of(3, 3, 5), of(3, 4, 4)), of(2, 3, 4));
        assert_eq!(of(0, 1, 0).moved(of(3, 3, 4), of(3, 1, 4)), of(0, 1, 0));
    }
}
