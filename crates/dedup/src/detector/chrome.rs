//! Page chrome: what pages print beside parts that have nothing to do with each other.
//!
//! Boilerplate is learned from pages that share little, since an outlet prints parts of one agency text
//! under several titles. Chrome that is long is told from such parts by what stands beside it: three pages
//! at different addresses and under different titles have it, their own parts have nothing to do with
//! each other, and none has anything to do with what they share. Whatever was judged about them does not
//! matter.
//!
//! Papers of one house print one footer. Of pages at several outlets the titles are asked too: a text that
//! three papers print between parts of their own is told by their headlines, a footer by none.

use rustc_hash::FxHashSet;
use wirefold_text::Text;

use crate::body::titles::{TitleWords, Titles};
use crate::body::{Body, Fact, WORD_WEIGHT};
use crate::codec::bits::Bits;
use crate::detector::Detector;
use crate::detector::find::KnownAs;
use crate::detector::reading::{Analysed, AtRest};
use crate::ids::{DocId, OutletId};
use crate::judge::{Judgement, Match};
use crate::settings::Switch;
use crate::store::doc::Doc;

/// Earlier pages looked at for one article.
const MOST: usize = 6;
/// Words that pages share at least …
const SHARED_WORDS: u32 = 24;
/// … and that each has beside them.
const OWN_WORDS: u32 = 10;
/// Letters of a word that says what a text is about; names and numbers do so too.
const LETTERS: usize = 5;
/// Fewer different ones than this say nothing.
const TELLING_WORDS: usize = 4;
/// One in so many of the smaller part recurs at most in another that it has nothing to do with.
const RECURRING: usize = 8;

/// Words of a new article that its outlet prints on its pages, and others may on theirs.
pub(crate) struct Chrome {
    /// All of them, the article's own first.
    outlets: Vec<OutletId>,
    /// The earlier pages that show it.
    pages: Vec<DocId>,
    words: Bits,
}

/// An earlier page with what it has to say.
struct Page {
    doc: DocId,
    at: usize,
    /// The words of the new article that stand in it.
    shared: Bits,
    /// What its own part is about.
    own: FxHashSet<u64>,
}

impl Detector {
    /// What a new article of `outlet` shows to be page chrome, together with earlier pages, if any.
    pub(crate) fn shown_chrome(
        &self,
        outlet: OutletId,
        analysed: &Analysed,
        judgement: &Judgement,
        known: &KnownAs<'_>,
        earlier: &[AtRest<'_>],
    ) -> Option<Chrome> {
        if !self.settings.is_on(Switch::Boilerplate) {
            return None;
        }
        let own = |doc: DocId| self.boilerplate.is_late_page(outlet, doc);
        let own = self.likely_pages(own, judgement, known, earlier);
        let found = shown(analysed, &own, earlier).map(|(pages, words)| {
            let outlets = vec![outlet];
            Chrome { outlets, pages, words }
        });
        let by_house = || {
            let any =
                self.likely_pages(|doc| self.outlet_of(doc).is_some(), judgement, known, earlier);
            self.shown_by_a_house(outlet, analysed, &any, earlier)
        };
        let chrome = found.or_else(by_house)?;
        let is_text = has_a_home(analysed, &chrome.words, judgement, earlier);
        (!is_text).then_some(chrome)
    }

    /// The same together with pages of any outlet, under whose titles nobody would look for it.
    fn shown_by_a_house(
        &self,
        outlet: OutletId,
        analysed: &Analysed,
        likely: &[(usize, &Match)],
        earlier: &[AtRest<'_>],
    ) -> Option<Chrome> {
        let (pages, words) = shown(analysed, likely, earlier)?;
        let titles = earlier.iter().filter(|page| pages.contains(&page.number));
        let mut titles = titles.map(|page| &page.notes.title).chain([&analysed.notes.title]);
        let is_told = |title: &TitleWords| {
            let body = analysed.body.words.iter().enumerate();
            let shared = body.filter(|(at, _)| words.contains(*at));
            title.is_told_by(shared.map(|(_, word)| word.normal(&analysed.text)))
        };
        if titles.any(is_told) {
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

    /// Learns page chrome and leaves it out of the article that showed it. The traits learned, in order, by
    /// outlet.
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
            (*outlet, self.boilerplate.teach(*outlet, pages, &analysed.body, &words))
        };
        let learned = outlets.iter().map(&mut teach).collect();
        self.boilerplate.mark(outlets[0], &mut analysed.body, &self.settings);
        let fingerprint = std::mem::take(&mut analysed.fingerprint);
        analysed.fingerprint = fingerprint.recounted(&analysed.body);
        doc.counted_shingles = analysed.fingerprint.counted_shingles;
        learned
    }

    /// The earlier pages, at other addresses, that share enough with a new article.
    fn likely_pages<'a>(
        &self,
        may_be: impl Fn(DocId) -> bool,
        judgement: &'a Judgement,
        known: &KnownAs<'_>,
        earlier: &[AtRest<'_>],
    ) -> Vec<(usize, &'a Match)> {
        let is_page = |found: &&Match| {
            found.overlap.shared_words >= SHARED_WORDS
                && may_be(found.doc)
                && !known.versions.contains(&found.doc)
                && !known.same_page.contains(&found.doc)
        };
        let place = |found: &'a Match| {
            let at = earlier.iter().position(|at_rest| at_rest.number == found.doc)?;
            Some((at, found))
        };
        judgement.matches.iter().filter(is_page).filter_map(place).take(MOST).collect()
    }
}

/// What these pages and a new article show to be chrome, with the pages that do.
fn shown(
    new: &Analysed,
    likely: &[(usize, &Match)],
    earlier: &[AtRest<'_>],
) -> Option<(Vec<DocId>, Bits)> {
    if likely.len() < 2 {
        return None;
    }
    let mut covered = Bits::new(new.body.len());
    likely.iter().for_each(|(_, found)| covered.extend(&blocks(found).0));
    let own = about(&new.text, &new.body, &covered, false)?;
    let shared = about(&new.text, &new.body, &covered, true)?;
    if !are_strangers(&own, &shared) {
        return None;
    }
    let page = |(at, found): &(usize, &Match)| {
        let page = &earlier[*at];
        if new.notes.title.compare(&page.notes.title) != Titles::Other {
            return None;
        }
        let (here, there) = blocks(found);
        let its = about(page, &page.body, &there, false)?;
        let is_stranger = are_strangers(&its, &own) && are_strangers(&its, &shared);
        is_stranger.then_some(Page { doc: found.doc, at: *at, shared: here, own: its })
    };
    let pages: Vec<Page> = likely.iter().filter_map(page).collect();
    let (mut docs, mut chrome) = (Vec::new(), Bits::new(new.body.len()));
    for (at, one) in pages.iter().enumerate() {
        for other in &pages[at + 1..] {
            let titles = earlier[one.at].notes.title.compare(&earlier[other.at].notes.title);
            if titles != Titles::Other || !are_strangers(&one.own, &other.own) {
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

/// Whether some article has what would be chrome as a part of its text: the rest of it has to do with that,
/// or there is hardly any.
fn has_a_home(
    new: &Analysed,
    chrome: &Bits,
    judgement: &Judgement,
    earlier: &[AtRest<'_>],
) -> bool {
    let Some(subject) = about(&new.text, &new.body, chrome, true) else { return true };
    judgement.matches.iter().any(|found| {
        let (here, there) = blocks(found);
        if 2 * here.common(chrome) < chrome.count() {
            return false;
        }
        let Some(page) = earlier.iter().find(|at_rest| at_rest.number == found.doc) else {
            return false;
        };
        about(page, &page.body, &there, false).is_none_or(|rest| !are_strangers(&rest, &subject))
    })
}

/// The words of the new text and of the old one that stand in both, quoted or not.
fn blocks(found: &Match) -> (Bits, Bits) {
    let (mut here, mut there) = (Bits::default(), Bits::default());
    for block in found.overlap.passages.iter().flat_map(|passage| &passage.blocks) {
        (block.here..block.here + block.len).for_each(|at| here.insert(at as usize));
        (block.there..block.there + block.len).for_each(|at| there.insert(at as usize));
    }
    (here, there)
}

/// The words that say what the part of a text is about which is covered, or which is not; `None` where
/// there is too little of it.
pub(crate) fn about(
    text: &Text,
    body: &Body,
    covered: &Bits,
    is_covered: bool,
) -> Option<FxHashSet<u64>> {
    let mut weight = 0;
    let mut telling = FxHashSet::default();
    for (at, word) in body.words.iter().enumerate() {
        if covered.contains(at) != is_covered || !word.counts() {
            continue;
        }
        weight += u32::from(word.weight);
        let normal = word.normal(text);
        if word.fact != Fact::None || normal.chars().nth(LETTERS - 1).is_some() {
            telling.insert(word.hash);
        }
    }
    (weight >= OWN_WORDS * WORD_WEIGHT && telling.len() >= TELLING_WORDS).then_some(telling)
}

/// Whether two parts have nothing to do with each other.
pub(crate) fn are_strangers(one: &FxHashSet<u64>, other: &FxHashSet<u64>) -> bool {
    let recurring = one.intersection(other).count();
    recurring * RECURRING <= one.len().min(other.len())
}
