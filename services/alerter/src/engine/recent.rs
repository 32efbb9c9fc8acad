//! The numbers that the last articles gave for each event and story.
//!
//! Comes in: numbers. Goes out: the last of them. It forgets all but the most recent.

use std::collections::VecDeque;

use wirefold_proto::Target;

use super::tally::Tally;

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
