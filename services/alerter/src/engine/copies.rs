//! Counts copies in stories that subscriptions match.
//!
//! Comes in: each copy. Goes out: the subscriptions that match it, if it turns out not to be a copy. It never
//! notifies.

use std::collections::VecDeque;
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::{AlertArticle, ArticleId, Headline, SubscriptionId};
use wirefold_query::{Hit, Matched};

use super::incoming::IncomingArticle;
use super::output_position::OutputPosition;

/// How many copies are stored.
const KEPT: usize = 512;
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
        if self.0.len() == KEPT {
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
