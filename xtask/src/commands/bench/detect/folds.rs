//! How right a method was, by pairs of articles.

use std::collections::HashMap;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

/// Pairs of articles that are one text, that were held for one, and that are both.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Folds {
    true_pairs: u64,
    folded: u64,
    right: u64,
}

impl Folds {
    /// Counts the pairs, given for each article whose text it has and the story it was given.
    pub(super) fn count(articles: &[(u32, u32)]) -> Folds {
        Folds {
            true_pairs: pairs(articles.iter().map(|(family, _)| family)),
            folded: pairs(articles.iter().map(|(_, story)| story)),
            right: pairs(articles.iter()),
        }
    }

    pub(super) fn precision(&self) -> f64 {
        share(self.right, self.folded)
    }

    pub(super) fn recall(&self) -> f64 {
        share(self.right, self.true_pairs)
    }

    /// The harmonic mean of both.
    pub(super) fn f1(&self) -> f64 {
        share(2 * self.right, self.folded + self.true_pairs)
    }
}

/// How many pairs of equals there are.
fn pairs<K: Eq + Hash>(keys: impl Iterator<Item = K>) -> u64 {
    let mut counts: HashMap<K, u64> = HashMap::new();
    keys.for_each(|key| *counts.entry(key).or_default() += 1);
    counts.values().map(|count| count * (count - 1) / 2).sum()
}

/// Of nothing, all is right.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_as_by_hand() {
        // Three of one text, two of which were folded, and one of them with a stranger.
        let folds = Folds::count(&[(1, 1), (1, 1), (1, 3), (2, 1)]);
        assert_eq!((folds.true_pairs, folds.folded, folds.right), (3, 3, 1));
        assert!((folds.precision() - 1.0 / 3.0).abs() < 1e-9);
        assert!((folds.f1() - 1.0 / 3.0).abs() < 1e-9);
        assert!((Folds::count(&[]).recall() - 1.0).abs() < 1e-9);
    }
}
