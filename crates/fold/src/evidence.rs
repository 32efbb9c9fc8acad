//! [`Evidence`]: the named numbers on which a pair of articles is judged.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::page::{Number, Page, SHINGLE, common, counted};
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
    /// The smaller share, of both, of the names in and between the shared runs that the other text lacks, by rarity, 0 to
    /// 1. All words with a capital count as names.
    pub renamed: f64,
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
/// Names that are taken to agree before any is seen, so that two names alone do not make a template.
const NAMES_BEFORE: f64 = 3.0;
/// Two texts of which more than this share of the names is exchanged are one template that was filled twice.
const TEMPLATE: f64 = 0.3;
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
    /// For each key of the page where the shingles end that are nearest to it, and a bit for each of these headlines
    /// under which they stand.
    under: Vec<(usize, u64)>,
}

impl<'a> Repeats<'a> {
    /// `title` gives the headline of an article if it is another page of the outlet, whose headline is unrelated.
    /// Between two keys, a shingle stands under the headlines of the nearer one.
    pub(crate) fn new<'f>(
        page: &Page,
        found: impl Iterator<Item = (usize, &'f [u32])>,
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
        let (mut before, mut near): (&[u32], u64) = (&[], 0);
        let mut under: Vec<(usize, u64)> = Vec::with_capacity(page.keys.len());
        for (at, articles) in found {
            // Neighbouring keys mostly stand in the same articles.
            if articles != before {
                let bit = |article: &u32| *bits.entry(*article).or_insert_with(|| bit_of(*article));
                (before, near) = (articles, articles.iter().map(bit).fold(0, |all, bit| all | bit));
            }
            if let Some((end, _)) = under.last_mut() {
                *end = (*end + at) / 2 + 1;
            }
            under.push((at, near));
        }
        if let Some((end, _)) = under.last_mut() {
            *end = page.shingles.len();
        }
        if titles.is_empty() { Repeats::default() } else { Repeats { titles, under } }
    }

    /// Under how many headlines each key stands, in order; shorter if there are none.
    pub(crate) fn of_keys(&self) -> impl Iterator<Item = u32> {
        self.under.iter().map(|(_, under)| under.count_ones())
    }

    /// Under how many headlines that are unrelated to another one each shingle stands; empty if none stands under any.
    fn unrelated(&self, title: &[u32], rarity: &Rarity) -> Vec<u8> {
        let is_unrelated = |known: &[u32]| rarity.cosine(known, title) < RELATED;
        let titles = self.titles.iter().enumerate().take(u64::BITS as usize);
        let bits: u64 = titles.map(|(bit, known)| u64::from(is_unrelated(known)) << bit).sum();
        let mut counts = Vec::new();
        let shingles = self.under.last().map_or(0, |(end, _)| *end);
        if self.under.iter().any(|(_, under)| under & bits != 0) {
            counts.reserve_exact(shingles);
            let counted = |(end, under): &(usize, u64)| (*end, (under & bits).count_ones() as u8);
            self.under.iter().map(counted).for_each(|(end, count)| counts.resize(end, count));
        }
        counts
    }
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

/// The terms of a headline, in order, with a bit for each last digit: most words of a text have another one.
struct Title<'a> {
    terms: &'a [u32],
    bits: u64,
}

impl<'a> Title<'a> {
    fn new(terms: &'a [u32]) -> Title<'a> {
        Title { terms, bits: terms.iter().fold(0, |bits, term| bits | 1 << (term % u64::BITS)) }
    }

    /// The place of a term.
    fn position(&self, term: u32) -> Option<usize> {
        let may_be = self.bits >> (term % u64::BITS) & 1 == 1;
        if may_be { self.terms.binary_search(&term).ok() } else { None }
    }
}

/// Whether each word stands in a run of words that is most of a headline, as in a list of articles.
fn headlines_in(page: &Page, titles: &[&[u32]]) -> Vec<bool> {
    let mut listed = vec![false; page.len()];
    for title in titles.iter().filter(|title| title.len() >= 3).map(|title| Title::new(title)) {
        let is_of_title = |term: &u32| title.position(*term).is_some();
        let mut from = 0;
        while let Some(skipped) = page.terms[from..].iter().position(is_of_title) {
            from += skipped;
            let run = page.terms[from..].iter().take_while(|term| is_of_title(term)).count();
            let mut terms = page.terms[from..from + run].to_vec();
            terms.sort_unstable();
            terms.dedup();
            if 10 * terms.len() >= 7 * title.terms.len() {
                listed[from..from + run].fill(true);
            }
            from += run;
        }
    }
    listed
}

/// Under how many headlines a shingle stands that does not count.
const NOT_COUNTED: u8 = u8::MAX;

/// For each of so many words the fewest headlines under which one of its shingles stands.
fn fewest(counts: impl ExactSizeIterator<Item = u8>, words: usize) -> Vec<u8> {
    let mut padded = vec![NOT_COUNTED; SHINGLE - 1];
    padded.extend(counts);
    padded.resize(words + SHINGLE - 1, NOT_COUNTED);
    let mut least = padded[..words].to_vec();
    for next in 1..SHINGLE {
        least
            .iter_mut()
            .zip(&padded[next..])
            .for_each(|(least, count)| *least = (*least).min(*count));
    }
    least
}

/// The weight of words, given under how many headlines each stands and whether it is quoted.
fn weight_under(headlines: &[u8], quoted: &[bool]) -> f64 {
    let mut counted = [[0_u32; NOT_COUNTED as usize + 1]; 2];
    for (number, is_quoted) in headlines.iter().zip(quoted) {
        counted[usize::from(*is_quoted)][usize::from(*number)] += 1;
    }
    let [owns, marks] = counted;
    let all = (0..=u64::BITS).zip(owns.into_iter().zip(marks));
    all.map(|(number, (own, marked))| weight(own, marked) * repeated_weight(number)).sum()
}

/// The weight of so many words, and of so many quoted ones.
fn weight(own: u32, quoted: u32) -> f64 {
    f64::from(own) + QUOTED * f64::from(quoted)
}

/// How many are true.
fn count(of: &[bool]) -> u32 {
    of.iter().map(|is| u32::from(*is)).sum()
}

/// A side of a pair with what it shares with the other one.
struct Measured<'a> {
    side: Side<'a>,
    title: Title<'a>,
    /// Whether each word is shared.
    shared: Vec<bool>,
    /// The shared runs, each as its first position and its length.
    runs: Vec<(usize, usize)>,
    /// The short gaps between them.
    gaps: Vec<Range<usize>>,
    /// Whether each word stands in a list of headlines. Only pages of one outlet may be walls.
    listed: Option<Vec<bool>>,
    /// Whether each word is shared, not quoted, and stands under no other headline.
    heavy: Vec<bool>,
    /// The weight of all words, and of the shared ones.
    own: f64,
    weight: f64,
}

impl<'a> Measured<'a> {
    /// `places` says where each shingle of the text stands in the other one. Under `here` headlines stands each
    /// shingle of the text, and under `there` those of the other one; both are empty if none stands under any.
    fn new(
        side: Side<'a>,
        other: Side<'a>,
        same_outlet: bool,
        places: &[u32],
        [here, there]: [&[u8]; 2],
    ) -> Measured<'a> {
        let page = side.page;
        let (mut shared, mut quoted) = (vec![false; page.len()], page.quoted.clone());
        let mut counts = here.to_vec();
        if !there.is_empty() {
            counts.resize(places.len(), 0);
        }
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (shingles, place) in common(places) {
            let span = page.words_of(shingles.clone());
            shared[span.clone()].fill(true);
            let marks = &other.page.quoted[place..place + span.len()];
            let own = quoted[span.clone()].iter_mut().zip(marks);
            own.for_each(|(is_quoted, mark)| *is_quoted |= mark);
            // A shared shingle weighs the same on both sides.
            if !there.is_empty() {
                let counts = counts[shingles].iter_mut().zip(&there[place..]);
                counts.for_each(|(count, theirs)| *count = (*count).max(*theirs));
            }
            match runs.last_mut() {
                Some((first, length)) if *first + *length >= span.start => {
                    *length = span.end - *first;
                }
                _ => runs.push((span.start, span.len())),
            }
        }
        let mut measured = Measured {
            side,
            title: Title::new(side.title),
            gaps: gaps(&runs),
            runs,
            listed: same_outlet.then(|| headlines_in(page, &[side.title, other.title])),
            heavy: shared.iter().zip(&quoted).map(|(is, not)| *is & !*not).collect(),
            shared,
            own: 0.0,
            weight: 0.0,
        };
        measured.weigh(&quoted, &counts, places);
        measured
    }

    /// Weighs the words, given whether each is quoted on a side, and for each shingle under how many headlines it
    /// stands and where in the other text; no headlines if none stands under any.
    fn weigh(&mut self, quoted: &[bool], counts: &[u8], places: &[u32]) {
        if counts.is_empty() {
            let ([all, marked], [common, own]) =
                ([quoted.len() as u32, count(quoted)], [count(&self.shared), count(&self.heavy)]);
            self.own = weight(all - marked, marked);
            self.weight = weight(own, common - own);
            return;
        }
        self.own = weight_under(&fewest(counts.iter().copied(), quoted.len()), quoted);
        let of_shared = counts.iter().zip(places).map(|(count, place)| match place {
            0 => NOT_COUNTED,
            _ => *count,
        });
        // A word that is not shared has no shingle that is.
        let of_shared = fewest(of_shared, quoted.len());
        self.weight = weight_under(&of_shared, quoted);
        self.heavy.iter_mut().zip(&of_shared).for_each(|(heavy, count)| *heavy &= *count == 0);
    }

    /// The share of the text that the other one has too, 0 to 1.
    fn share(&self) -> f64 {
        if self.own > 0.0 { (self.weight / self.own).min(1.0) } else { 0.0 }
    }

    /// Whether a word is in a shared run or in a short gap between two.
    fn is_inside(&self, at: usize) -> bool {
        self.shared[at] || self.gaps.iter().any(|gap| gap.contains(&at))
    }

    /// The different numbers in and between the shared runs, and those of them that the other text lacks.
    fn numbers(&self, other: &Page) -> (usize, usize) {
        let numbers = self.side.page.numbers.iter();
        let numbers = numbers.filter(|number| self.is_inside(number.at as usize));
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

    fn renamed(&self, other: &Measured<'_>, rarity: &Rarity) -> f64 {
        let page = self.side.page;
        let names = page.capitals.iter().map(|at| *at as usize).filter(|at| self.is_inside(*at));
        let names = counted(&names.map(|at| page.terms[at]).collect::<Vec<u32>>());
        let weight = |(term, _): &(u32, u32)| rarity.of(*term);
        let all: f64 = names.iter().map(weight).sum();
        let others = names.iter().filter(|(term, _)| !other.side.page.has_term(*term));
        others.map(weight).sum::<f64>() / (all + NAMES_BEFORE * rarity.highest())
    }

    /// The share of the headline's terms among the shared words with some weight.
    fn topic(&self, rarity: &Rarity) -> f64 {
        let Some(listed) = &self.listed else { return 0.0 };
        let mut among = vec![false; self.title.terms.len()];
        let words = self.side.page.terms.iter().zip(&self.heavy).zip(listed);
        for ((term, _), _) in words.filter(|((_, is_heavy), is_listed)| **is_heavy && !**is_listed)
        {
            if let Some(place) = self.title.position(*term) {
                among[place] = true;
            }
        }
        self.part_of_title(rarity, |term| self.title.position(term).is_some_and(|at| among[at]))
    }
}

impl Evidence {
    /// Whether one article is a version of the other: both have one address and much of the same text.
    pub(crate) fn is_version(&self) -> bool {
        self.same_address && self.contained.max(self.containing) >= VERSION_SHARE
    }

    /// Whether both are one template that was filled twice: they share sentences, and have other names in them.
    pub(crate) fn is_template(&self) -> bool {
        self.renamed > TEMPLATE
    }

    /// Compares a new article with an old one, given what the outlet of each repeats of it. Also says which words of the
    /// new one are shared.
    pub(crate) fn between(
        [new, old]: [Side<'_>; 2],
        [of_new, of_old]: [&Repeats<'_>; 2],
        rarity: &Rarity,
    ) -> (Evidence, Vec<bool>) {
        let same_outlet = new.outlet == old.outlet && new.outlet != 0;
        let [of_new, of_old] =
            [of_new.unrelated(old.title, rarity), of_old.unrelated(new.title, rarity)];
        let [places, places_there] = new.page.shared_places(old.page);
        let here = Measured::new(new, old, same_outlet, &places, [&of_new, &of_old]);
        let there = Measured::new(old, new, same_outlet, &places_there, [&of_old, &of_new]);
        let (numbers, missing) = here.numbers(old.page);
        let (numbers_there, missing_there) = there.numbers(new.page);
        let numbers = numbers + numbers_there + NUMBERS_BEFORE;
        let (passages, longest) = passages(&here.runs);
        let evidence = Evidence {
            contained: here.share(),
            containing: there.share(),
            shared: here.weight.min(there.weight),
            numbers_missing: (missing + missing_there) as f64 / numbers as f64,
            title: rarity.cosine(new.title, old.title),
            titled: !new.title.is_empty() && !old.title.is_empty(),
            topic: here.topic(rarity).max(there.topic(rarity)),
            conflict: here.conflict(&there, rarity).min(there.conflict(&here, rarity)),
            exchanged: here.exchanged(&there, rarity).min(there.exchanged(&here, rarity)),
            renamed: here.renamed(&there, rarity).min(there.renamed(&here, rarity)),
            shorter: new.page.len().min(old.page.len()) as f64,
            passages,
            longest,
            hours: (new.time - old.time).unsigned_abs() as f64 / 3600.0,
            same_outlet,
            same_address: new.address == old.address && new.address != 0,
        };
        (evidence, here.shared)
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
