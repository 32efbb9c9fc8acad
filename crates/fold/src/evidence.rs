//! [`Evidence`]: the named numbers on which a pair of articles is judged.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::candidates::Found;
use crate::page::{Number, Page, SHINGLE};
use crate::rarity::Rarity;

/// The common parts of two articles, in numbers. The later article is *new*, the other one *old*.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Evidence {
    /// The weight of the shared words as a share of all words of the new text, 0 to 1.
    pub contained: f64,
    /// The same for the old text.
    pub containing: f64,
    /// The weight of the shared words, in words.
    pub shared: f64,
    /// The share of the different numbers in and between the shared runs that the other text lacks, 0 to 1.
    pub numbers_missing: f64,
    /// Whether both have a headline.
    pub titled: bool,
    /// The cosine of the headlines, 0 to 1.
    pub title: f64,
    /// Of two articles of one outlet: the share of the headlines' words that stand among the shared words, by rarity, 0
    /// to 1. A headline in a list of headlines does not count.
    pub topic: f64,
    /// The smaller share, of both, of a headline's words that stand in its own text but not in the other
    /// one, by rarity, 0 to 1.
    pub conflict: f64,
    /// The smaller share, of both, of a headline's words that stand in its own text in short gaps between shared
    /// runs and nowhere in the other text, by rarity, 0 to 1: what a template is filled with.
    pub exchanged: f64,
    /// The words of the shorter text.
    pub shorter: f64,
    /// The number of passages: shared runs with short gaps.
    pub passages: usize,
    /// The words of the longest shared run, quotations included.
    pub longest: u32,
    /// The hours between both.
    pub hours: f64,
    /// Whether both are of one outlet.
    pub same_outlet: bool,
    /// Whether both have one address.
    pub same_address: bool,
}

/// A text with what the judge has to know of its article.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) page: &'a Page,
    /// The different terms of the headline, in order.
    pub(crate) title: &'a [u32],
    pub(crate) outlet: u64,
    pub(crate) address: u64,
    pub(crate) time: i64,
}

/// A word inside quotation marks weighs so much.
const QUOTED: f64 = 0.1;
/// Numbers that are taken to agree before any is seen, so that one number alone decides little.
const NUMBERS_BEFORE: usize = 2;
/// Headlines with a cosine of at least this are related.
pub(crate) const RELATED: f64 = 0.25;
/// Two articles at one address are versions of one if one has at least this share of the other.
const VERSION_SHARE: f64 = 0.5;
/// A gap between two shared runs is short if it has at most so many words.
const GAP: usize = 12;
/// A passage goes on over a gap of at most so many words …
const PASSAGE_GAP: usize = 8;
/// … and has at least so many.
const PASSAGE_WORDS: usize = 8;

/// Under which other headlines of its outlet the words of a page stand.
#[derive(Debug, Default)]
pub(crate) struct Repeats<'a> {
    /// The different headlines.
    titles: Vec<&'a [u32]>,
    /// A bit for each of these headlines under which a shingle of the page stands, by shingle.
    under: Vec<u64>,
}

impl<'a> Repeats<'a> {
    /// `title` gives the headline of an article if it is another page of the outlet. Between two keys, a
    /// shingle stands under the headlines of the nearer one.
    pub(crate) fn new(
        page: &Page,
        found: &Found,
        title: impl Fn(u32) -> Option<&'a [u32]>,
    ) -> Repeats<'a> {
        let mut titles: Vec<&[u32]> = Vec::new();
        let mut bits: FxHashMap<u32, u64> = FxHashMap::default();
        let mut bit_of = |article: u32| {
            let Some(title) = title(article) else { return 0 };
            let known = titles.iter().position(|known| *known == title).unwrap_or(titles.len());
            if known == titles.len() {
                titles.push(title);
            }
            1_u64.checked_shl(known as u32).unwrap_or(0)
        };
        let mut headlines = |articles: &[u32]| {
            let bit = |article: &u32| *bits.entry(*article).or_insert_with(|| bit_of(*article));
            articles.iter().map(bit).fold(0, |all, bit| all | bit)
        };
        let keys: Vec<(usize, u64)> =
            found.iter().map(|(at, articles)| (at, headlines(articles))).collect();
        if titles.is_empty() {
            return Repeats::default();
        }
        let middles = keys.windows(2).map(|pair| (pair[0].0 + pair[1].0) / 2 + 1);
        let mut under = Vec::with_capacity(page.shingles.len());
        for (end, (_, near)) in middles.chain([page.shingles.len()]).zip(&keys) {
            under.resize(end, *near);
        }
        Repeats { titles, under }
    }

    /// Under how many headlines a shingle stands.
    pub(crate) fn all(&self, shingle: usize) -> u32 {
        self.under.get(shingle).map_or(0, |under| count(*under))
    }

    /// The bits of the headlines that are unrelated to two others.
    fn unrelated(&self, titles: [&[u32]; 2], rarity: &Rarity) -> u64 {
        let is_unrelated =
            |known: &[u32]| titles.iter().all(|title| rarity.cosine(known, title) < RELATED);
        let bits = self.titles.iter().enumerate();
        bits.take(64).map(|(bit, known)| u64::from(is_unrelated(known)) << bit).sum()
    }

    /// Under how many of the headlines of `bits` each of so many shingles stands.
    fn counts(&self, bits: u64, shingles: usize) -> Vec<u32> {
        let mut counts: Vec<u32> = match bits {
            0 => Vec::new(),
            _ => self.under.iter().map(|under| count(under & bits)).collect(),
        };
        counts.resize(shingles, 0);
        counts
    }
}

/// How many bits are set. Mostly none is, and counting takes longer than looking.
fn count(bits: u64) -> u32 {
    if bits == 0 { 0 } else { bits.count_ones() }
}

/// The weight of a word that stands under so many other headlines.
pub(crate) fn repeated_weight(headlines: u32) -> f64 {
    if headlines == 0 { 1.0 } else { 1.0 / (1.0 + 3.0 * f64::from(headlines)) }
}

/// The runs of `true`, each as its first position and its length.
pub(crate) fn runs(of: &[bool]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, _) in of.iter().enumerate().filter(|(_, is_in)| **is_in) {
        match found.last_mut() {
            Some((first, length)) if *first + *length == at => *length += 1,
            _ => found.push((at, 1)),
        }
    }
    found
}

/// The number of passages in a text, and the length of the longest shared run, given the shared runs.
fn passages(runs: &[(usize, usize)]) -> (usize, u32) {
    let longest = runs.iter().map(|(_, length)| *length).max().unwrap_or_default();
    let mut passages: Vec<(usize, usize)> = Vec::new();
    for (first, length) in runs {
        match passages.last_mut() {
            Some((begin, words)) if first - (*begin + *words) <= PASSAGE_GAP => {
                *words = first + length - *begin;
            }
            _ => passages.push((*first, *length)),
        }
    }
    let count = passages.iter().filter(|(_, words)| *words >= PASSAGE_WORDS).count();
    (count, longest as u32)
}

/// The short gaps between shared runs.
fn gaps(runs: &[(usize, usize)]) -> Vec<Range<usize>> {
    let between = runs.windows(2).map(|pair| pair[0].0 + pair[0].1..pair[1].0);
    between.filter(|gap| gap.len() <= GAP).collect()
}

/// Whether each word stands in a run of words that is most of a headline, as in a list of articles.
fn headlines_in(page: &Page, titles: &[&[u32]]) -> Vec<bool> {
    let mut listed = vec![false; page.len()];
    for title in titles.iter().filter(|title| title.len() >= 3) {
        let is_of_title = |at: usize| title.binary_search(&page.terms[at]).is_ok();
        let mut from = 0;
        while from < page.len() {
            let to = (from..page.len()).find(|at| !is_of_title(*at)).unwrap_or(page.len());
            if to == from {
                from += 1;
                continue;
            }
            let mut terms = page.terms[from..to].to_vec();
            terms.sort_unstable();
            terms.dedup();
            if 10 * terms.len() >= 7 * title.len() {
                listed[from..to].fill(true);
            }
            from = to + 1;
        }
    }
    listed
}

/// The runs of words that are in both pages, each with its place in the other one. `places` says where each shingle
/// stands there.
fn common(page: &Page, places: &[u32]) -> Vec<(Range<usize>, usize)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(place) = places.get(at) {
        let goes_on = (*place..).zip(&places[at..]).take_while(|(next, place)| next == *place);
        let next = at + if *place > 0 { goes_on.count() } else { 1 };
        if *place > 0 {
            found.push((at..page.span(next - 1).end, *place as usize - 1));
        }
        at = next;
    }
    found
}

/// For each word of a page the fewest headlines under which one of its shingles stands, and one of its shared
/// shingles. `places` says where each shingle stands in the other page, and `counts` under how many headlines.
fn fewest(page: &Page, places: &[u32], counts: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let (mut all, mut of_shared) = (vec![0; page.len()], vec![0; page.len()]);
    let mut end = 0;
    for (at, _) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let span = page.span(at);
        for word in span.start.max(end)..span.end {
            let of_word = word.saturating_sub(SHINGLE - 1)..(word + 1).min(counts.len());
            let (counts, places) = (&counts[of_word.clone()], &places[of_word]);
            let shared = counts.iter().zip(places).filter(|(_, place)| **place > 0);
            all[word] = counts.iter().copied().min().unwrap_or_default();
            of_shared[word] = shared.map(|(count, _)| *count).min().unwrap_or_default();
        }
        end = span.end;
    }
    (all, of_shared)
}

/// A side of a pair with what it shares with the other one.
struct Measured<'a> {
    side: Side<'a>,
    /// Whether each word is shared.
    shared: Vec<bool>,
    /// The shared runs, each as its first position and its length.
    runs: Vec<(usize, usize)>,
    /// The short gaps between them.
    gaps: Vec<Range<usize>>,
    /// Whether each word stands in a list of headlines. Only pages of one outlet may be walls.
    listed: Option<Vec<bool>>,
    /// The weight of each shared word, else 0.
    weights: Vec<f64>,
    /// The weight of all words, and of the shared ones.
    own: f64,
    weight: f64,
}

impl<'a> Measured<'a> {
    /// Under `here` headlines stands each shingle of the text, and under `there` those of the other one.
    fn new(
        side: Side<'a>,
        other: Side<'a>,
        same_outlet: bool,
        [here, there]: [&[u32]; 2],
    ) -> Measured<'a> {
        let words = side.page.len();
        let places = side.page.places_in(other.page);
        let (mut shared, mut quoted) = (vec![false; words], side.page.quoted.clone());
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (span, place) in common(side.page, &places) {
            shared[span.clone()].fill(true);
            let marks = &other.page.quoted[place..place + span.len()];
            let own = quoted[span.clone()].iter_mut().zip(marks);
            own.for_each(|(is_quoted, mark)| *is_quoted |= mark);
            match runs.last_mut() {
                Some((first, length)) if *first + *length >= span.start => {
                    *length = span.end - *first;
                }
                _ => runs.push((span.start, span.len())),
            }
        }
        let factor = |at: usize| if quoted[at] { QUOTED } else { 1.0 };
        // A shared shingle weighs the same on both sides.
        let headlines = |(at, place): (usize, &u32)| match place.checked_sub(1) {
            Some(place) => there[place as usize].max(here[at]),
            None => here[at],
        };
        let counts: Vec<u32> = places.iter().enumerate().map(headlines).collect();
        let (all, of_shared) = fewest(side.page, &places, &counts);
        let weight = |at: usize, count: u32| repeated_weight(count) * factor(at);
        let of_shared = |at| if shared[at] { weight(at, of_shared[at]) } else { 0.0 };
        let weights: Vec<f64> = (0..words).map(of_shared).collect();
        Measured {
            side,
            gaps: gaps(&runs),
            runs,
            listed: same_outlet.then(|| headlines_in(side.page, &[side.title, other.title])),
            own: (0..words).map(|at| weight(at, all[at])).sum(),
            weight: weights.iter().sum(),
            shared,
            weights,
        }
    }

    /// The share of the text that the other one has too, 0 to 1.
    fn share(&self) -> f64 {
        if self.own > 0.0 { (self.weight / self.own).min(1.0) } else { 0.0 }
    }

    /// The different numbers in and between the shared runs, and those of them that the other text lacks.
    fn numbers(&self, other: &Page) -> (usize, usize) {
        let inside = |at| self.shared[at] || self.gaps.iter().any(|gap| gap.contains(&at));
        let numbers = self.side.page.numbers.iter().filter(|number| inside(number.at as usize));
        let mut numbers: Vec<Number> = numbers.copied().collect();
        numbers.sort_unstable_by_key(|number| number.hash);
        numbers.dedup_by_key(|number| number.hash);
        let missing = numbers.iter().filter(|number| !other.has_number(**number)).count();
        (numbers.len(), missing)
    }

    /// Whether a term stands outside lists of headlines.
    fn has_unlisted(&self, term: u32) -> bool {
        let page = self.side.page;
        let Some(listed) = &self.listed else { return page.has_term(term) };
        let stands = |at: usize| !listed[at] && page.terms[at] == term;
        page.has_term(term) && (0..page.len()).any(stands)
    }

    /// The share of the headline's terms for which `is_in` is true, by rarity, 0 to 1.
    fn part_of_title(&self, rarity: &Rarity, is_in: impl Fn(u32) -> bool) -> f64 {
        let (mut all, mut part) = (0.0, 0.0);
        for term in self.side.title {
            let rarity = rarity.of(*term);
            all += rarity;
            part += if is_in(*term) { rarity } else { 0.0 };
        }
        if all > 0.0 { part / all } else { 0.0 }
    }

    fn conflict(&self, other: &Measured<'_>, rarity: &Rarity) -> f64 {
        self.part_of_title(rarity, |term| {
            self.side.page.has_term(term) && !other.has_unlisted(term)
        })
    }

    fn exchanged(&self, other: &Measured<'_>, rarity: &Rarity) -> f64 {
        let page = self.side.page;
        let is_in_gap = |term| self.gaps.iter().any(|gap| page.terms[gap.clone()].contains(&term));
        self.part_of_title(rarity, |term| is_in_gap(term) && !other.side.page.has_term(term))
    }

    /// The share of the headline's terms among the shared words with some weight.
    fn topic(&self, rarity: &Rarity) -> f64 {
        let Some(listed) = &self.listed else { return 0.0 };
        let title = self.side.title;
        let mut among = vec![false; title.len()];
        for at in (0..listed.len()).filter(|at| self.weights[*at] > 0.3 && !listed[*at]) {
            if let Ok(place) = title.binary_search(&self.side.page.terms[at]) {
                among[place] = true;
            }
        }
        self.part_of_title(rarity, |term| title.binary_search(&term).is_ok_and(|at| among[at]))
    }
}

impl Evidence {
    /// Whether one article is a version of the other: both have one address and much of the same text.
    pub(crate) fn is_version(&self) -> bool {
        self.same_address && self.contained.max(self.containing) >= VERSION_SHARE
    }

    /// Compares a new article with an old one, given what the outlet of each repeats of it.
    pub(crate) fn between(
        [new, old]: [Side<'_>; 2],
        [of_new, of_old]: [&Repeats<'_>; 2],
        rarity: &Rarity,
    ) -> Evidence {
        let same_outlet = new.outlet == old.outlet && new.outlet != 0;
        let titles = [new.title, old.title];
        let [bits, bits_there] = [of_new, of_old].map(|of| of.unrelated(titles, rarity));
        let [of_new, of_old] = [
            of_new.counts(bits, new.page.shingles.len()),
            of_old.counts(bits_there, old.page.shingles.len()),
        ];
        let here = Measured::new(new, old, same_outlet, [&of_new, &of_old]);
        let there = Measured::new(old, new, same_outlet, [&of_old, &of_new]);
        let (numbers, missing) = here.numbers(old.page);
        let (numbers_there, missing_there) = there.numbers(new.page);
        let numbers = numbers + numbers_there + NUMBERS_BEFORE;
        let (passages, longest) = passages(&here.runs);
        Evidence {
            contained: here.share(),
            containing: there.share(),
            shared: here.weight.min(there.weight),
            numbers_missing: (missing + missing_there) as f64 / numbers as f64,
            title: rarity.cosine(new.title, old.title),
            titled: !new.title.is_empty() && !old.title.is_empty(),
            topic: here.topic(rarity).max(there.topic(rarity)),
            conflict: here.conflict(&there, rarity).min(there.conflict(&here, rarity)),
            exchanged: here.exchanged(&there, rarity).min(there.exchanged(&here, rarity)),
            shorter: new.page.len().min(old.page.len()) as f64,
            passages,
            longest,
            hours: (new.time - old.time).unsigned_abs() as f64 / 3600.0,
            same_outlet,
            same_address: new.address == old.address && new.address != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_go_on_over_short_gaps() {
        let mut shared = vec![true; 10];
        shared.extend([false; 5]);
        shared.extend([true; 6]);
        shared.extend([false; 20]);
        shared.extend([true; 6]);
        assert_eq!(passages(&runs(&shared)), (1, 10), "the last one is too short");
        assert_eq!(passages(&[]), (0, 0));
    }
}
