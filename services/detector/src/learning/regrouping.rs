//! Counts stories again that `dedup` divided because an article showed page chrome.
//!
//! The splits of a verdict come in; the changes to report go out. It never decides which articles leave.

use wirefold_dedup::{Split, Verdict};
use wirefold_proto::{Outlet, RegroupReason, StoryChange};

use super::Learning;
use crate::groups::{Leaving, Parted};

/// The most articles that one change names: it must fit into a decision.
const MOST_NAMED: usize = 8;

impl Learning {
    /// Counts anew what dedup has divided, since `outlet` prints it on many pages.
    pub(super) fn regroup(&mut self, found: &Verdict, outlet: &Outlet) -> Vec<StoryChange> {
        let mut parted: Vec<(&Split, Parted)> = Vec::with_capacity(found.regrouped.len());
        for split in &found.regrouped {
            let rest = self.members(self.dedup.members(split.from));
            let leaving = Leaving { split, moved: self.members(&split.moved), rest };
            parted.extend(self.groups.part(&leaving).map(|it| (split, it)));
        }
        follow_on(&mut parted);
        let reason = RegroupReason::PageChrome { outlet: outlet.clone() };
        parted.iter().flat_map(|(split, it)| self.regrouped(split, it, &reason)).collect()
    }

    /// How it is told, once all are divided.
    fn regrouped(
        &self,
        split: &Split,
        parted: &Parted,
        reason: &RegroupReason,
    ) -> Vec<StoryChange> {
        let from = self.groups.story_called(parted.from).unwrap_or(split.from);
        let stories = self.groups.stories_after(&[from, split.into]);
        let events = self.groups.events_after(&[self.groups.event_of(from)]);
        let named = parted.articles.chunks(MOST_NAMED);
        named
            .map(|articles| StoryChange::Regrouped {
                from: parted.from,
                into: parted.into,
                articles: articles.to_vec(),
                reason: reason.clone(),
                stories: stories.clone(),
                events: events.clone(),
            })
            .collect()
    }
}

/// Has each article be told of once: what left a story that had left another left that one.
fn follow_on(parted: &mut [(&Split, Parted)]) {
    for at in 1..parted.len() {
        let (earlier, later) = parted.split_at_mut(at);
        let Some((_, next)) = later.first_mut() else { return };
        if let Some((_, before)) = earlier.iter_mut().rfind(|(_, it)| it.into == next.from) {
            before.articles.retain(|article| !next.articles.contains(article));
            next.from = before.from;
        }
    }
}
