//! [`Evidence`]: the named numbers on which a pair of articles is judged.

use crate::page::{Number, Page};
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

/// A page of the outlet under a headline of its own. Words that stand on it too weigh less.
#[derive(Clone, Copy)]
pub(crate) struct Carrier<'a> {
    pub(crate) page: &'a Page,
    pub(crate) title: &'a [u32],
    pub(crate) outlet: u64,
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

/// The words of a page that another one has too.
struct Shared {
    /// Whether each word is shared.
    words: Vec<bool>,
    /// Whether each shared word stands in quotation marks in the other text.
    quoted: Vec<bool>,
    /// The shared shingles.
    shingles: Vec<bool>,
}

impl Shared {
    fn new(page: &Page, other: &Page) -> Shared {
        let mut shared = Shared {
            words: vec![false; page.len()],
            quoted: vec![false; page.len()],
            shingles: vec![false; page.shingles.len()],
        };
        for (at, shingle) in page.shingles.iter().enumerate() {
            let Some(there) = other.position(*shingle) else { continue };
            shared.shingles[at] = true;
            for (offset, word) in page.span(at).enumerate() {
                shared.words[word] = true;
                shared.quoted[word] |= other.quoted[there + offset];
            }
        }
        shared
    }

    /// Whether each word stands in a short gap between two shared runs.
    fn gaps(&self) -> Vec<bool> {
        let mut gaps = vec![false; self.words.len()];
        let mut last = None;
        for at in (0..self.words.len()).filter(|at| self.words[*at]) {
            if let Some(before) = last
                && at - before <= GAP + 1
            {
                gaps[before + 1..at].fill(true);
            }
            last = Some(at);
        }
        gaps
    }
}

/// Under how many different headlines each shingle of a page stands on the carriers.
fn headlines(page: &Page, carriers: &[Carrier<'_>]) -> Vec<u8> {
    let mut counts = vec![0_u8; page.shingles.len()];
    let mut counted: Vec<(&[u32], Vec<bool>)> = Vec::new();
    for carrier in carriers {
        let known = counted.iter().position(|(title, _)| *title == carrier.title);
        let at = known.unwrap_or_else(|| {
            counted.push((carrier.title, vec![false; page.shingles.len()]));
            counted.len() - 1
        });
        for (shingle, stands) in page.shingles.iter().zip(&mut counted[at].1) {
            *stands |= carrier.page.position(*shingle).is_some();
        }
    }
    for (_, stands) in &counted {
        for (count, is_there) in counts.iter_mut().zip(stands) {
            *count += u8::from(*is_there);
        }
    }
    counts
}

/// The weights of the words of a page: all of them, and those that are shared, else 0.
fn weigh(page: &Page, shared: &Shared, headlines: &[u8]) -> (Vec<f64>, Vec<f64>) {
    let (mut fewest, mut fewest_shared) = (vec![u8::MAX; page.len()], vec![u8::MAX; page.len()]);
    for (at, count) in headlines.iter().enumerate() {
        for word in page.span(at) {
            fewest[word] = fewest[word].min(*count);
            if shared.shingles[at] {
                fewest_shared[word] = fewest_shared[word].min(*count);
            }
        }
    }
    let weight = |at: usize, count: u8| {
        let quoted = page.quoted[at] || shared.quoted[at];
        (if quoted { QUOTED } else { 1.0 }) / (1.0 + 3.0 * f64::from(count))
    };
    let own = (0..page.len()).map(|at| weight(at, fewest[at]));
    let of_shared = (0..page.len()).map(|at| match shared.words[at] {
        true => weight(at, fewest_shared[at]),
        false => 0.0,
    });
    (own.collect(), of_shared.collect())
}

/// Whether each word stands in a run of words that is most of a headline, as in a list of articles.
fn headlines_in(page: &Page, titles: &[&[u32]]) -> Vec<bool> {
    let mut listed = vec![false; page.len()];
    for title in titles.iter().filter(|title| title.len() >= 3) {
        let is_of_title = |at: usize| title.binary_search(&page.terms[at]).is_ok();
        let mut from = 0;
        while from < page.len() {
            let to = (from..page.len()).find(|at| !is_of_title(*at)).unwrap_or(page.len());
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

/// One side of a comparison.
struct Measured {
    own: f64,
    shared: f64,
    numbers: usize,
    numbers_missing: usize,
    topic: f64,
    conflict: f64,
    exchanged: f64,
}

/// The words of a page outside lists of headlines.
struct Unlisted<'a> {
    page: &'a Page,
    listed: Vec<bool>,
}

impl Unlisted<'_> {
    fn new<'a>(page: &'a Page, titles: &[&[u32]]) -> Unlisted<'a> {
        Unlisted { page, listed: headlines_in(page, titles) }
    }

    fn has_term(&self, term: u32) -> bool {
        let stands = |at: usize| !self.listed[at] && self.page.terms[at] == term;
        self.page.has_term(term)
            && (!self.listed.contains(&true) || (0..self.page.len()).any(stands))
    }
}

fn measure(
    of: Side<'_>,
    other: Side<'_>,
    [own_words, other_words]: [&Unlisted<'_>; 2],
    carriers: &[Carrier<'_>],
    rarity: &Rarity,
) -> Measured {
    let shared = Shared::new(of.page, other.page);
    let (own, weights) = weigh(of.page, &shared, &headlines(of.page, carriers));
    let gaps = shared.gaps();
    let inside = |at: &usize| shared.words[*at] || gaps[*at];
    let mut numbers: Vec<Number> =
        of.page.numbers.iter().filter(|number| inside(&(number.at as usize))).copied().collect();
    numbers.sort_unstable_by_key(|number| number.hash);
    numbers.dedup_by_key(|number| number.hash);
    let missing = numbers.iter().filter(|number| !other.page.has_number(**number)).count();
    let mut in_shared = vec![false; of.title.len()];
    let is_one_outlet = of.outlet == other.outlet;
    let counts = |at: &usize| is_one_outlet && weights[*at] > 0.3 && !own_words.listed[*at];
    for at in (0..of.page.len()).filter(counts) {
        if let Ok(place) = of.title.binary_search(&of.page.terms[at]) {
            in_shared[place] = true;
        }
    }
    let in_gaps: Vec<u32> =
        (0..of.page.len()).filter(|at| gaps[*at]).map(|at| of.page.terms[at]).collect();
    let all: f64 = of.title.iter().map(|term| rarity.of(*term)).sum();
    let part = |is_in: &dyn Fn(u32) -> bool| {
        let sum: f64 =
            of.title.iter().filter(|term| is_in(**term)).map(|term| rarity.of(*term)).sum();
        if all > 0.0 { sum / all } else { 0.0 }
    };
    Measured {
        own: own.iter().sum(),
        shared: weights.iter().sum(),
        numbers: numbers.len(),
        numbers_missing: missing,
        topic: part(&|term| of.title.binary_search(&term).is_ok_and(|place| in_shared[place])),
        conflict: part(&|term| of.page.has_term(term) && !other_words.has_term(term)),
        exchanged: part(&|term| in_gaps.contains(&term) && !other.page.has_term(term)),
    }
}

impl Evidence {
    /// Whether one article is a version of the other: both have one address and much of the same text.
    pub(crate) fn is_version(&self) -> bool {
        self.same_address && self.contained.max(self.containing) >= VERSION_SHARE
    }

    /// Compares two articles. `carriers` are pages of either outlet that share text with them.
    pub(crate) fn between(
        new: Side<'_>,
        old: Side<'_>,
        carriers: &[Carrier<'_>],
        rarity: &Rarity,
    ) -> Evidence {
        let is_unrelated = |carrier: &&Carrier<'_>| {
            (carrier.outlet == new.outlet || carrier.outlet == old.outlet)
                && rarity.cosine(carrier.title, new.title) < RELATED
                && rarity.cosine(carrier.title, old.title) < RELATED
        };
        let unrelated: Vec<Carrier<'_>> = carriers.iter().filter(is_unrelated).copied().collect();
        let same_outlet = new.outlet == old.outlet && new.outlet != 0;
        // Only pages of one outlet are walls.
        let titles = if same_outlet { &[new.title, old.title][..] } else { &[] };
        let [of_new, of_old] = [new, old].map(|side| Unlisted::new(side.page, titles));
        let here = measure(new, old, [&of_new, &of_old], &unrelated, rarity);
        let there = measure(old, new, [&of_old, &of_new], &unrelated, rarity);
        let share = |of: &Measured| if of.own > 0.0 { (of.shared / of.own).min(1.0) } else { 0.0 };
        let shared = here.shared.min(there.shared);
        let numbers = here.numbers + there.numbers;
        let missing = here.numbers_missing + there.numbers_missing;
        Evidence {
            contained: share(&here),
            containing: share(&there),
            shared,
            numbers_missing: missing as f64 / (numbers + NUMBERS_BEFORE) as f64,
            title: rarity.cosine(new.title, old.title),
            titled: !new.title.is_empty() && !old.title.is_empty(),
            topic: here.topic.max(there.topic),
            conflict: here.conflict.min(there.conflict),
            exchanged: here.exchanged.min(there.exchanged),
            shorter: new.page.len().min(old.page.len()) as f64,
            hours: (new.time - old.time).unsigned_abs() as f64 / 3600.0,
            same_outlet,
            same_address: new.address == old.address && new.address != 0,
        }
    }
}
