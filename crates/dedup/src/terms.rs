//! Term vectors for events: stems weighted by how rare they are (TF-IDF, Salton & Buckley 1988).

use std::cell::RefCell;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use wirefold_text::Text;
use wirefold_text::extract::names;

use crate::body::{Body, word_hash};

/// Letters of a word that make its stem: cutting is the one stemmer that works alike for most
/// languages with inflection, and it makes the spellings of one name meet.
const STEM_LETTERS: usize = 6;
/// The compiled table counts as this many times its documents, so that the first stories about one
/// happening do not make its own names look common.
const TABLE_WEIGHT: u32 = 10;
/// Counted by `cargo xtask frequencies`.
const TABLE: &str = include_str!("../data/frequencies.tsv");

/// The stem of a normalised word: its first six letters. Numbers are kept whole.
#[must_use]
pub fn stem(normal: &str) -> &str {
    match normal.char_indices().nth(STEM_LETTERS) {
        Some((end, _)) if !normal.starts_with(|c: char| c.is_numeric()) => &normal[..end],
        _ => normal,
    }
}

/// The terms of a text with their counts: stems of words, pairs of neighbours in scripts without
/// spaces. Furniture and boilerplate have none.
fn count_terms(text: &Text, body: &Body) -> FxHashMap<u64, u32> {
    let mut counts = FxHashMap::default();
    let mut before: Option<&str> = None;
    for body_word in body.words.iter().filter(|word| !word.boilerplate) {
        let word = &text.words()[body_word.index as usize];
        let normal = text.normal(word);
        let term = match before {
            Some(first) if word.alone => Some(word_hash(&format!("{first}{normal}"))),
            _ if word.alone => None,
            _ => Some(word_hash(stem(normal))),
        };
        before = word.alone.then_some(normal);
        if let Some(term) = term {
            *counts.entry(term).or_insert(0) += 1;
        }
    }
    counts
}

/// What events look at in one text.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// The terms, in order.
    terms: Box<[u64]>,
    /// How often each stands in the text.
    counts: Box<[u16]>,
    /// The stems of names, in order.
    names: Box<[u64]>,
    /// Where each term stands in the frequencies that learned from these; empty before.
    places: Box<[u32]>,
}

impl Terms {
    /// The terms of a text. The title counts as a second mention of its words.
    #[must_use]
    pub fn new(text: &Text, body: &Body, title: &str) -> Terms {
        let title = Text::new(title);
        let mut counts = count_terms(text, body);
        for (term, count) in count_terms(&title, &Body::new(&title)) {
            *counts.entry(term).or_insert(0) += count;
        }
        let mut counts: Vec<(u64, u32)> = counts.into_iter().collect();
        counts.sort_unstable();
        let words = names(text).into_iter().flat_map(|name| name.words);
        let names = words.map(|index| word_hash(stem(text.normal(&text.words()[index]))));
        let mut names: Vec<u64> = names.collect();
        names.sort_unstable();
        names.dedup();
        let narrow = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
        Terms {
            terms: counts.iter().map(|(term, _)| *term).collect(),
            counts: counts.iter().map(|(_, count)| narrow(*count)).collect(),
            names: names.into(),
            places: Box::default(),
        }
    }

    /// The terms, each once.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.terms.iter().copied()
    }

    /// The weighted vector of unit length under `frequencies`.
    #[must_use]
    pub fn vector(&self, frequencies: &Frequencies) -> Vector {
        self.vector_by(&Rarities::of(frequencies))
    }

    /// The same, for many texts under the same frequencies.
    pub(crate) fn vector_by(&self, rarities: &Rarities<'_>) -> Vector {
        let (weights, length) = self.weigh(rarities);
        let weighty = self.terms.iter().copied().zip(weights).filter(|(_, weight)| *weight > 0.0);
        Vector { weights: weighty.map(|(term, weight)| (term, weight / length)).collect() }
    }

    /// The cosine of the angle between a vector and the one of these terms, 0 to 1.
    pub(crate) fn cosine_by(&self, vector: &Vector, rarities: &Rarities<'_>) -> f64 {
        let (weights, length) = self.weigh(rarities);
        let mut there = self.terms.iter().zip(weights).peekable();
        let mut sum = 0.0;
        for (term, here) in &vector.weights {
            while there.next_if(|(other, _)| *other < term).is_some() {}
            if let Some((_, weight)) = there.next_if(|(other, _)| *other == term) {
                sum += here * (weight / length);
            }
        }
        sum.min(1.0)
    }

    /// The weight of each term, and the length of the vector that they make.
    fn weigh(&self, rarities: &Rarities<'_>) -> (Vec<f64>, f64) {
        let weigh = |(at, count): (usize, &u16)| {
            let rarity = match self.places.get(at) {
                Some(place) => rarities.at(*place),
                None => rarities.get(self.terms[at]),
            };
            let mentions = if *count == 1 { 1.0 } else { 1.0 + f64::from(*count).ln() };
            mentions * rarity
        };
        let weights: Vec<f64> = self.counts.iter().enumerate().map(weigh).collect();
        let length = weights.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        (weights, length)
    }

    /// The cosine over rare names alone, each counted once, 0 to 1; `None` where one of the texts
    /// has no rare names, as in scripts without capitals.
    #[must_use]
    pub fn name_cosine(&self, other: &Terms, frequencies: &Frequencies) -> Option<f64> {
        let rarities = Rarities::of(frequencies);
        self.names_by(&rarities).cosine(&other.names_by(&rarities))
    }

    /// The names that are rare, each with its weight.
    pub(crate) fn names_by(&self, rarities: &Rarities<'_>) -> RareNames {
        let least = RARE_NAME * rarities.frequencies.most();
        let weigh = |name: &u64| {
            let rarity = rarities.get(*name);
            (rarity >= least).then_some((*name, rarity * rarity))
        };
        RareNames { weights: self.names.iter().filter_map(weigh).collect() }
    }
}

/// The rare names of a text with their weights, in order of the names.
pub(crate) struct RareNames {
    weights: Vec<(u64, f64)>,
}

impl RareNames {
    /// The cosine, each name counted once, 0 to 1; `None` where one of the texts has none.
    pub(crate) fn cosine(&self, other: &RareNames) -> Option<f64> {
        let is_common = |(name, _): &&(u64, f64)| {
            other.weights.binary_search_by_key(name, |(other_name, _)| *other_name).is_ok()
        };
        let length = (sum(self.weights.iter()) * sum(other.weights.iter())).sqrt();
        (length > 0.0).then(|| (sum(self.weights.iter().filter(is_common)) / length).min(1.0))
    }
}

/// The sum of weights, the smallest first, so that it is the same in every order.
fn sum<'a>(weights: impl Iterator<Item = &'a (u64, f64)>) -> f64 {
    let mut weights: Vec<f64> = weights.map(|(_, weight)| *weight).collect();
    weights.sort_by(f64::total_cmp);
    weights.iter().sum()
}

/// The share of the greatest possible rarity that makes a name rare.
const RARE_NAME: f64 = 0.6;

/// Term weights of unit length, by term.
#[derive(Debug, Clone, Default)]
pub struct Vector {
    weights: Vec<(u64, f64)>,
}

impl Vector {
    /// The cosine of the angle to another vector, 0 to 1.
    #[must_use]
    pub fn cosine(&self, other: &Vector) -> f64 {
        let (mut a, mut b) = (self.weights.iter().peekable(), other.weights.iter().peekable());
        let mut sum = 0.0;
        while let (Some((x, wx)), Some((y, wy))) = (a.peek(), b.peek()) {
            match x.cmp(y) {
                std::cmp::Ordering::Less => drop(a.next()),
                std::cmp::Ordering::Greater => drop(b.next()),
                std::cmp::Ordering::Equal => {
                    sum += wx * wy;
                    a.next();
                    b.next();
                }
            }
        }
        sum.min(1.0)
    }

    /// The `most` heaviest terms, heaviest first; ties by term.
    #[must_use]
    pub fn heaviest(&self, most: usize) -> Vec<u64> {
        let mut weights = self.weights.clone();
        weights.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
        weights.into_iter().take(most).map(|(term, _)| term).collect()
    }
}

/// In how many documents each term stands: a compiled table, then what the stream brings.
#[derive(Debug, Clone)]
pub struct Frequencies {
    documents: u32,
    /// Where each term's count stands.
    places: FxHashMap<u64, u32>,
    counts: Vec<u32>,
}

impl Default for Frequencies {
    fn default() -> Frequencies {
        static COMPILED: OnceLock<Frequencies> = OnceLock::new();
        COMPILED.get_or_init(|| Frequencies::parse(TABLE)).clone()
    }
}

impl Frequencies {
    /// Reads a table: a line `documents<TAB>count`, then `stem<TAB>count` lines. Lines that do not
    /// fit are passed over.
    #[must_use]
    pub fn parse(table: &str) -> Frequencies {
        let mut frequencies =
            Frequencies { documents: 0, places: FxHashMap::default(), counts: Vec::new() };
        for line in table.lines() {
            let Some((stem, count)) = line.split_once('\t') else {
                continue;
            };
            let Ok(count) = count.parse::<u32>() else {
                continue;
            };
            let count = count.saturating_mul(TABLE_WEIGHT);
            match stem {
                "# documents" => frequencies.documents = count,
                stem => {
                    let place = frequencies.place(word_hash(stem));
                    frequencies.counts[place as usize] = count;
                }
            }
        }
        frequencies
    }

    /// Counts a document, whose terms know from then on where their counts stand.
    pub fn learn(&mut self, terms: &mut Terms) {
        self.documents += 1;
        terms.places = terms.terms.iter().map(|term| self.place(*term)).collect();
        for place in &terms.places {
            self.counts[*place as usize] += 1;
        }
    }

    /// Where a term's count stands, from now on if it is new.
    fn place(&mut self, term: u64) -> u32 {
        let next = u32::try_from(self.counts.len()).expect("fewer terms than memory holds");
        let place = *self.places.entry(term).or_insert(next);
        if place == next {
            self.counts.push(0);
        }
        place
    }

    /// How rare a term is: the logarithm of documents by those that have it; 0 for a term that
    /// stands everywhere.
    #[must_use]
    pub fn rarity(&self, term: u64) -> f64 {
        self.rarity_of(self.count(term))
    }

    fn count(&self, term: u64) -> u32 {
        self.places.get(&term).map_or(0, |place| self.counts[*place as usize])
    }

    fn rarity_of(&self, count: u32) -> f64 {
        (f64::from(self.documents + 1) / f64::from(count + 1)).ln().max(0.0)
    }

    /// The rarity of a term never seen.
    fn most(&self) -> f64 {
        f64::from(self.documents + 1).ln()
    }
}

/// Rarities under frequencies that stand still: most terms are as frequent as many others, and a
/// logarithm costs more than all else about them.
pub(crate) struct Rarities<'a> {
    frequencies: &'a Frequencies,
    /// By count; not a number where it was not asked for yet.
    known: RefCell<Vec<f64>>,
}

/// Counts whose rarities are kept.
const KEPT_RARITIES: usize = 1024;

impl<'a> Rarities<'a> {
    pub(crate) fn of(frequencies: &'a Frequencies) -> Rarities<'a> {
        Rarities { frequencies, known: RefCell::new(vec![f64::NAN; KEPT_RARITIES]) }
    }

    fn get(&self, term: u64) -> f64 {
        self.of_count(self.frequencies.count(term))
    }

    fn at(&self, place: u32) -> f64 {
        self.of_count(self.frequencies.counts[place as usize])
    }

    fn of_count(&self, count: u32) -> f64 {
        let mut known = self.known.borrow_mut();
        match known.get_mut(count as usize) {
            Some(kept) if kept.is_nan() => {
                *kept = self.frequencies.rarity_of(count);
                *kept
            }
            Some(kept) => *kept,
            None => self.frequencies.rarity_of(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Terms {
        let text = Text::new(text);
        Terms::new(&text, &Body::new(&text), "")
    }

    #[test]
    fn rare_words_in_common_weigh_most() {
        let table = Frequencies::parse("# documents\t100\nthe\t99\nport\t10\nof\t95\n");
        let vector = |text: &str| terms(text).vector(&table);
        let about = vector("the strike of the dockers in Quayton");
        assert!(about.cosine(&vector("dockers of Quayton end the strike")) > 0.7);
        assert!(about.cosine(&vector("the price of the fish in the port")) < 0.3);
        assert!((about.cosine(&about) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn spellings_of_one_name_meet() {
        assert_eq!(stem("zelenskyy"), stem("zelenskiy"));
        assert_eq!(stem("2026123"), "2026123");
        assert_eq!(stem("порту"), "порту");
    }

    #[test]
    fn chinese_goes_by_pairs() {
        assert_eq!(terms("港口工人").iter().count(), 3);
    }
}
