//! Digests: texts that hold parts of several stories in different places. They are about no single happening.

use std::collections::BTreeSet;

use crate::detector::Detector;
use crate::ids::{DocId, StoryId};
use crate::matching::is_part;
use crate::verdict::Match;

/// A text with parts of stories of so many events is a digest.
const DIGEST: usize = 2;

impl Detector {
    /// Whether stories are of so many events that a text with parts of all is a digest.
    pub(super) fn are_of_many_events(&self, stories: &[u32]) -> bool {
        let events: BTreeSet<u32> = stories.iter().map(|story| self.events.of(*story)).collect();
        events.len() >= DIGEST
    }

    /// Records which earlier articles hold a part of a new story. One that turns out to be a digest draws no
    /// later story into its event.
    pub(super) fn find_holders(&mut self, article: u32, compared: &[Match]) {
        for holder in compared.iter().filter(|pair| is_part(pair)).map(|pair| pair.doc.0) {
            let is_known = !self.events.has(self.stories.of(holder));
            if is_known && self.verdicts.is_none() || !self.docs.add_held(holder, article) {
                continue;
            }
            let held = self.held_by(holder);
            if !self.are_of_many_events(&held) {
                continue;
            }
            self.events.exclude(self.stories.of(holder));
            let verdict = self.verdicts.as_mut().and_then(|all| all.get_mut(&DocId(holder)));
            if let Some(verdict) = verdict {
                verdict.holds = held.into_iter().map(StoryId).collect();
            }
        }
    }

    /// The later stories of which an article holds parts, each in another place of it.
    fn held_by(&mut self, holder: u32) -> Vec<u32> {
        let mut held = self.docs.get(holder).map_or_else(Vec::new, |doc| doc.held.clone());
        let (page, own) = (self.page(holder), self.stories.of(holder));
        held.retain(|article| self.stories.of(*article) != own);
        self.matching(holder, &page).parts_of(held.into_iter())
    }
}
