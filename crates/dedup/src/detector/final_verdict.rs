//! The final verdict on an article, which takes all later articles into account.

use crate::detector::Detector;
use crate::detector::verdict::Verdict;
use crate::ids::{DocId, EventId, StoryId};
use crate::story::agency::{inferred_agency, own_agency};

impl Detector {
    /// The verdict on an article after all merges, with the agency and the held stories that only
    /// later articles revealed. For an article that left the window, it is the state at that time.
    /// `None` for an article never seen, and if the detector keeps no verdicts
    /// ([`Detector::keeping_verdicts`]).
    #[must_use]
    pub fn final_verdict(&self, number: DocId) -> Option<Verdict> {
        let mut verdict = self.verdicts.get(&number)?.clone();
        let Some(doc) = self.docs.get(number) else {
            return Some(verdict);
        };
        let found = self.stories.get(doc.story);
        let story = found.map_or(verdict.story, |story| StoryId::of(story.first));
        verdict.story = story;
        verdict.lead = story.first_article();
        verdict.origin = story.first_article();
        verdict.event = self.events.event_of(story).unwrap_or(EventId::of(story));
        verdict.continues = verdict.continues.map(|event| self.events.resolve(event));
        let kin = self.kin_of(doc.relatives());
        verdict.agency = own_agency(doc.traces()).or_else(|| inferred_agency(kin));
        verdict.holds.extend(doc.holds().iter().map(|held| self.stories.resolve(*held)));
        verdict.holds.retain(|held| *held != story);
        verdict.holds.sort_unstable();
        verdict.holds.dedup();
        Some(verdict)
    }
}
