//! The scores, and the sums that both kinds of labels share.

use std::collections::BTreeMap;

/// Right and wrong pairs, and the similarity of the two groupings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// Pairs that are correctly in one story.
    pub found: usize,
    /// Pairs in one story that must not be.
    pub false_folds: usize,
    /// Pairs in two stories that must be in one.
    pub missed: usize,
    /// The pairs that must be in one story, by kind.
    pub kinds: BTreeMap<String, Share>,
    /// The adjusted Rand index (Hubert and Arabie 1985) of the stories against the labelled groups:
    /// 1 for the same grouping, about 0 for chance.
    pub rand_index: f64,
    /// B-cubed precision (Bagga and Baldwin 1998): the mean over articles of the share of their story
    /// that belongs to their group, 0 to 1.
    pub b_cubed_precision: f64,
    /// B-cubed recall: the mean over articles of the share of their group that is in their story.
    pub b_cubed_recall: f64,
}

/// A counted part of a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// The size of the part.
    pub part: usize,
    /// The size of the whole.
    pub whole: usize,
}

impl Share {
    /// The share, 0 to 1. It is 1 if the whole is empty.
    #[must_use]
    pub fn value(self) -> f64 {
        if self.whole == 0 { 1.0 } else { self.part as f64 / self.whole as f64 }
    }
}

impl Score {
    /// Share of the counted folds that are right, 0 to 1.
    #[must_use]
    pub fn precision(&self) -> f64 {
        Share { part: self.found, whole: self.found + self.false_folds }.value()
    }

    /// Share of the pairs that must fold that did, 0 to 1.
    #[must_use]
    pub fn recall(&self) -> f64 {
        Share { part: self.found, whole: self.found + self.missed }.value()
    }

    /// The harmonic mean of precision and recall, 0 to 1.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let wrong = self.false_folds + self.missed;
        Share { part: 2 * self.found, whole: 2 * self.found + wrong }.value()
    }

    /// The harmonic mean of B-cubed precision and recall, 0 to 1.
    #[must_use]
    pub fn b_cubed_f1(&self) -> f64 {
        let sum = self.b_cubed_precision + self.b_cubed_recall;
        if sum == 0.0 { 0.0 } else { 2.0 * self.b_cubed_precision * self.b_cubed_recall / sum }
    }
}

/// The contingency table of two groupings of the same articles, from which all cluster figures are
/// computed.
#[derive(Debug, Default)]
pub(crate) struct Table {
    articles: usize,
    groups: BTreeMap<usize, usize>,
    stories: BTreeMap<usize, usize>,
    both: BTreeMap<(usize, usize), usize>,
}

impl Table {
    /// Counts articles, each by its labelled group and its story.
    pub(crate) fn count(articles: impl IntoIterator<Item = (usize, usize)>) -> Table {
        let mut table = Table::default();
        for (group, story) in articles {
            table.articles += 1;
            *table.groups.entry(group).or_default() += 1;
            *table.stories.entry(story).or_default() += 1;
            *table.both.entry((group, story)).or_default() += 1;
        }
        table
    }

    /// Pairs in one group, in one story, and in both.
    pub(crate) fn pairs(&self) -> (usize, usize, usize) {
        let within = |sizes: &mut dyn Iterator<Item = &usize>| pairs_within(sizes.copied());
        let groups = within(&mut self.groups.values());
        (groups, within(&mut self.stories.values()), within(&mut self.both.values()))
    }

    pub(crate) fn rand_index(&self) -> f64 {
        let (groups, stories, both) = self.pairs();
        let all = pairs_within([self.articles]);
        let expected = groups as f64 * stories as f64 / all.max(1) as f64;
        let most = (groups + stories) as f64 / 2.0;
        if most == expected { 1.0 } else { (both as f64 - expected) / (most - expected) }
    }

    /// Precision and recall of B-cubed. Both are 1 if there are no articles.
    pub(crate) fn b_cubed(&self) -> (f64, f64) {
        if self.articles == 0 {
            return (1.0, 1.0);
        }
        let (mut precision, mut recall) = (0.0, 0.0);
        for ((group, story), count) in &self.both {
            let squared = (count * count) as f64;
            precision += squared / self.stories[story] as f64;
            recall += squared / self.groups[group] as f64;
        }
        (precision / self.articles as f64, recall / self.articles as f64)
    }
}

/// The number of pairs in groups of these sizes.
pub(crate) fn pairs_within(sizes: impl IntoIterator<Item = usize>) -> usize {
    sizes.into_iter().map(|size| size * size.saturating_sub(1) / 2).sum()
}

/// The articles of each story, in order, by the story's number.
pub(crate) fn members(stories: &[usize]) -> BTreeMap<usize, Vec<usize>> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (article, story) in stories.iter().enumerate() {
        members.entry(*story).or_default().push(article);
    }
    members
}

/// All pairs of a list, in its order.
pub(crate) fn pairs_of(list: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    let from = move |(at, a): (usize, &'_ usize)| {
        let a = *a;
        list[at + 1..].iter().map(move |b| (a, *b))
    };
    list.iter().enumerate().flat_map(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groupings_agree_with_counting_by_hand() {
        // Groups {0 1 2} {3 4}; stories {0 1} {2 3 4}.
        let table = Table::count([(0, 0), (0, 0), (0, 2), (3, 2), (3, 2)]);
        assert_eq!(table.pairs(), (4, 4, 2));
        // Expected 4 × 4 / 10 = 1.6 of at most 4.
        assert!((table.rand_index() - 0.4 / 2.4).abs() < 1e-12);
        // Precision: 0 and 1 have 2/2, 2 has 1/3, 3 and 4 have 2/3.
        let (precision, recall) = table.b_cubed();
        assert!((precision - (2.0 + 1.0 / 3.0 + 4.0 / 3.0) / 5.0).abs() < 1e-12);
        // Recall: 0 and 1 have 2/3, 2 has 1/3, 3 and 4 have 2/2.
        assert!((recall - (4.0 / 3.0 + 1.0 / 3.0 + 2.0) / 5.0).abs() < 1e-12);
    }

    #[test]
    fn an_empty_result_scores_one() {
        let table = Table::count([]);
        assert_eq!((table.rand_index(), table.b_cubed()), (1.0, (1.0, 1.0)));
        assert!((Score::default().f1() - 1.0).abs() < 1e-12);
    }
}
