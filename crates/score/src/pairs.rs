//! Labelled pairs.

use std::collections::{BTreeMap, BTreeSet};

use crate::score::{Score, Table, members, pairs_of, pairs_within};

/// The label of a pair of articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// `R`: must fold.
    Reprint,
    /// `P`: may fold, and is not counted.
    Partial,
}

/// Two articles by number, the smaller first.
pub type Pair = (usize, usize);

/// Pairs with their labels and kinds, such as `base+exact`. A pair without a label must not fold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pairs(pub BTreeMap<Pair, (Label, String)>);

impl Pairs {
    /// The number of pairs with `label`.
    #[must_use]
    pub fn count(&self, label: Label) -> usize {
        self.0.values().filter(|(found, _)| *found == label).count()
    }

    /// Scores the story of each article: `R` pairs must fold, `P` pairs may, no other pair must.
    #[must_use]
    pub fn score(&self, stories: &[usize]) -> Score {
        let mut score = Score::default();
        let mut labelled = 0;
        for ((a, b), (label, kind)) in &self.0 {
            let folds = usize::from(stories[*a] == stories[*b]);
            labelled += folds;
            if *label == Label::Reprint {
                score.found += folds;
                score.missed += 1 - folds;
                let share = score.kinds.entry(kind.clone()).or_default();
                share.part += folds;
                share.whole += 1;
            }
        }
        let folded = pairs_within(members(stories).values().map(Vec::len));
        score.false_folds = folded - labelled;
        let (groups, counted) = self.groups(stories.len());
        let table = Table::count(counted.iter().map(|at| (groups[*at], stories[*at])));
        score.rand_index = table.rand_index();
        (score.b_cubed_precision, score.b_cubed_recall) = table.b_cubed();
        score
    }

    /// The `R` pairs in two stories with their kinds, in order.
    pub fn missed<'a>(
        &'a self,
        stories: &'a [usize],
    ) -> impl Iterator<Item = (Pair, String)> + use<'a> {
        let apart = |((a, b), (label, _)): &(&Pair, &(Label, String))| {
            *label == Label::Reprint && stories[*a] != stories[*b]
        };
        self.0.iter().filter(apart).map(|(pair, (_, kind))| (*pair, kind.clone()))
    }

    /// The first pairs without a label in one story, at most `most`.
    #[must_use]
    pub fn false_folds(&self, stories: &[usize], most: usize) -> Vec<Pair> {
        let members = members(stories);
        let pairs = members.values().flat_map(|list| pairs_of(list));
        pairs.filter(|pair| !self.0.contains_key(pair)).take(most).collect()
    }

    /// For each article, the group that `R` pairs connect it to. Also the articles that certainly
    /// belong to a group: an article with only `P` labels may be in a story or not, and is left out
    /// of figures over groups.
    fn groups(&self, articles: usize) -> (Vec<usize>, Vec<usize>) {
        let mut parents: Vec<usize> = (0..articles).collect();
        let (mut certain, mut partial) = (BTreeSet::new(), BTreeSet::new());
        for ((a, b), (label, _)) in &self.0 {
            if *label == Label::Partial {
                partial.extend([*a, *b]);
                continue;
            }
            certain.extend([*a, *b]);
            let (one, other) = (root(&mut parents, *a), root(&mut parents, *b));
            parents[one.max(other)] = one.min(other);
        }
        let groups = (0..articles).map(|at| root(&mut parents, at)).collect();
        let is_in = |at: &usize| certain.contains(at) || !partial.contains(at);
        (groups, (0..articles).filter(is_in).collect())
    }
}

/// The first of the articles that an article is connected to. Shortens the path on the way.
fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Share;

    /// Articles 0, 1, 2 are one text, 3 is a part of it, 4 and 5 are unrelated.
    fn pairs() -> Pairs {
        let label = |a, b, label, kind: &str| ((a, b), (label, kind.to_owned()));
        Pairs(BTreeMap::from([
            label(0, 1, Label::Reprint, "base+exact"),
            label(0, 2, Label::Reprint, "base+mix"),
            label(1, 2, Label::Reprint, "exact+mix"),
            label(0, 3, Label::Partial, "brief"),
        ]))
    }

    #[test]
    fn counts_pairs_by_hand() {
        // 0 with 1 is right, 0 with 3 does not count, 1 with 3 and 4 with 5 are wrong.
        let stories = [7, 7, 8, 7, 9, 9];
        let score = pairs().score(&stories);
        assert_eq!((score.found, score.false_folds, score.missed), (1, 2, 2));
        assert_eq!(score.kinds["base+exact"], Share { part: 1, whole: 1 });
        assert_eq!(score.kinds["base+mix"], Share { part: 0, whole: 1 });
        assert!((score.precision() - 1.0 / 3.0).abs() < 1e-12);
        assert!((score.recall() - 1.0 / 3.0).abs() < 1e-12);
        assert!((score.f1() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(pairs().false_folds(&stories, 9), [(1, 3), (4, 5)]);
        assert_eq!(pairs().false_folds(&stories, 1), [(1, 3)]);
        let missed: Vec<(Pair, String)> = pairs().missed(&stories).collect();
        assert_eq!(missed[1], ((1, 2), "exact+mix".to_owned()));
        // Without 3: ten pairs, of which 3 are true, 2 found and 1 both.
        let expected = 3.0 * 2.0 / 10.0;
        assert!((score.rand_index - (1.0 - expected) / (2.5 - expected)).abs() < 1e-12);
    }

    #[test]
    fn a_correct_result_scores_one() {
        let score = pairs().score(&[0, 0, 0, 0, 1, 2]);
        // The brief's pairs with 1 and 2 have no label, so they count as false folds.
        assert_eq!((score.found, score.false_folds, score.missed), (3, 2, 0));
        assert!((score.rand_index - 1.0).abs() < 1e-12);
        assert!((score.b_cubed_f1() - 1.0).abs() < 1e-12);
    }
}
