//! Counts how many pairs of a set were put together rightly, wrongly and not at all.

use wirefold_score::{Label, Pair};

use super::set::LabelledSet;

/// Counts of the pairs of a set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PairCounts {
    pub(super) right: usize,
    pub(super) wrong: usize,
    pub(super) missed: usize,
}

impl PairCounts {
    /// Counts the pairs for which `counts` is true.
    pub(super) fn of(
        set: &LabelledSet,
        stories: &[usize],
        counts: impl Fn(&Pair) -> bool,
    ) -> PairCounts {
        let is_reprint = |(_, (label, _)): &(&Pair, &(Label, String))| *label == Label::Reprint;
        let reprints = set.labels.0.iter().filter(is_reprint).map(|(pair, _)| pair);
        let (right, missed): (Vec<&Pair>, Vec<&Pair>) =
            reprints.filter(|pair| counts(pair)).partition(|(a, b)| stories[*a] == stories[*b]);
        let wrong = set.labels.false_folds(stories, usize::MAX);
        let wrong = wrong.iter().filter(|pair| counts(pair)).count();
        PairCounts { right: right.len(), wrong, missed: missed.len() }
    }
}
