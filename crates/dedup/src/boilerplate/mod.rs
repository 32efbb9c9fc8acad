//! Learns the boilerplate of each outlet as its articles arrive.
//!
//! A paragraph, or a run of words as long as a passage, is boilerplate if enough earlier articles of the
//! outlet have it that are not copies of each other. Copies of one text count once. Otherwise an outlet
//! that prints a text twice would hide it from the comparison.
//!
//! Learned boilerplate expires with the window. A hash that only one article has is forgotten after a few
//! dozen more articles of the outlet. Memory thus depends on the number of outlets and their boilerplate,
//! not on the number of articles.
//!
//! This module learns short repetitions. The detector does the rest: `detector/chrome.rs` learns longer
//! page chrome, `detector/learning.rs` chooses the articles to learn from, and `judge/same_outlet.rs`
//! judges pages that share chrome.
//!
//! The hashes of a page come in; which of its words are boilerplate goes out. The module never compares the
//! pages of two outlets and never knows a verdict.

pub(crate) mod carriers;
pub(crate) mod shingle_cache;

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

/// The boilerplate of all outlets.
#[derive(Debug, Clone, Default)]
pub struct Boilerplate {
    outlets: FxHashMap<OutletId, Arc<Outlet>>,
    /// By day, the first article that was learned from on that day.
    days: BTreeMap<i64, DocId>,
}

/// The hashes of one outlet's pages.
#[derive(Debug, Clone, Default)]
struct Outlet {
    /// For each hash, the articles that have it and are not copies of each other.
    carriers: Carriers,
    /// The latest articles that were learned from, oldest first.
    latest: VecDeque<DocId>,
}

/// The hashes of one article that may turn out to be boilerplate of its outlet.
#[derive(Debug, Clone)]
pub struct PageHashes {
    outlet: OutletId,
    /// For each paragraph that has words: its index, and its hash.
    paragraphs: Vec<(u32, u32)>,
    /// For each sampled shingle of the body: the position of its first word, and its hash.
    shingles: Vec<(u32, u32)>,
}

/// One shingle in this many, chosen by hash, is sampled.
const SHINGLE_SAMPLE: u64 = 2;
/// This many sampled shingles in a row are about as long as a passage.
pub(crate) const PASSAGE_HASHES: usize = 4;
/// A hash that only one article has is remembered for at least this many more articles of the outlet, and
/// for at most twice as many.
const MIN_MEMORY: usize = 32;

impl PageHashes {
    /// The hashes of an article of `outlet`, given its body and the shingles of that. Learned boilerplate must
    /// not have been removed from the body.
    pub(crate) fn new(outlet: &str, whole: &Body, text: &Text, shingles: &[u64]) -> PageHashes {
        let hash_of = |words: &[BodyWord]| {
            upper_half(words.iter().fold(PARAGRAPH_SEED, |hash, word| mix(hash, word.hash)))
        };
        let paragraphs = whole.by_paragraph(text).map(|(at, words)| (at, hash_of(words)));
        PageHashes {
            outlet: OutletId::of(outlet),
            paragraphs: paragraphs.collect(),
            shingles: sampled_hashes(shingles),
        }
    }

    /// The outlet of the article.
    pub(crate) fn outlet(&self) -> OutletId {
        self.outlet
    }

    fn all(&self) -> impl Iterator<Item = u32> + Clone + '_ {
        self.paragraphs.iter().chain(&self.shingles).map(|(_, hash)| *hash)
    }
}

/// The seeds of the two kinds of hashes, so that a paragraph and a shingle with the same words differ.
const PARAGRAPH_SEED: u64 = 0x243f_6a88_85a3_08d3;
const SHINGLE_SEED: u64 = 0x1319_8a2e_0370_7344;

/// The sampled shingles of a body: for each the position of its first word, and its hash.
fn sampled_hashes(shingles: &[u64]) -> Vec<(u32, u32)> {
    // Every shingle is written, and the next one overwrites it if it is not sampled. A branch would be
    // mispredicted half of the time.
    let mut hashes = vec![(0, 0); shingles.len()];
    let mut count = 0;
    for (at, hash) in (0_u32..).zip(shingles) {
        hashes[count] = (at, upper_half(mix(SHINGLE_SEED, *hash)));
        count += usize::from(*hash % SHINGLE_SAMPLE == 0);
    }
    hashes.truncate(count);
    hashes
}

/// The upper half of a hash: enough to distinguish the hashes of one outlet.
fn upper_half(hash: u64) -> u32 {
    u32::try_from(hash >> 32).expect("the upper half has 32 bits")
}

impl Boilerplate {
    /// Removes the paragraphs of `whole` that are boilerplate of the outlet, and marks the runs that are.
    #[must_use]
    pub fn mask(&self, whole: Body, text: &Text, hashes: &PageHashes, settings: &Settings) -> Body {
        let mut masked = whole;
        let Some(outlet) = self.outlets.get(&hashes.outlet) else {
            return masked;
        };
        outlet.carriers.prefetch(hashes.all());
        let is_learned =
            |hash: u32| outlet.carriers.get(hash).len() >= settings.boilerplate_carriers;
        let learned = hashes.paragraphs.iter().filter(|(_, hash)| is_learned(*hash));
        let learned: Vec<u32> = learned.map(|(at, _)| *at).collect();
        mark_runs(&mut masked, &hashes.shingles, settings, is_learned);
        if learned.is_empty() {
            return masked;
        }
        masked.words.retain(|word| {
            let paragraph = text.words()[word.index as usize].paragraph;
            learned.binary_search(&paragraph).is_err()
        });
        masked
    }

    /// Learns from an article seen at `time` (seconds). `is_copy` says whether an earlier article is a copy
    /// of this one, or this one of it. Returns the hashes that have become boilerplate with this article,
    /// sorted, if some of them are in a row as long as a passage; otherwise none.
    pub fn learn(
        &mut self,
        doc: DocId,
        time: i64,
        hashes: &PageHashes,
        is_copy: impl Fn(DocId) -> bool,
    ) -> Vec<u32> {
        self.days.entry(time.div_euclid(DAY)).or_insert(doc);
        let outlet = Arc::make_mut(self.outlets.entry(hashes.outlet).or_default());
        outlet.carriers.prefetch(hashes.all());
        let mut found = outlet.carriers.learn(doc, hashes.all(), is_copy);
        outlet.add_page(doc);
        found.sort_unstable();
        let is_new = |hash: &u32| found.binary_search(hash).is_ok();
        let mut rows = hashes.shingles.chunk_by(|(_, a), (_, b)| is_new(a) == is_new(b));
        let has_row = rows.any(|row| row.len() >= PASSAGE_HASHES && is_new(&row[0].1));
        if has_row { found } else { Vec::new() }
    }

    /// Whether an article is among the latest pages of an outlet that were learned from.
    pub(crate) fn is_recent_page(&self, outlet: OutletId, doc: DocId) -> bool {
        self.outlets.get(&outlet).is_some_and(|known| known.latest.binary_search(&doc).is_ok())
    }

    /// Learns page chrome that the articles `docs` of an outlet share, seen at `time` (seconds). `chrome`
    /// are the positions of its words in `body`, the body of one of them. The hashes inside it are
    /// boilerplate from now on. Returns them sorted, each once.
    pub(crate) fn learn_chrome(
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
        let inside = sampled_hashes(&body.shingles());
        let mut inside: Vec<u32> = inside
            .into_iter()
            .filter(|(start, _)| is_whole(*start as usize))
            .map(|(_, hash)| hash)
            .collect();
        Arc::make_mut(self.outlets.entry(outlet).or_default()).carriers.enter_shared(docs, &inside);
        inside.sort_unstable();
        inside.dedup();
        inside
    }

    /// Marks the runs of a body that are now known to be boilerplate of an outlet. Unlike
    /// [`Boilerplate::mask`], it needs no text, so it works on a packed body that was opened.
    pub(crate) fn mark_known(&self, outlet: OutletId, body: &mut Body, settings: &Settings) {
        let Some(known) = self.outlets.get(&outlet) else { return };
        let is_learned =
            |hash: u32| known.carriers.get(hash).len() >= settings.boilerplate_carriers;
        let shingles = sampled_hashes(&body.shingles());
        mark_runs(body, &shingles, settings, is_learned);
    }

    /// Forgets whole days that ended before `time` (seconds).
    pub fn expire(&mut self, time: i64) {
        self.days = self.days.split_off(&time.div_euclid(DAY));
        let oldest = self.days.values().next().copied().unwrap_or(DocId(u32::MAX));
        self.outlets.retain(|_, outlet| {
            // Most outlets lose no article in a day. They stay as they are, because `retain` rebuilds the
            // table.
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
    /// Whether it refers to an article before `oldest`.
    fn has_before(&self, oldest: DocId) -> bool {
        self.latest.iter().any(|doc| *doc < oldest) || self.carriers.have_before(oldest)
    }

    /// Adds an article to the latest ones. From time to time forgets the hashes that only one older article
    /// has.
    fn add_page(&mut self, doc: DocId) {
        self.latest.push_back(doc);
        if self.latest.len() < 2 * MIN_MEMORY {
            return;
        }
        self.latest.drain(..MIN_MEMORY);
        let oldest = self.latest.front().copied().unwrap_or(doc);
        self.carriers.retain(|carrier, carriers| carriers > 1 || carrier >= oldest);
    }
}

/// Marks the words of each run that is at least as long as a passage and whose sampled shingles are all
/// learned.
fn mark_runs(
    body: &mut Body,
    shingles: &[(u32, u32)],
    settings: &Settings,
    is_learned: impl Fn(u32) -> bool,
) {
    let mut rest = shingles;
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

/// The end of the shingle that starts at the word `start`.
fn shingle_end(body: &Body, start: usize) -> usize {
    let mut weight = 0;
    let mut end = start;
    while end < body.len() && weight < crate::body::SHINGLE_WORDS * WORD_WEIGHT {
        weight += u32::from(body.words[end].weight);
        end += 1;
    }
    end
}

/// The outlets in one part of [`Boilerplate::divide`].
const OUTLETS_PER_PART: usize = 1 << 9;

impl Boilerplate {
    /// Divides the boilerplate into parts by outlet, for a snapshot. [`Boilerplate::append`] joins them again.
    pub(crate) fn divide(self) -> Vec<Boilerplate> {
        let mut outlets: Vec<(OutletId, Arc<Outlet>)> = self.outlets.into_iter().collect();
        outlets.sort_unstable_by_key(|(outlet, _)| *outlet);
        let of = |some: &[(OutletId, Arc<Outlet>)]| Boilerplate {
            outlets: some.iter().cloned().collect(),
            days: BTreeMap::new(),
        };
        let mut divided: Vec<Boilerplate> = outlets.chunks(OUTLETS_PER_PART).map(of).collect();
        divided.push(Boilerplate { outlets: FxHashMap::default(), days: self.days });
        divided
    }

    /// Adds a part with other outlets.
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

    fn page_hashes_of(whole: &Body, text: &Text) -> PageHashes {
        PageHashes::new("a.example", whole, text, &whole.shingles())
    }

    fn counted(boilerplate: &Boilerplate, original: &str) -> usize {
        let text = Text::new(original);
        let whole = Body::new(&text);
        let hashes = page_hashes_of(&whole, &text);
        let masked = boilerplate.mask(whole, &text, &hashes, &Settings::default());
        masked.words.iter().filter(|word| word.is_counted()).count()
    }

    fn learn(boilerplate: &mut Boilerplate, doc: u32, original: &str, copies: &[u32]) {
        let text = Text::new(original);
        let hashes = page_hashes_of(&Body::new(&text), &text);
        boilerplate.learn(DocId(doc), 0, &hashes, |other| copies.contains(&other.0));
    }

    #[test]
    fn two_unrelated_articles_make_boilerplate() {
        let mut boilerplate = Boilerplate::default();
        let page = |n: u32| format!("story {n} about thing {n}.\n{REPEATED}.");
        learn(&mut boilerplate, 0, &page(0), &[]);
        assert_eq!(counted(&boilerplate, &page(9)), 18);
        learn(&mut boilerplate, 1, &page(1), &[]);
        assert_eq!(counted(&boilerplate, &page(9)), 5);
        // Five words are not boilerplate. The end of a run is only known to the next sampled shingle.
        let inside = counted(&boilerplate, &format!("so it says: {REPEATED}, we hear"));
        assert!((5..=8).contains(&inside), "{inside}");
        boilerplate.expire(2 * DAY);
        assert_eq!(counted(&boilerplate, &page(9)), 18);
    }

    #[test]
    fn hashes_of_one_article_are_forgotten_and_boilerplate_is_not() {
        let mut boilerplate = Boilerplate::default();
        let page = |n: u32| format!("story {n} about thing {n} and {}.\n{REPEATED}.", n * n);
        for doc in 0..4 * u32::try_from(MIN_MEMORY).unwrap() {
            learn(&mut boilerplate, doc, &page(doc), &[]);
        }
        assert_eq!(counted(&boilerplate, &page(999)), 7);
        let outlet = boilerplate.outlets.values().next().unwrap();
        let own = Text::new(&page(1));
        let own = page_hashes_of(&Body::new(&own), &own).paragraphs[0].1;
        assert!(outlet.carriers.get(own).is_empty());
        assert!(outlet.latest.len() < 2 * MIN_MEMORY);
    }

    #[test]
    fn boilerplate_that_is_still_printed_survives_its_first_carriers() {
        let mut boilerplate = Boilerplate::default();
        let page = |n: u32| format!("story {n} about thing {n}.\n{REPEATED}.");
        for day in 0..24 {
            let text = Text::new(&page(day));
            let hashes = page_hashes_of(&Body::new(&text), &text);
            boilerplate.expire((i64::from(day) - 7) * DAY);
            boilerplate.learn(DocId(day), i64::from(day) * DAY, &hashes, |_| false);
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
