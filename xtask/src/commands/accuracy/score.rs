//! Scores: pairs with the same story against the labels.

use std::collections::{BTreeMap, BTreeSet};

use super::set::{Label, LabelledSet, Pair};

/// Pairs right and wrong: `R` pairs must fold, `P` pairs may, no other pair must.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Score {
    /// `R` pairs in one story.
    pub(crate) found: usize,
    /// Pairs in one story that have no label.
    pub(crate) false_folds: usize,
    /// `R` pairs in two stories.
    pub(crate) missed: usize,
    /// `R` pairs by kind.
    pub(crate) kinds: BTreeMap<String, Share>,
    /// The adjusted Rand index of the stories, see [`rand_index`].
    pub(crate) rand_index: f64,
}

/// A part of a whole, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// How many of them.
    pub(crate) part: usize,
    /// How many there are.
    pub(crate) whole: usize,
}

impl Share {
    /// The share, 0 to 1; 1 of nothing.
    pub(crate) fn value(self) -> f64 {
        if self.whole == 0 { 1.0 } else { self.part as f64 / self.whole as f64 }
    }
}

impl Score {
    /// Share of the counted folds that are right, 0 to 1.
    pub(crate) fn precision(&self) -> f64 {
        Share { part: self.found, whole: self.found + self.false_folds }.value()
    }

    /// Share of the `R` pairs that were found, 0 to 1.
    pub(crate) fn recall(&self) -> f64 {
        Share { part: self.found, whole: self.found + self.missed }.value()
    }

    /// The harmonic mean of precision and recall, 0 to 1.
    pub(crate) fn f1(&self) -> f64 {
        let wrong = self.false_folds + self.missed;
        Share { part: 2 * self.found, whole: 2 * self.found + wrong }.value()
    }
}

/// Scores the story of each document of `set`.
pub(crate) fn score(set: &LabelledSet, stories: &[usize]) -> Score {
    let mut score = Score::default();
    let mut labelled = 0;
    for ((a, b), (label, kind)) in &set.labels {
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
    score.false_folds = pairs_within(sizes(stories.iter().copied()).into_values()) - labelled;
    score.rand_index = rand_index(set, stories);
    score
}

/// The `R` pairs in two stories, by kind.
pub(crate) fn missed(set: &LabelledSet, stories: &[usize]) -> BTreeMap<String, Vec<Pair>> {
    let mut missed: BTreeMap<String, Vec<Pair>> = BTreeMap::new();
    for ((a, b), (label, kind)) in &set.labels {
        if *label == Label::Reprint && stories[*a] != stories[*b] {
            missed.entry(kind.clone()).or_default().push((*a, *b));
        }
    }
    missed
}

/// The first pairs without a label in one story, at most `most`.
pub(crate) fn false_folds(set: &LabelledSet, stories: &[usize], most: usize) -> Vec<Pair> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (doc, story) in stories.iter().enumerate() {
        members.entry(*story).or_default().push(doc);
    }
    let pairs = members.values().flat_map(|docs| {
        let from = |(at, a): (usize, &usize)| -> Vec<Pair> {
            docs[at + 1..].iter().map(|b| (*a, *b)).collect()
        };
        docs.iter().enumerate().flat_map(from)
    });
    pairs.filter(|pair| !set.labels.contains_key(pair)).take(most).collect()
}

/// The adjusted Rand index (Hubert and Arabie 1985) of the stories against the groups that `R`
/// pairs connect: 1 for the same grouping, about 0 for chance. Documents whose every label is `P`
/// are left out, since they may stand in a story or not.
fn rand_index(set: &LabelledSet, stories: &[usize]) -> f64 {
    let (groups, docs) = truth(set);
    let both =
        pairs_within(sizes(docs.iter().map(|doc| (groups[*doc], stories[*doc]))).into_values());
    let true_pairs = pairs_within(sizes(docs.iter().map(|doc| groups[*doc])).into_values());
    let our_pairs = pairs_within(sizes(docs.iter().map(|doc| stories[*doc])).into_values());
    let all = pairs_within([docs.len()]);
    let expected = true_pairs as f64 * our_pairs as f64 / all.max(1) as f64;
    let most = (true_pairs + our_pairs) as f64 / 2.0;
    if most == expected { 1.0 } else { (both as f64 - expected) / (most - expected) }
}

/// The group of each document, and the documents that belong to one for certain.
fn truth(set: &LabelledSet) -> (Vec<usize>, Vec<usize>) {
    let mut parents: Vec<usize> = (0..set.docs.len()).collect();
    let (mut certain, mut partial) = (BTreeSet::new(), BTreeSet::new());
    for ((a, b), (label, _)) in &set.labels {
        if *label == Label::Partial {
            partial.extend([*a, *b]);
            continue;
        }
        certain.extend([*a, *b]);
        let (one, other) = (root(&parents, *a), root(&parents, *b));
        parents[one.max(other)] = one.min(other);
    }
    let groups = (0..parents.len()).map(|doc| root(&parents, doc)).collect();
    let is_in = |doc: &usize| certain.contains(doc) || !partial.contains(doc);
    (groups, (0..parents.len()).filter(is_in).collect())
}

/// The first of the documents that `doc` is connected to.
fn root(parents: &[usize], mut doc: usize) -> usize {
    while parents[doc] != doc {
        doc = parents[doc];
    }
    doc
}

/// How many times each key stands there.
fn sizes<K: Ord>(keys: impl IntoIterator<Item = K>) -> BTreeMap<K, usize> {
    let mut sizes = BTreeMap::new();
    keys.into_iter().for_each(|key| *sizes.entry(key).or_default() += 1);
    sizes
}

fn pairs_within(sizes: impl IntoIterator<Item = usize>) -> usize {
    sizes.into_iter().map(|size| size * size.saturating_sub(1) / 2).sum()
}

#[cfg(test)]
mod tests {
    use super::super::set::Doc;
    use super::*;

    /// Documents 0, 1, 2 are one text, 3 is a part of it, 4 and 5 are strangers.
    fn set() -> LabelledSet {
        let label = |a, b, label, kind: &str| ((a, b), (label, kind.to_owned()));
        LabelledSet {
            name: "made up".to_owned(),
            docs: vec![Doc::default(); 6],
            labels: BTreeMap::from([
                label(0, 1, Label::Reprint, "base+exact"),
                label(0, 2, Label::Reprint, "base+mix"),
                label(1, 2, Label::Reprint, "exact+mix"),
                label(0, 3, Label::Partial, "brief"),
            ]),
        }
    }

    #[test]
    fn counts_pairs_by_hand() {
        // 0 with 1 is right, 0 with 3 does not count, 1 with 3 and 4 with 5 are wrong.
        let stories = [7, 7, 8, 7, 9, 9];
        let score = score(&set(), &stories);
        assert_eq!((score.found, score.false_folds, score.missed), (1, 2, 2));
        assert_eq!(score.kinds["base+exact"], Share { part: 1, whole: 1 });
        assert_eq!(score.kinds["base+mix"], Share { part: 0, whole: 1 });
        assert!((score.precision() - 1.0 / 3.0).abs() < 1e-12);
        assert!((score.recall() - 1.0 / 3.0).abs() < 1e-12);
        assert!((score.f1() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(false_folds(&set(), &stories, 9), [(1, 3), (4, 5)]);
        assert_eq!(missed(&set(), &stories)["exact+mix"], [(1, 2)]);
        // Without 3: ten pairs, of which 3 are true, 2 ours and 1 both.
        let expected = 3.0 * 2.0 / 10.0;
        assert!((score.rand_index - (1.0 - expected) / (2.5 - expected)).abs() < 1e-12);
    }

    #[test]
    fn all_right_is_one() {
        let score = score(&set(), &[0, 0, 0, 0, 1, 2]);
        // The brief's pairs with 1 and 2 have no label, so they count as false folds.
        assert_eq!((score.found, score.false_folds, score.missed), (3, 2, 0));
        assert!((score.rand_index - 1.0).abs() < 1e-12);
    }
}
