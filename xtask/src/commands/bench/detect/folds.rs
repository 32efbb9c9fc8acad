//! The accuracy of a method: by pairs of articles in one story, and by the article with which each was put.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use wirefold_score::{Label, Pair};

/// The number of pairs that must fold, that were folded, and that are both. Pairs that may fold do not count.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Folds {
    must: u64,
    folded: u64,
    right: u64,
}

impl Folds {
    /// Counts the pairs, given the story of each article and the labelled pairs.
    pub(super) fn count(stories: &[u32], labels: impl Iterator<Item = (Pair, Label)>) -> Folds {
        let mut counts: HashMap<u32, u64> = HashMap::new();
        stories.iter().for_each(|story| *counts.entry(*story).or_default() += 1);
        let mut folds = Folds {
            folded: counts.values().map(|count| count * (count - 1) / 2).sum(),
            ..Folds::default()
        };
        for ((a, b), label) in labels {
            let is_folded = u64::from(stories[a] == stories[b]);
            match label {
                Label::Reprint => {
                    folds.must += 1;
                    folds.right += is_folded;
                }
                Label::Partial => folds.folded -= is_folded,
            }
        }
        folds
    }

    pub(super) fn precision(&self) -> f64 {
        share(self.right, self.folded)
    }

    pub(super) fn recall(&self) -> f64 {
        share(self.right, self.must)
    }

    /// The harmonic mean of both.
    pub(super) fn f1(&self) -> f64 {
        share(2 * self.right, self.folded + self.must)
    }
}

/// The number of articles that have their text from an earlier one, that were put with an earlier one, and
/// that were put with one of the same text.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct NamedCounts {
    reprints: u64,
    named: u64,
    right: u64,
}

impl NamedCounts {
    /// Counts the article at an index, whose text is that of `root`. `roots` has those of all articles before
    /// it.
    pub(super) fn count(&mut self, place: usize, named: Option<u32>, root: u64, roots: &[u64]) {
        self.reprints += u64::from(root != place as u64);
        self.named += u64::from(named.is_some());
        let is_right = named.is_some_and(|other| roots.get(other as usize) == Some(&root));
        self.right += u64::from(is_right);
    }

    pub(super) fn precision(&self) -> f64 {
        share(self.right, self.named)
    }

    pub(super) fn recall(&self) -> f64 {
        share(self.right, self.reprints)
    }
}

/// The share, or 1 of nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_put_with_a_stranger_counts_against_precision() {
        let (mut names, roots) = (NamedCounts::default(), [0, 1, 0, 1]);
        let named = [None, Some(0), Some(0), None];
        for (place, other) in named.into_iter().enumerate() {
            names.count(place, other, roots[place], &roots[..place]);
        }
        assert!((names.precision() - 0.5).abs() < 1e-9, "the second is no reprint");
        assert!((names.recall() - 0.5).abs() < 1e-9, "the last is one and was not found");
    }

    #[test]
    fn pairs_are_counted_as_by_hand() {
        // The first three are one text, and two of them were folded. The last may be with the first.
        let must = [(0, 1), (0, 2), (1, 2)].map(|pair| (pair, Label::Reprint));
        let may = [((0, 3), Label::Partial)];
        let folds = Folds::count(&[1, 1, 3, 1], must.into_iter().chain(may));
        assert_eq!((folds.must, folds.folded, folds.right), (3, 2, 1));
        assert!((folds.precision() - 0.5).abs() < 1e-9);
        assert!((folds.f1() - 0.4).abs() < 1e-9);
        assert!((Folds::count(&[], [].into_iter()).recall() - 1.0).abs() < 1e-9);
    }
}
