//! The final verdict on an article, which takes all later articles into account.

use crate::agency::{RelatedArticle, inferred_agency};
use crate::detector::Detector;
use crate::detector::added::INHERITED;
use crate::ids::{DocId, EventId, StoryId};
use crate::verdict::{REPRINT_LARGER, Verdict};

impl Detector {
    /// The verdict on an article after all merges, with the agency that only later articles revealed. For an
    /// article that left the window, it is the state at that time. `None` for an article never seen, and if the
    /// detector keeps no verdicts ([`Detector::keeping_verdicts`]).
    #[must_use]
    pub fn final_verdict(&self, doc: DocId) -> Option<Verdict> {
        let verdict = self.verdicts.as_ref()?.get(&doc)?;
        Some(match self.docs.contains(doc.0) {
            true => self.as_it_is(verdict),
            false => verdict.clone(),
        })
    }

    /// A verdict with the present story and event of its article.
    fn as_it_is(&self, verdict: &Verdict) -> Verdict {
        let story = self.stories.of(verdict.doc.0);
        let mut holds: Vec<StoryId> =
            verdict.holds.iter().map(|held| StoryId(self.stories.of(held.0))).collect();
        holds.retain(|held| held.0 != story);
        holds.sort_unstable();
        holds.dedup();
        let event = EventId(self.events.of(story));
        Verdict { story: StoryId(story), event, holds, ..verdict.clone() }
    }

    /// Keeps a new verdict, if the detector keeps them. Earlier articles that name no agency inherit its own.
    pub(super) fn keep_verdict(&mut self, verdict: &Verdict) {
        let Some(verdicts) = &mut self.verdicts else { return };
        let traces = self.docs.get(verdict.doc.0).map_or(&[][..], |doc| &doc.traces);
        for pair in verdict.matches.iter().filter(|pair| pair.evidence.containing >= INHERITED) {
            let Some(earlier) = verdicts.get_mut(&pair.doc) else { continue };
            let is_reprint = pair.evidence.containing >= REPRINT_LARGER;
            let shared_words = pair.evidence.shared as u32;
            let doc = verdict.doc;
            let related = RelatedArticle { doc, traces, is_reprint, shared_words };
            if earlier.agency.is_none() {
                earlier.agency = inferred_agency(std::iter::once(related));
            }
        }
        verdicts.insert(verdict.doc, verdict.clone());
    }

    /// Brings the kept verdicts on articles that are about to leave the window to their last state.
    pub(super) fn keep_final_verdicts(&mut self, is_leaving: impl Fn(u32) -> bool) {
        if self.verdicts.is_none() {
            return;
        }
        let leaving = self.docs.iter().map(|(article, _)| DocId(article));
        let leaving: Vec<DocId> = leaving.filter(|doc| is_leaving(doc.0)).collect();
        for doc in leaving {
            let last = self.final_verdict(doc);
            if let (Some(verdicts), Some(last)) = (&mut self.verdicts, last) {
                verdicts.insert(doc, last);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::incoming::Incoming;
    use crate::settings::{DAY, Settings};

    #[test]
    fn kept_verdicts_outlive_the_window() {
        let mut detector = Detector::keeping_verdicts(Settings::default());
        let text =
            "The ferry between Quayton and Tarrow stays in port until the weekend.".repeat(9);
        for day in [0, 1, 20] {
            let time = day * DAY;
            detector.observe(&Incoming {
                text: &text,
                time,
                published: time,
                ..Incoming::default()
            });
        }
        let story = |doc| detector.final_verdict(DocId(doc)).map(|verdict| verdict.story.0);
        assert_eq!([0, 1, 2, 3].map(story), [Some(0), Some(0), Some(2), None]);
    }
}
