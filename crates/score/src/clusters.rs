//! Labelled clusters.

use std::collections::{BTreeMap, BTreeSet};

use crate::pairs::Pair;
use crate::score::{Score, Share, Table, members, pairs_of};

/// The cluster of each article by number. Articles without a cluster are left out of all figures.
/// All articles of one cluster must fold, and no others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Clusters {
    /// The number of each article's cluster.
    pub of: Vec<Option<usize>>,
    /// The kind of each cluster, if given.
    pub kinds: BTreeMap<usize, String>,
    /// Pairs of two clusters that may be one. They are not counted, in one story or not.
    pub unsure: BTreeSet<Pair>,
}

impl Clusters {
    /// The number of pairs that must fold.
    #[must_use]
    pub fn pairs(&self) -> usize {
        Table::count(self.of.iter().flatten().map(|cluster| (*cluster, 0))).pairs().0
    }

    /// Scores the story of each article.
    #[must_use]
    pub fn score(&self, stories: &[usize]) -> Score {
        let table = Table::count(self.labelled(stories));
        let (true_pairs, folded, found) = table.pairs();
        let (b_cubed_precision, b_cubed_recall) = table.b_cubed();
        Score {
            found,
            false_folds: folded - found - self.unsure_together(stories),
            missed: true_pairs - found,
            kinds: self.by_kind(stories),
            rand_index: table.rand_index(),
            b_cubed_precision,
            b_cubed_recall,
        }
    }

    /// Pairs of one cluster in two stories, at most `most`, with the kind of cluster.
    #[must_use]
    pub fn missed(&self, stories: &[usize], most: usize) -> Vec<(Pair, String)> {
        let mut clusters: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (article, cluster) in self.of.iter().enumerate() {
            if let Some(cluster) = cluster {
                clusters.entry(*cluster).or_default().push(article);
            }
        }
        let kind = |cluster: &usize| self.kinds.get(cluster).cloned().unwrap_or_default();
        let all = clusters
            .iter()
            .flat_map(|(cluster, list)| pairs_of(list).map(move |pair| (pair, cluster)));
        let apart = |((a, b), _): &(Pair, &usize)| stories[*a] != stories[*b];
        all.filter(apart).take(most).map(|(pair, cluster)| (pair, kind(cluster))).collect()
    }

    /// Pairs of two clusters in one story, at most `most`.
    #[must_use]
    pub fn false_folds(&self, stories: &[usize], most: usize) -> Vec<Pair> {
        let members = members(stories);
        let wrong = |pair: &Pair| self.are_in_two_clusters(*pair) && !self.unsure.contains(pair);
        members.values().flat_map(|list| pairs_of(list)).filter(wrong).take(most).collect()
    }

    fn unsure_together(&self, stories: &[usize]) -> usize {
        let is_together =
            |pair: &&Pair| stories[pair.0] == stories[pair.1] && self.are_in_two_clusters(**pair);
        self.unsure.iter().filter(is_together).count()
    }

    /// Whether two articles are in different clusters.
    fn are_in_two_clusters(&self, (a, b): Pair) -> bool {
        self.of[a].zip(self.of[b]).is_some_and(|(one, other)| one != other)
    }

    fn labelled<'a>(&'a self, stories: &'a [usize]) -> impl Iterator<Item = (usize, usize)> {
        self.of.iter().zip(stories).filter_map(|(cluster, story)| Some(((*cluster)?, *story)))
    }

    /// The pairs that must fold, by the kind of their cluster, if it has one.
    fn by_kind(&self, stories: &[usize]) -> BTreeMap<String, Share> {
        let mut kinds: BTreeMap<String, Share> = BTreeMap::new();
        let mut by_cluster: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for (cluster, story) in self.labelled(stories) {
            by_cluster.entry(cluster).or_default().push((cluster, story));
        }
        for (cluster, articles) in by_cluster {
            let Some(kind) = self.kinds.get(&cluster) else { continue };
            let (whole, _, part) = Table::count(articles).pairs();
            let share = kinds.entry(kind.clone()).or_default();
            share.part += part;
            share.whole += whole;
        }
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_pairs_by_hand() {
        let clusters = Clusters {
            of: vec![Some(1), Some(1), Some(1), Some(2), None],
            kinds: [(1, "wire".to_owned())].into(),
            ..Clusters::default()
        };
        // 0 with 1 is right; 2 is missed by both; 2 with 3 is wrong; 4 does not count.
        let stories = [0, 0, 2, 2, 2];
        let score = clusters.score(&stories);
        assert_eq!((score.found, score.false_folds, score.missed), (1, 1, 2));
        assert_eq!(score.kinds["wire"], Share { part: 1, whole: 3 });
        assert_eq!(clusters.false_folds(&stories, 9), [(2, 3)]);
        let wire = |pair| (pair, "wire".to_owned());
        assert_eq!(clusters.missed(&stories, 9), [wire((0, 2)), wire((1, 2))]);
        assert_eq!((clusters.missed(&stories, 1).len(), clusters.pairs()), (1, 3));
    }

    #[test]
    fn unsure_pairs_are_not_counted() {
        let of = [1, 1, 2, 3].map(Some).to_vec();
        // 0 with 3 is unsure and in one story, 1 with 2 is unsure and in two, 0 with 1 is certain.
        let unsure = BTreeSet::from([(0, 1), (0, 3), (1, 2)]);
        let clusters = Clusters { of, unsure, ..Clusters::default() };
        let score = clusters.score(&[0, 0, 2, 0]);
        assert_eq!((score.found, score.false_folds, score.missed), (1, 1, 0));
        assert_eq!(clusters.false_folds(&[0, 0, 2, 0], 9), [(1, 3)]);
    }

    proptest::proptest! {
        /// The sums over sizes agree with counting every pair.
        #[test]
        fn sums_agree_with_every_pair(
            articles in proptest::collection::vec((0_usize..4, 0_usize..4), 0..30),
        ) {
            let of = articles.iter().map(|(cluster, _)| Some(*cluster)).collect();
            let stories: Vec<usize> = articles.iter().map(|(_, story)| *story).collect();
            let clusters = Clusters { of, ..Clusters::default() };
            let score = clusters.score(&stories);
            proptest::prop_assert_eq!(score.missed, clusters.missed(&stories, usize::MAX).len());
            let wrong = clusters.false_folds(&stories, usize::MAX).len();
            proptest::prop_assert_eq!(score.false_folds, wrong);
            proptest::prop_assert_eq!(score.found + score.missed, clusters.pairs());
        }
    }
}
