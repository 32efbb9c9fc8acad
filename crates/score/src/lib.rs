//! Compares the result of a detector with labels: precision, recall, F1, the adjusted Rand index,
//! B-cubed, and the wrong pairs.
//!
//! The input is a file of labels and one story number for each article. The result is scores and
//! problems. The crate uses neither the detector nor texts: articles are numbers in the order of
//! the caller. It has no I/O and no clock. Problems of a label file are return values with their
//! lines.
//!
//! ```
//! use wirefold_score::{Group, Labels, read};
//!
//! let file = read("a\tb\tR\na\tc\tR\n", Group::Story);
//! let numbers = [("a", 0), ("b", 1), ("c", 2), ("d", 3)].into();
//! let (labels, problems) = file.resolve(&numbers);
//! // The detector folded a with b, and c with d.
//! let score = labels.score(&[0, 0, 2, 2]);
//! assert_eq!((score.found, score.missed, score.false_folds), (1, 1, 1));
//! assert!(problems.is_empty() && matches!(labels, Labels::Pairs(_)));
//! ```

mod clusters;
mod order;
mod pairs;
mod random;
mod read;
mod score;

use std::collections::BTreeSet;

pub use clusters::Clusters;
pub use order::{Order, UnknownOrder};
pub use pairs::{Label, Pair, Pairs};
pub use random::Random;
pub use read::{File, Group, Problem, Shape, read, unsure};
pub use score::{Score, Share};

/// The labels of articles, by number.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels {
    /// Labelled pairs.
    Pairs(Pairs),
    /// The cluster of each article.
    Clusters(Clusters),
}

impl Labels {
    /// Excludes pairs from all counts, in one story or not.
    pub fn leave_out(&mut self, unsure: BTreeSet<Pair>) {
        match self {
            Labels::Pairs(Pairs(pairs)) => {
                for pair in unsure {
                    pairs.entry(pair).or_insert((Label::Partial, String::new()));
                }
            }
            Labels::Clusters(clusters) => clusters.unsure.extend(unsure),
        }
    }

    /// Scores the story of each article.
    #[must_use]
    pub fn score(&self, stories: &[usize]) -> Score {
        match self {
            Labels::Pairs(pairs) => pairs.score(stories),
            Labels::Clusters(clusters) => clusters.score(stories),
        }
    }

    /// Pairs that must fold and are in two stories, with their kind, at most `most`.
    #[must_use]
    pub fn missed(&self, stories: &[usize], most: usize) -> Vec<(Pair, String)> {
        match self {
            Labels::Pairs(pairs) => pairs.missed(stories).take(most).collect(),
            Labels::Clusters(clusters) => clusters.missed(stories, most),
        }
    }

    /// Pairs that must not fold and are in one story, at most `most`.
    #[must_use]
    pub fn false_folds(&self, stories: &[usize], most: usize) -> Vec<Pair> {
        match self {
            Labels::Pairs(pairs) => pairs.false_folds(stories, most),
            Labels::Clusters(clusters) => clusters.false_folds(stories, most),
        }
    }

    /// The number of pairs that must fold, and the number that may fold or are unsure.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        match self {
            Labels::Pairs(pairs) => (pairs.count(Label::Reprint), pairs.count(Label::Partial)),
            Labels::Clusters(clusters) => (clusters.pairs(), clusters.unsure.len()),
        }
    }
}
