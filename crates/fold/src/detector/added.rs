//! The parts of a new article that earlier ones have, and those that it adds to its story, for the verdict.

use wirefold_text::Text;

use crate::agency::{Agency, RelatedArticle, inferred_agency, own_agency};
use crate::correction::corrected_words;
use crate::detector::Detector;
use crate::event_evidence::{ComparedStory, SharedQuotation};
use crate::evidence::runs;
use crate::ids::DocId;
use crate::page::Page;
use crate::verdict::{Correction, Match, REPRINT_LARGER};

/// A text counts as an origin if it has at least so many words outside quotation marks.
const COMPARABLE_WORDS: usize = 44;
/// Quotations of at least so many words are compared.
const QUOTATION_WORDS: usize = 6;
/// An article inherits the agency of another one that has at least this share of it.
pub(super) const INHERITED: f64 = 0.3;

/// Whether a text is long enough to count as an origin.
pub(crate) fn is_comparable(page: &Page) -> bool {
    page.quoted.iter().filter(|is_quoted| !**is_quoted).count() >= COMPARABLE_WORDS
}

impl Detector {
    /// The share of so many words that the compared members of a story lack, 0 to 1. `compared` says which words
    /// each compared article has.
    pub(super) fn novelty(&self, words: usize, story: u32, compared: &[(u32, Vec<bool>)]) -> f64 {
        let mut known = vec![false; words];
        for (_, shared) in compared.iter().filter(|(other, _)| self.stories.of(*other) == story) {
            known.iter_mut().zip(shared).for_each(|(is_known, is_shared)| *is_known |= is_shared);
        }
        let new = known.iter().filter(|is_known| !**is_known).count();
        new as f64 / words.max(1) as f64
    }

    /// How many quotations of a text are in the texts that it was compared with, or in those of the compared
    /// stories with one of its quotations. `compared` says which words each compared text has.
    pub(super) fn shared_quotations(
        &mut self,
        page: &Page,
        compared: &[(u32, Vec<bool>)],
        stories: &[ComparedStory],
    ) -> usize {
        let mut quotations = runs(&page.quoted);
        quotations.retain(|(_, words)| *words >= QUOTATION_WORDS);
        if quotations.is_empty() {
            return 0;
        }
        let all = quotations.len();
        let mut leave_out = |shared: &[bool]| {
            quotations.retain(|(first, words)| {
                let within = &shared[*first..first + words];
                2 * within.iter().filter(|is_shared| **is_shared).count() < *words
            });
        };
        compared.iter().for_each(|(_, shared)| leave_out(shared));
        let has_shared = |it: &&ComparedStory| it.evidence.quotation != SharedQuotation::None;
        for related in stories.iter().filter(has_shared) {
            leave_out(&page.shared_with(&self.page(related.story)));
        }
        all - quotations.len()
    }

    /// The agency that an article names, or else that of a text which has much of it.
    pub(super) fn agency(&self, article: u32, matches: &[Match]) -> Option<Agency<DocId>> {
        let own = self.docs.get(article).and_then(|doc| own_agency(&doc.traces));
        let related = matches.iter().filter(|pair| pair.evidence.contained >= INHERITED);
        let related = related.filter_map(|pair| {
            Some(RelatedArticle {
                doc: pair.doc,
                traces: &self.docs.get(pair.doc.0)?.traces,
                is_reprint: pair.evidence.contained >= REPRINT_LARGER,
                shared_words: pair.evidence.shared as u32,
            })
        });
        own.or_else(|| inferred_agency(related))
    }

    /// The correction of its story that a copy or version says it is, if no compared member of its story says so.
    pub(super) fn correction(
        &self,
        article: u32,
        text: &Text,
        story: u32,
        matches: &[Match],
    ) -> Option<Correction> {
        let is_correction = |doc: u32| self.docs.get(doc).is_some_and(|doc| doc.is_correction);
        let mut members = self.of_story(story, matches).map(|pair| pair.doc.0);
        if !is_correction(article) || members.clone().any(is_correction) {
            return None;
        }
        let earlier = members.find_map(|doc| self.docs.text(doc));
        let change = earlier.and_then(|earlier| corrected_words(text, &Text::new(&earlier)));
        Some(Correction { change })
    }
}
