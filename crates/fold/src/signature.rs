//! [`Signature`]: the parts of a text by which stories about one happening are recognised.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::page::Page;
use crate::rarity::Rarity;

/// A signature has at most so many words …
const WORDS: usize = 64;
/// … and so many names.
const NAMES: usize = 32;
/// A story is found by so many of its terms.
const KEYS: usize = 32;
/// At most so many terms of the headline are keys.
const TITLE_KEYS: usize = 12;
/// A name is a term with at least this share of the highest rarity.
const RARE: f64 = 0.5;

/// The headline, the lede, the heaviest words and the rarest names of a text, as terms.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Signature {
    /// The terms of the headline, in order.
    pub(crate) title: Vec<u32>,
    /// The terms of the lede, in order.
    pub(crate) lede: Vec<u32>,
    /// The heaviest terms with their weights, in order of the terms.
    pub(crate) words: Vec<(u32, f32)>,
    /// The rare terms that begin with a capital inside a sentence, in order.
    pub(crate) names: Vec<u32>,
    /// Stream time in seconds.
    pub(crate) time: i64,
}

/// The terms of a part of a text, each once, in order.
fn different(terms: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut all: Vec<u32> = terms.collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The entries with the highest weights, at most so many. Equal weights are ordered by their terms.
fn heaviest(mut of: Vec<(u32, f32)>, most: usize) -> Vec<(u32, f32)> {
    of.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    of.truncate(most);
    of
}

impl Signature {
    pub(crate) fn new(page: &Page, title: &[u32], time: i64, rarity: &Rarity) -> Signature {
        let mut counts: FxHashMap<u32, u32> = FxHashMap::default();
        for term in &page.terms {
            *counts.entry(*term).or_default() += 1;
        }
        let weight = |(term, count): (u32, u32)| {
            (term, (rarity.of(term) * (1.0 + f64::from(count).ln())) as f32)
        };
        let mut words = heaviest(counts.into_iter().map(weight).collect(), WORDS);
        words.sort_unstable_by_key(|(term, _)| *term);
        let least = RARE * rarity.highest();
        let capitals = page.capitals.iter().map(|at| page.terms[*at as usize]);
        let named = different(capitals).into_iter().map(|term| (term, rarity.of(term) as f32));
        let rare = named.filter(|(_, rarity_of_it)| f64::from(*rarity_of_it) >= least).collect();
        Signature {
            title: title.to_vec(),
            lede: different(page.terms[..page.lede].iter().copied()),
            words,
            names: different(heaviest(rare, NAMES).into_iter().map(|(term, _)| term)),
            time,
        }
    }

    /// The terms by which it is found: those of the headline, then the heaviest.
    pub(crate) fn keys(&self, rarity: &Rarity) -> Vec<u32> {
        let title = self.title.iter().map(|term| (*term, rarity.of(*term) as f32)).collect();
        let mut keys: Vec<u32> =
            heaviest(title, TITLE_KEYS).into_iter().map(|(term, _)| term).collect();
        for (term, _) in heaviest(self.words.clone(), WORDS) {
            if keys.len() < KEYS && !keys.contains(&term) {
                keys.push(term);
            }
        }
        keys
    }

    /// Whether a term is among its heaviest words or in its lede.
    fn has(&self, term: u32) -> bool {
        self.words.binary_search_by_key(&term, |(of, _)| *of).is_ok()
            || self.lede.binary_search(&term).is_ok()
    }

    /// The cosine of the heaviest words, 0 to 1.
    pub(crate) fn cosine_of_words(&self, other: &Signature) -> f64 {
        let square = |of: &Signature| -> f64 {
            of.words.iter().map(|(_, weight)| f64::from(*weight).powi(2)).sum()
        };
        let product = |(term, weight): &(u32, f32)| {
            let at = other.words.binary_search_by_key(term, |(of, _)| *of).ok()?;
            Some(f64::from(*weight) * f64::from(other.words[at].1))
        };
        let shared: f64 = self.words.iter().filter_map(product).sum();
        if shared > 0.0 { shared / (square(self) * square(other)).sqrt() } else { 0.0 }
    }

    /// The share of the headline that is in another text, by rarity; `None` without a headline.
    pub(crate) fn title_in(&self, other: &Signature, rarity: &Rarity) -> Option<f64> {
        let sum = |is_in: &dyn Fn(u32) -> bool| -> f64 {
            let counted = self.title.iter().filter(|term| is_in(**term));
            counted.map(|term| rarity.of(*term).powi(2)).sum()
        };
        let all = sum(&|_| true);
        (all > 0.0).then(|| sum(&|term| other.has(term) || other.title.contains(&term)) / all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{term, title_terms};

    #[test]
    fn names_are_rare_words_with_a_capital_inside_a_sentence() {
        let text = "Monday was cold. In Brenmouth, Hester said the Wednesday boat was late.";
        let signature = Signature::new(&Page::new(text), &[], 0, &Rarity::default());
        assert!(signature.names.contains(&term("brenmouth")));
        assert!(
            !signature.names.contains(&term("monday")) && !signature.names.contains(&term("in"))
        );
    }

    #[test]
    fn characters_without_spaces_make_pairs() {
        let terms = title_terms("白鹭县谷仓");
        assert_eq!(terms.len(), 5);
        assert!(terms.iter().filter(|term| title_terms("白鹭河水").contains(term)).count() == 2);
    }
}
