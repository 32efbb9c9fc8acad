//! The last numbers, copies and times of targets, kept in bounded memory.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::{AlertArticle, ArticleId, Headline, OutputPosition, SubscriptionId, Target};
use wirefold_query::{Hit, Matched};

use super::incoming::IncomingArticle;
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

/// How many copies are stored.
const KEPT_COPIES: usize = 512;
/// An older copy is no longer news.
const FRESH: Duration = Duration::from_hours(12);

/// An article that was folded into the story of an earlier one.
#[derive(Debug, Clone)]
pub(super) struct RecentCopy {
    pub(super) place: OutputPosition,
    pub(super) seen: UnixMillis,
    pub(super) article: AlertArticle,
    pub(super) headline: Headline,
    /// The subscriptions that it matches, and how.
    pub(super) hits: Vec<(SubscriptionId, Matched)>,
}

/// The most recent copies.
///
/// They are only in memory. After a restart the output is read again from the first message that an
/// unpublished revision needs.
#[derive(Debug, Default)]
pub(super) struct RecentCopies(VecDeque<RecentCopy>);

impl RecentCopies {
    /// Stores a matching article, unless its story begins with it.
    pub(super) fn note(&mut self, incoming: &IncomingArticle, hits: &[Hit<SubscriptionId>]) {
        let verdict = &incoming.output.verdict;
        let is_first = verdict.story == incoming.output.id.into();
        if is_first || !verdict.comparable || hits.is_empty() {
            return;
        }
        if self.0.len() == KEPT_COPIES {
            self.0.pop_front();
        }
        self.0.push_back(RecentCopy {
            place: incoming.place,
            seen: incoming.seen,
            article: incoming.article(),
            headline: incoming.headline(),
            hits: hits.iter().map(|hit| (hit.id.clone(), hit.matched.clone())).collect(),
        });
    }

    /// A copy that is still news at this time.
    pub(super) fn fresh(&self, id: ArticleId, at: UnixMillis) -> Option<&RecentCopy> {
        let found = self.0.iter().rfind(|folded| folded.article.id == id)?;
        (found.seen.plus(FRESH) > at).then_some(found)
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
