//! The parts of a new article that earlier ones have, and those that it adds to its story, for the verdict.

use std::sync::Arc;

use wirefold_text::Text;

use crate::agency::{Agency, RelatedArticle, inferred_agency, own_agency};
use crate::detector::Detector;
use crate::detector::incoming::Prepared;
use crate::event_evidence::{ComparedStory, SharedQuotation};
use crate::evidence::runs;
use crate::hash::{hash_str, narrow};
use crate::ids::DocId;
use crate::material::lede::Lede;
use crate::material::{EarlierTexts, MOSTLY_NEW, Reason, corrects, material};
use crate::page::Page;
use crate::verdict::{Match, REPRINT_LARGER};

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

    /// Why a copy or version is material; `None` if it is not.
    pub(super) fn material(
        &mut self,
        article: u32,
        prepared: &Prepared,
        story: u32,
        matches: &[Match],
        novelty: f64,
    ) -> Option<Reason> {
        let is_correction = |doc: u32| self.docs.get(doc).is_some_and(|doc| doc.is_correction);
        let members: Vec<u32> = self.of_story(story, matches).map(|pair| pair.doc.0).collect();
        let says_so = is_correction(article) && !members.iter().any(|doc| is_correction(*doc));
        let pages: Vec<Arc<Page>> = members.iter().map(|doc| self.page(*doc)).collect();
        let lede = Lede::of(&prepared.text);
        if !says_so && !may_be_material(&prepared.text, &lede, &pages, novelty) {
            return None;
        }
        let texts = members.iter().filter_map(|doc| self.docs.text(*doc));
        let texts = EarlierTexts::new(texts.map(|text| Text::new(&text)));
        match says_so {
            true => Some(Reason::of_correction(&prepared.text, texts)),
            false => material(&prepared.text, &lede, texts, novelty),
        }
    }
}

/// Whether a text can be material: it says that it corrects, much of it is new, or its lede has a number or a
/// word with a capital that no member of its story has. Most copies have none of these, and their story need not
/// be read.
fn may_be_material(text: &Text, lede: &Lede<'_>, members: &[Arc<Page>], novelty: f64) -> bool {
    let is_telling = |at: &usize| {
        text.words()[*at].capital || lede.normal(*at).starts_with(|c: char| c.is_ascii_digit())
    };
    let is_unknown = |at: usize| {
        let hash = narrow(hash_str(lede.normal(at)));
        !members.iter().any(|page| page.words.contains(&hash))
    };
    novelty >= MOSTLY_NEW || corrects(text) || lede.words().filter(is_telling).any(is_unknown)
}
