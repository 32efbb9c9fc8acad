//! Recent copies in stories that subscriptions ask for.
//!
//! Comes in: each copy. Goes out: which subscriptions it matched, if it turns out to be no copy. It never notifies.

use std::collections::VecDeque;
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::{AlertArticle, ArticleId, Headline, SubscriptionId};
use wirefold_query::{Hit, Matched};

use super::piece::{OutputPosition, Piece};

/// How many are kept.
const KEPT: usize = 512;
/// What was seen longer ago is news no more.
const FRESH: Duration = Duration::from_hours(12);

/// An article that came as a part of an earlier one's story.
#[derive(Debug, Clone)]
pub(super) struct Folded {
    pub(super) place: OutputPosition,
    pub(super) seen: UnixMillis,
    pub(super) article: AlertArticle,
    pub(super) headline: Headline,
    /// Who asks for it, and by what it matches.
    pub(super) hits: Vec<(SubscriptionId, Matched)>,
}

/// The last of them.
///
/// Kept in memory only: what an alert not yet published needs is read again from its place after a
/// restart.
#[derive(Debug, Default)]
pub(super) struct Copies(VecDeque<Folded>);

impl Copies {
    /// Notes an article that subscriptions ask for, unless its story begins with it.
    pub(super) fn note(&mut self, piece: &Piece, hits: &[Hit<SubscriptionId>]) {
        let verdict = &piece.output.verdict;
        let is_first = verdict.story == piece.output.id.into();
        if is_first || !verdict.comparable || hits.is_empty() {
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Folded {
            place: piece.place,
            seen: piece.seen,
            article: piece.article(),
            headline: piece.headline(),
            hits: hits.iter().map(|hit| (hit.id.clone(), hit.matched.clone())).collect(),
        });
    }

    /// An article that is news still at this time.
    pub(super) fn fresh(&self, id: ArticleId, at: UnixMillis) -> Option<&Folded> {
        let found = self.0.iter().rfind(|folded| folded.article.id == id)?;
        (found.seen.plus(FRESH) > at).then_some(found)
    }
}
