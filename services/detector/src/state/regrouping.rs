//! Updates the counts of stories that `dedup` divided because an article revealed page chrome.
//!
//! The splits of a verdict come in; the changes to report go out. This module never decides which
//! articles leave.

use wirefold_dedup::{Split, Verdict};
use wirefold_proto::{Outlet, RegroupReason, StoryChange};

use super::DetectorState;
use crate::groups::{SplitMembers, SplitResult};

/// The most articles that one change names. A change must fit into a decision.
const MAX_NAMED: usize = 8;

impl DetectorState {
    /// Updates the counts of the stories that `dedup` divided because of page chrome of `outlet`.
    pub(super) fn regroup(&mut self, judged: &Verdict, outlet: &Outlet) -> Vec<StoryChange> {
        let mut results: Vec<(&Split, SplitResult)> = Vec::with_capacity(judged.regrouped.len());
        for split in &judged.regrouped {
            let rest = self.window_members(self.dedup.members(split.from));
            let leaving = SplitMembers { split, moved: self.window_members(&split.moved), rest };
            results.extend(self.groups.split_story(&leaving).map(|it| (split, it)));
        }
        join_moves(&mut results);
        let reason = RegroupReason::PageChrome { outlet: outlet.clone() };
        results.iter().flat_map(|(split, it)| self.regrouped_changes(split, it, &reason)).collect()
    }

    /// The changes that report one split, in the state after all splits of the verdict.
    fn regrouped_changes(
        &self,
        split: &Split,
        result: &SplitResult,
        reason: &RegroupReason,
    ) -> Vec<StoryChange> {
        let from = self.groups.story_with_id(result.from).unwrap_or(split.from);
        let stories = self.groups.stories_after(&[from, split.into]);
        let events = self.groups.events_after(&[self.groups.event_of(from)]);
        let named = result.articles.chunks(MAX_NAMED);
        named
            .map(|articles| StoryChange::Regrouped {
                from: result.from,
                into: result.into,
                articles: articles.to_vec(),
                reason: reason.clone(),
                stories: stories.clone(),
                events: events.clone(),
            })
            .collect()
    }
}

/// Makes the changes report each article once. If an article moved from story A to B and then from
/// B to C, only the move from A to C is reported.
fn join_moves(results: &mut [(&Split, SplitResult)]) {
    for at in 1..results.len() {
        let (earlier, later) = results.split_at_mut(at);
        let Some((_, next)) = later.first_mut() else { return };
        if let Some((_, before)) = earlier.iter_mut().rfind(|(_, it)| it.into == next.from) {
            before.articles.retain(|article| !next.articles.contains(article));
            next.from = before.from;
        }
    }
}
