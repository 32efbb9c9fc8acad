//! Boilerplate, learned per outlet as articles arrive.
//!
//! A paragraph, or a run of words as long as a passage, is boilerplate where enough earlier
//! articles of the outlet carry it that are no copies of each other: the copies of one text count
//! once, or a wire archive would mask its own copy. What is learned leaves with the window, and what
//! only one article carries with the next few dozen of its outlet, so that memory is bounded by
//! outlets and boilerplate and not by articles.
//!
//! This module learns short repetitions. The detector does the rest: `detector/chrome.rs` learns page chrome that is
//! longer, `detector/learning.rs` says which articles teach, and `judge/same_outlet.rs` judges pages that share chrome.
//!
//! What a page has in common with others of its outlet comes in; which of its words are boilerplate goes out.
//! It never knows other outlets, nor what was judged.

pub(crate) mod carriers;
pub(crate) mod trait_cache;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::body::{Body, BodyWord, WORD_WEIGHT, mix};
use crate::boilerplate::carriers::Carriers;
use crate::codec::bits::Bits;
use crate::codec::written;
use crate::ids::{DocId, OutletId};
use crate::settings::{DAY, Settings};
use wirefold_text::Text;

/// What outlets print on many pages.
#[derive(Debug, Clone, Default)]
pub struct Boilerplate {
    outlets: FxHashMap<OutletId, Arc<Outlet>>,
    /// The first article learned from on each day.
    days: BTreeMap<i64, DocId>,
}

/// What one outlet prints.
#[derive(Debug, Clone, Default)]
struct Outlet {
    /// The articles, no copies of each other, that carry a trait.
    carriers: Carriers,
    /// The articles learned from last, oldest first.
    latest: VecDeque<DocId>,
}

/// The traits of one article that may turn out to be its outlet's boilerplate.
#[derive(Debug, Clone)]
pub struct Traits {
    outlet: OutletId,
    /// One for each paragraph with words, with the paragraph's index.
    paragraphs: Vec<(u32, u32)>,
    /// One for each sampled shingle of the whole body, with its place there.
    shingles: Vec<(u32, u32)>,
}

/// Every second shingle is a trait.
const SAMPLE: u64 = 2;
/// So many traits in a row are about as long as a passage.
const ROW: usize = 4;
/// What a single article carries is remembered for at least so many articles of its outlet, and at
/// most for twice as many.
const PATIENCE: usize = 32;

impl Traits {
    /// The traits of an article of `outlet` with the body `whole`, from which nothing learned has
    /// been left out, and its shingles.
    pub(crate) fn with(outlet: &str, whole: &Body, text: &Text, shingles: &[u64]) -> Traits {
        let hash_of = |words: &[BodyWord]| {
            short(words.iter().fold(PARAGRAPH, |hash, word| mix(hash, word.hash)))
        };
        let paragraphs = whole.by_paragraph(text).map(|(at, words)| (at, hash_of(words)));
        Traits {
            outlet: OutletId::of(outlet),
            paragraphs: paragraphs.collect(),
            shingles: shingle_traits(shingles),
        }
    }

    /// The outlet whose pages have them.
    pub(crate) fn outlet(&self) -> OutletId {
        self.outlet
    }

    fn all(&self) -> impl Iterator<Item = u32> + Clone + '_ {
        self.paragraphs.iter().chain(&self.shingles).map(|(_, hash)| *hash)
    }
}

/// What the hashes of the two kinds of traits begin with.
const PARAGRAPH: u64 = 0x243f_6a88_85a3_08d3;
const SHINGLE: u64 = 0x1319_8a2e_0370_7344;

/// The traits among the shingles of a body, with their places.
fn shingle_traits(shingles: &[u64]) -> Vec<(u32, u32)> {
    // Every one has its trait written down, and the next is written over one that is not sampled: nobody
    // can tell which are, and to be wrong half of the time takes longer.
    let mut traits = vec![(0, 0); shingles.len()];
    let mut count = 0;
    for (at, hash) in (0_u32..).zip(shingles) {
        traits[count] = (at, short(mix(SHINGLE, *hash)));
        count += usize::from(*hash % SAMPLE == 0);
    }
    traits.truncate(count);
    traits
}

/// Half of a hash: enough to tell the traits of one outlet apart.
fn short(hash: u64) -> u32 {
    u32::try_from(hash >> 32).expect("the upper half has 32 bits")
}

impl Boilerplate {
    /// Leaves the outlet's paragraphs out of `whole` and marks its runs.
    #[must_use]
    pub fn mask(&self, whole: Body, text: &Text, traits: &Traits, settings: &Settings) -> Body {
        let mut masked = whole;
        let Some(outlet) = self.outlets.get(&traits.outlet) else {
            return masked;
        };
        outlet.carriers.prefetch(traits.all());
        let is_learned =
            |hash: u32| outlet.carriers.get(hash).len() >= settings.boilerplate_carriers;
        let learned = traits.paragraphs.iter().filter(|(_, hash)| is_learned(*hash));
        let learned: Vec<u32> = learned.map(|(at, _)| *at).collect();
        mark_runs(&mut masked, &traits.shingles, settings, is_learned);
        if learned.is_empty() {
            return masked;
        }
        masked.words.retain(|word| {
            let paragraph = text.words()[word.index as usize].paragraph;
            learned.binary_search(&paragraph).is_err()
        });
        masked
    }

    /// Learns from an article seen at `time` (seconds). `is_copy` says which earlier articles it
    /// is a copy of, or they of it. Those of its traits that are boilerplate from now on, where they
    /// stand in a row as long as a passage.
    pub fn learn(
        &mut self,
        doc: DocId,
        time: i64,
        traits: &Traits,
        is_copy: impl Fn(DocId) -> bool,
    ) -> Vec<u32> {
        self.days.entry(time.div_euclid(DAY)).or_insert(doc);
        let outlet = Arc::make_mut(self.outlets.entry(traits.outlet).or_default());
        outlet.carriers.prefetch(traits.all());
        let mut found = outlet.carriers.learn(doc, traits.all(), is_copy);
        outlet.learned_from(doc);
        found.sort_unstable();
        let is_new = |hash: &u32| found.binary_search(hash).is_ok();
        let mut rows = traits.shingles.chunk_by(|(_, a), (_, b)| is_new(a) == is_new(b));
        let has_row = rows.any(|row| row.len() >= ROW && is_new(&row[0].1));
        if has_row { found } else { Vec::new() }
    }

    /// Whether an article is among the latest that were learned from as pages of an outlet.
    pub(crate) fn is_late_page(&self, outlet: OutletId, doc: DocId) -> bool {
        self.outlets.get(&outlet).is_some_and(|known| known.latest.binary_search(&doc).is_ok())
    }

    /// Takes for boilerplate what these articles of an outlet carry, seen at `time` (seconds): the words
    /// of a body of one of them that are in `chrome`. The traits, in order, each named once.
    pub(crate) fn teach(
        &mut self,
        outlet: OutletId,
        (docs, time): (&[DocId], i64),
        body: &Body,
        chrome: &Bits,
    ) -> Vec<u32> {
        let Some(first) = docs.iter().min() else { return Vec::new() };
        self.days.entry(time.div_euclid(DAY)).or_insert(*first);
        let is_whole =
            |start: usize| (start..shingle_end(body, start)).all(|at| chrome.contains(at));
        let inside = shingle_traits(&body.shingles());
        let mut inside: Vec<u32> = inside
            .into_iter()
            .filter(|(start, _)| is_whole(*start as usize))
            .map(|(_, hash)| hash)
            .collect();
        Arc::make_mut(self.outlets.entry(outlet).or_default()).carriers.teach(docs, &inside);
        inside.sort_unstable();
        inside.dedup();
        inside
    }

    /// Marks the runs of a packed body that its outlet is known by now to print on many pages.
    pub(crate) fn mark(&self, outlet: OutletId, body: &mut Body, settings: &Settings) {
        let Some(known) = self.outlets.get(&outlet) else { return };
        let is_learned =
            |hash: u32| known.carriers.get(hash).len() >= settings.boilerplate_carriers;
        let shingles = shingle_traits(&body.shingles());
        mark_runs(body, &shingles, settings, is_learned);
    }

    /// Forgets whole days that ended before `time` (seconds).
    pub fn expire(&mut self, time: i64) {
        self.days = self.days.split_off(&time.div_euclid(DAY));
        let oldest = self.days.values().next().copied().unwrap_or(DocId(u32::MAX));
        self.outlets.retain(|_, outlet| {
            // Of most outlets nobody leaves, and all of their traits would be entered anew.
            if outlet.has_before(oldest) {
                let outlet = Arc::make_mut(outlet);
                outlet.carriers.retain(|doc, _| doc >= oldest);
                outlet.latest.retain(|doc| *doc >= oldest);
            }
            !outlet.carriers.is_empty()
        });
    }
}

impl Outlet {
    fn has_before(&self, oldest: DocId) -> bool {
        self.latest.iter().any(|doc| *doc < oldest) || self.carriers.have_before(oldest)
    }

    /// Counts an article, and now and then lets go of what only one older article carries.
    fn learned_from(&mut self, doc: DocId) {
        self.latest.push_back(doc);
        if self.latest.len() < 2 * PATIENCE {
            return;
        }
        self.latest.drain(..PATIENCE);
        let oldest = self.latest.front().copied().unwrap_or(doc);
        self.carriers.retain(|carrier, carriers| carriers > 1 || carrier >= oldest);
    }
}

/// Marks the words of runs at least as long as a passage whose every sampled shingle is learned.
fn mark_runs(
    body: &mut Body,
    shingle_traits: &[(u32, u32)],
    settings: &Settings,
    is_learned: impl Fn(u32) -> bool,
) {
    let mut rest = shingle_traits;
    while let Some((start, _)) = rest.first() {
        let len = rest.iter().take_while(|(_, hash)| is_learned(*hash)).count();
        if len > 0 {
            let run = *start as usize..shingle_end(body, rest[len - 1].0 as usize);
            let weight: u32 = body.words[run.clone()].iter().map(|w| u32::from(w.weight)).sum();
            if weight >= settings.passage_words * WORD_WEIGHT {
                body.words[run].iter_mut().for_each(|word| word.boilerplate = true);
            }
        }
        rest = &rest[(len + 1).min(rest.len())..];
    }
}

/// One past the last word of the shingle that begins at `start`.
fn shingle_end(body: &Body, start: usize) -> usize {
    let mut weight = 0;
    let mut end = start;
    while end < body.len() && weight < crate::body::SHINGLE_WORDS * WORD_WEIGHT {
        weight += u32::from(body.words[end].weight);
        end += 1;
    }
    end
}

/// Outlets that [`Boilerplate::divide`] leaves together.
const DIVIDED: usize = 1 << 9;

impl Boilerplate {
    /// Divides it by its outlets, for [`Boilerplate::append`] to put together again.
    pub(crate) fn divide(self) -> Vec<Boilerplate> {
        let mut outlets: Vec<(OutletId, Arc<Outlet>)> = self.outlets.into_iter().collect();
        outlets.sort_unstable_by_key(|(outlet, _)| *outlet);
        let of = |some: &[(OutletId, Arc<Outlet>)]| Boilerplate {
            outlets: some.iter().cloned().collect(),
            days: BTreeMap::new(),
        };
        let mut divided: Vec<Boilerplate> = outlets.chunks(DIVIDED).map(of).collect();
        divided.push(Boilerplate { outlets: FxHashMap::default(), days: self.days });
        divided
    }

    /// Appends what other outlets print.
    pub(crate) fn append(&mut self, next: Boilerplate) {
        self.outlets.extend(next.outlets);
        self.days.extend(next.days);
    }
}

written!(Boilerplate { outlets, days });
written!(Outlet { carriers, latest });

#[cfg(test)]
mod tests {
    use super::*;

    const REPEATED: &str = "this paper is printed in an old house by the river every night";

    fn traits_of(whole: &Body, text: &Text) -> Traits {
        Traits::with("a.example", whole, text, &whole.shingles())
    }

    fn counted(boilerplate: &Boilerplate, original: &str) -> usize {
        let text = Text::new(original);
        let whole = Body::new(&text);
        let traits = traits_of(&whole, &text);
        let masked = boilerplate.mask(whole, &text, &traits, &Settings::default());
        masked.words.iter().filter(|word| word.counts()).count()
    }

    fn learn(boilerplate: &mut Boilerplate, doc: u32, original: &str, copies: &[u32]) {
        let text = Text::new(original);
        let traits = traits_of(&Body::new(&text), &text);
        boilerplate.learn(DocId(doc), 0, &traits, |other| copies.contains(&other.0));
    }

    #[test]
    fn two_unrelated_articles_make_boilerplate() {
        let mut boilerplate = Boilerplate::default();
        let page = |n: u32| format!("story {n} about thing {n}.\n{REPEATED}.");
        learn(&mut boilerplate, 0, &page(0), &[]);
        assert_eq!(counted(&boilerplate, &page(9)), 18);
        learn(&mut boilerplate, 1, &page(1), &[]);
        assert_eq!(counted(&boilerplate, &page(9)), 5);
        // Five words are its own; where a run ends is known to the next sampled shingle.
        let inside = counted(&boilerplate, &format!("so it says: {REPEATED}, we hear"));
        assert!((5..=8).contains(&inside), "{inside}");
        boilerplate.expire(2 * DAY);
        assert_eq!(counted(&boilerplate, &page(9)), 18);
    }

    #[test]
    fn what_one_article_carried_is_let_go_and_boilerplate_stays() {
        let mut boilerplate = Boilerplate::default();
        let page = |n: u32| format!("story {n} about thing {n} and {}.\n{REPEATED}.", n * n);
        for doc in 0..4 * u32::try_from(PATIENCE).unwrap() {
            learn(&mut boilerplate, doc, &page(doc), &[]);
        }
        assert_eq!(counted(&boilerplate, &page(999)), 7);
        let outlet = boilerplate.outlets.values().next().unwrap();
        let own = Text::new(&page(1));
        let own = traits_of(&Body::new(&own), &own).paragraphs[0].1;
        assert!(outlet.carriers.get(own).is_empty());
        assert!(outlet.latest.len() < 2 * PATIENCE);
    }

    #[test]
    fn what_is_still_printed_stays_known_when_its_first_carriers_leave() {
        let mut boilerplate = Boilerplate::default();
        let page = |n: u32| format!("story {n} about thing {n}.\n{REPEATED}.");
        for day in 0..24 {
            let text = Text::new(&page(day));
            let traits = traits_of(&Body::new(&text), &text);
            boilerplate.expire((i64::from(day) - 7) * DAY);
            boilerplate.learn(DocId(day), i64::from(day) * DAY, &traits, |_| false);
            let expected = if day == 0 { 18 } else { 5 };
            assert_eq!(counted(&boilerplate, &page(999)), expected, "day {day}");
        }
    }

    #[test]
    fn copies_of_each_other_count_once() {
        let mut boilerplate = Boilerplate::default();
        learn(&mut boilerplate, 0, REPEATED, &[]);
        learn(&mut boilerplate, 1, REPEATED, &[0]);
        learn(&mut boilerplate, 2, REPEATED, &[0, 1]);
        assert_eq!(counted(&boilerplate, REPEATED), 13);
    }
}
