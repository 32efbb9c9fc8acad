//! [`Rarity`]: how rare a term is, from a shipped prior blended with the articles of the window.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::common_words::{TABLE, parse_counts};
use crate::page::term;

/// The counts are kept in this many slots. Terms that share one count as more frequent than they are.
const SLOTS: usize = 1 << 20;
/// Each document of the prior counts as so many of the window.
const PRIOR: u32 = 10;
/// If so many articles are counted, all counts are halved, so that the window outweighs the past.
const MOST: u32 = 60_000;

/// The number of articles in which a term stands, by term.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Rarity {
    counts: Vec<u16>,
    articles: u32,
    /// The logarithm of each count and one.
    #[serde(skip, default = "logarithms")]
    logarithms: Arc<[f32]>,
    /// The logarithm of the articles and one.
    highest: f64,
}

impl Default for Rarity {
    fn default() -> Rarity {
        let mut rarity = Rarity {
            counts: vec![0; SLOTS],
            articles: PRIOR,
            logarithms: logarithms(),
            highest: 0.0,
        };
        for (word, count) in parse_counts(TABLE) {
            match word {
                "# documents" => rarity.articles = count * PRIOR,
                _ => rarity.add(term(word), count * PRIOR),
            }
        }
        rarity.highest = (f64::from(rarity.articles) + 1.0).ln();
        rarity
    }
}

fn logarithms() -> Arc<[f32]> {
    (0..=MOST).map(|count| (f64::from(count) + 1.0).ln() as f32).collect()
}

fn slot(term: u32) -> usize {
    (term.wrapping_mul(0x9e37_79b1) >> 12) as usize
}

impl Rarity {
    fn add(&mut self, term: u32, count: u32) {
        let held = &mut self.counts[slot(term)];
        *held = u32::from(*held).saturating_add(count).min(MOST).min(u32::from(u16::MAX)) as u16;
    }

    /// Counts an article by its different terms.
    pub(crate) fn learn(&mut self, terms: impl Iterator<Item = u32>) {
        if self.articles >= MOST {
            self.articles /= 2;
            self.counts.iter_mut().for_each(|count| *count /= 2);
        }
        self.articles += 1;
        self.highest = (f64::from(self.articles) + 1.0).ln();
        for term in terms {
            self.add(term, 1);
        }
    }

    /// The inverse document frequency of a term: the natural logarithm of the articles for each that has
    /// it.
    pub(crate) fn of(&self, term: u32) -> f64 {
        let count = u32::from(self.counts[slot(term)]).min(self.articles);
        (self.highest - f64::from(self.logarithms[count as usize])).max(0.0)
    }

    /// The rarity of a term that no article has.
    pub(crate) fn highest(&self) -> f64 {
        self.highest - f64::from(self.logarithms[0])
    }

    /// The cosine of two ordered sets of terms, weighed by rarity, 0 to 1; 0 if one is empty.
    pub(crate) fn cosine(&self, one: &[u32], other: &[u32]) -> f64 {
        let square = |term: &u32| self.of(*term).powi(2);
        let sum = |terms: &[u32]| terms.iter().map(square).sum::<f64>();
        let (mut rest, mut shared) = (other, 0.0);
        for term in one {
            while let [first, later @ ..] = rest
                && first < term
            {
                rest = later;
            }
            shared += if rest.first() == Some(term) { square(term) } else { 0.0 };
        }
        if shared > 0.0 { (shared / (sum(one) * sum(other)).sqrt()).min(1.0) } else { 0.0 }
    }
}
