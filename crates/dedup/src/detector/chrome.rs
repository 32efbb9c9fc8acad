//! Recognises long page chrome: text that pages print around parts that are unrelated to each
//! other.
//!
//! Boilerplate is learned from pages that share little, because an outlet also prints parts of one
//! agency text under several titles. Chrome that is long differs from such parts in its
//! context: three pages at different addresses and under different titles have it, their own
//! parts are unrelated to each other, and none of these parts is related to the shared text. How
//! the judge decided about the pages does not matter.
//!
//! Papers of one publisher print one footer, so the pages may be of several outlets. Then their
//! titles must not be about the shared text: headlines cover a text that three papers print between
//! parts of their own, and no headline covers a footer.

use rustc_hash::FxHashSet;
use wirefold_text::Text;

use crate::body::titles::{TitleRelation, TitleWords};
use crate::body::{Body, Fact, WORD_WEIGHT};
use crate::codec::bits::Bits;
use crate::detector::Detector;
use crate::detector::find::SharedIdentities;
use crate::detector::reading::{Analysed, EarlierArticle};
use crate::ids::{DocId, OutletId};
use crate::judge::{Judgement, Match};
use crate::settings::Ablation;
use crate::store::doc::Doc;

/// The most earlier pages that are examined for one article.
const MAX_PAGES: usize = 6;
/// Pages must share this many counted words.
const MIN_SHARED_WORDS: u32 = 24;
/// A part must have the weight of this many words before its topic can be judged.
const MIN_OWN_WORDS: u32 = 10;
/// A word of this many letters is a telling word, as are names and numbers.
const MIN_TELLING_LETTERS: usize = 5;
/// A part with fewer different telling words has no recognisable topic.
const MIN_TELLING_WORDS: usize = 4;
/// Two parts are unrelated if they share at most one in eight telling words of the smaller part.
const MAX_SHARED_ONE_IN: usize = 8;

/// Page chrome found in a new article.
pub(crate) struct Chrome {
    /// The outlets that print it, the article's own first.
    outlets: Vec<OutletId>,
    /// The earlier pages that show it.
    pages: Vec<DocId>,
    /// The words of the new article's body that are chrome.
    words: Bits,
}

/// An earlier page with the telling words of its own part.
struct Page {
    doc: DocId,
    /// Its index among the loaded earlier articles.
    index: usize,
    /// The words of the new article's body that it also has.
    shared: Bits,
    /// The telling words of its own part.
    own: FxHashSet<u64>,
}

impl Detector {
    /// The page chrome that a new article of `outlet` reveals together with earlier pages, if any.
    pub(crate) fn find_chrome(
        &self,
        outlet: OutletId,
        analysed: &Analysed,
        judgement: &Judgement,
        identities: &SharedIdentities<'_>,
        earlier: &[EarlierArticle<'_>],
    ) -> Option<Chrome> {
        if !self.settings.is_on(Ablation::Boilerplate) {
            return None;
        }
        let is_recent_page = |doc: DocId| self.boilerplate.is_recent_page(outlet, doc);
        let own = self.likely_pages(is_recent_page, judgement, identities, earlier);
        let found = shared_chrome(analysed, &own, earlier).map(|(pages, words)| {
            let outlets = vec![outlet];
            Chrome { outlets, pages, words }
        });
        let from_publisher = || {
            let any = self.likely_pages(
                |doc| self.outlet_of(doc).is_some(),
                judgement,
                identities,
                earlier,
            );
            self.find_publisher_chrome(outlet, analysed, &any, earlier)
        };
        let chrome = found.or_else(from_publisher)?;
        let is_text = is_part_of_a_text(analysed, &chrome.words, judgement, earlier);
        (!is_text).then_some(chrome)
    }

    /// Chrome shared with pages of any outlet, if none of the titles is about it: the footer of a
    /// publisher.
    fn find_publisher_chrome(
        &self,
        outlet: OutletId,
        analysed: &Analysed,
        likely: &[(usize, &Match)],
        earlier: &[EarlierArticle<'_>],
    ) -> Option<Chrome> {
        let (pages, words) = shared_chrome(analysed, likely, earlier)?;
        let titles = earlier.iter().filter(|page| pages.contains(&page.number));
        let mut titles = titles.map(|page| &page.notes.title).chain([&analysed.notes.title]);
        let is_about_chrome = |title: &TitleWords| {
            let body = analysed.body.words.iter().enumerate();
            let shared = body.filter(|(at, _)| words.contains(*at));
            title.is_mentioned_in(shared.map(|(_, word)| word.normal(&analysed.text)))
        };
        if titles.any(is_about_chrome) {
            return None;
        }
        let mut outlets: Vec<OutletId> =
            pages.iter().filter_map(|doc| self.outlet_of(*doc)).collect();
        outlets.sort_unstable();
        outlets.dedup();
        outlets.retain(|other| *other != outlet);
        outlets.insert(0, outlet);
        Some(Chrome { outlets, pages, words })
    }

    /// Learns page chrome as boilerplate of its outlets, and marks it in the article that revealed
    /// it. Returns the learned traits of each outlet, in order.
    pub(crate) fn learn_chrome(
        &mut self,
        (number, doc): (DocId, &mut Doc),
        chrome: Chrome,
        analysed: &mut Analysed,
    ) -> Vec<(OutletId, Vec<u32>)> {
        let Chrome { outlets, mut pages, words } = chrome;
        pages.push(number);
        let mut teach = |outlet: &OutletId| {
            let pages = (&pages[..], doc.time);
            (*outlet, self.boilerplate.learn_chrome(*outlet, pages, &analysed.body, &words))
        };
        let learned = outlets.iter().map(&mut teach).collect();
        self.boilerplate.mark_known(outlets[0], &mut analysed.body, &self.settings);
        let fingerprint = std::mem::take(&mut analysed.fingerprint);
        analysed.fingerprint = fingerprint.with_counts_of(&analysed.body);
        doc.counted_shingles = analysed.fingerprint.counted_shingles;
        learned
    }

    /// The earlier pages at other addresses that share enough words with a new article, with their
    /// indices in `earlier`.
    fn likely_pages<'a>(
        &self,
        may_be: impl Fn(DocId) -> bool,
        judgement: &'a Judgement,
        identities: &SharedIdentities<'_>,
        earlier: &[EarlierArticle<'_>],
    ) -> Vec<(usize, &'a Match)> {
        let is_page = |found: &&Match| {
            found.overlap.shared_words >= MIN_SHARED_WORDS
                && may_be(found.doc)
                && !identities.versions.contains(&found.doc)
                && !identities.same_page.contains(&found.doc)
        };
        let with_index = |found: &'a Match| {
            let index = earlier.iter().position(|article| article.number == found.doc)?;
            Some((index, found))
        };
        judgement.matches.iter().filter(is_page).filter_map(with_index).take(MAX_PAGES).collect()
    }
}

/// The words of a new article that are chrome by the evidence of these pages, with the pages that
/// prove it.
fn shared_chrome(
    new: &Analysed,
    likely: &[(usize, &Match)],
    earlier: &[EarlierArticle<'_>],
) -> Option<(Vec<DocId>, Bits)> {
    if likely.len() < 2 {
        return None;
    }
    let mut covered = Bits::new(new.body.len());
    likely.iter().for_each(|(_, found)| covered.extend(&shared_positions(found).0));
    let own = telling_words(&new.text, &new.body, &covered, false)?;
    let shared = telling_words(&new.text, &new.body, &covered, true)?;
    if !are_unrelated(&own, &shared) {
        return None;
    }
    let page = |(index, found): &(usize, &Match)| {
        let page = &earlier[*index];
        if new.notes.title.compare(&page.notes.title) != TitleRelation::Other {
            return None;
        }
        let (here, there) = shared_positions(found);
        let its_own = telling_words(page, &page.body, &there, false)?;
        let is_unrelated = are_unrelated(&its_own, &own) && are_unrelated(&its_own, &shared);
        is_unrelated.then_some(Page { doc: found.doc, index: *index, shared: here, own: its_own })
    };
    let pages: Vec<Page> = likely.iter().filter_map(page).collect();
    let (mut docs, mut chrome) = (Vec::new(), Bits::new(new.body.len()));
    for (index, one) in pages.iter().enumerate() {
        for other in &pages[index + 1..] {
            let titles = earlier[one.index].notes.title.compare(&earlier[other.index].notes.title);
            if titles != TitleRelation::Other || !are_unrelated(&one.own, &other.own) {
                continue;
            }
            docs.extend([one.doc, other.doc]);
            let both = (0..new.body.len())
                .filter(|word| one.shared.contains(*word) && other.shared.contains(*word));
            both.for_each(|word| chrome.insert(word));
        }
    }
    docs.sort_unstable();
    docs.dedup();
    (!docs.is_empty()).then_some((docs, chrome))
}

/// Whether the supposed chrome is part of the text of some compared article: the rest of that
/// article is related to it, or is too short to tell.
fn is_part_of_a_text(
    new: &Analysed,
    chrome: &Bits,
    judgement: &Judgement,
    earlier: &[EarlierArticle<'_>],
) -> bool {
    let Some(subject) = telling_words(&new.text, &new.body, chrome, true) else { return true };
    judgement.matches.iter().any(|found| {
        let (here, there) = shared_positions(found);
        if 2 * here.common(chrome) < chrome.count() {
            return false;
        }
        let Some(page) = earlier.iter().find(|article| article.number == found.doc) else {
            return false;
        };
        telling_words(page, &page.body, &there, false)
            .is_none_or(|rest| !are_unrelated(&rest, &subject))
    })
}

/// The positions of the words that both texts share, quoted or not: in the new body, and in the old
/// one.
fn shared_positions(found: &Match) -> (Bits, Bits) {
    let (mut here, mut there) = (Bits::default(), Bits::default());
    for block in found.overlap.passages.iter().flat_map(|passage| &passage.blocks) {
        (block.here..block.here + block.len).for_each(|at| here.insert(at as usize));
        (block.there..block.there + block.len).for_each(|at| there.insert(at as usize));
    }
    (here, there)
}

/// The telling words of the part of a text that is covered, or of the part that is not: hashes of
/// names, numbers and long words. `None` if the part is too short.
pub(crate) fn telling_words(
    text: &Text,
    body: &Body,
    covered: &Bits,
    is_covered: bool,
) -> Option<FxHashSet<u64>> {
    let mut weight = 0;
    let mut telling = FxHashSet::default();
    for (at, word) in body.words.iter().enumerate() {
        if covered.contains(at) != is_covered || !word.is_counted() {
            continue;
        }
        weight += u32::from(word.weight);
        let normal = word.normal(text);
        if word.fact != Fact::None || normal.chars().nth(MIN_TELLING_LETTERS - 1).is_some() {
            telling.insert(word.hash);
        }
    }
    (weight >= MIN_OWN_WORDS * WORD_WEIGHT && telling.len() >= MIN_TELLING_WORDS).then_some(telling)
}

/// Whether two parts, given by their telling words, are unrelated.
pub(crate) fn are_unrelated(one: &FxHashSet<u64>, other: &FxHashSet<u64>) -> bool {
    let recurring = one.intersection(other).count();
    recurring * MAX_SHARED_ONE_IN <= one.len().min(other.len())
}
