//! Measures generated sets with seeds that were never used to choose a threshold: the product at arrival for
//! each seed, and its errors by archetype.

use std::collections::BTreeMap;

use wirefold_score::{Label, Pair, Score, Share};

use super::exam::{Method, Run, decimals, side_by_side};
use super::set;
use super::set::LabelledSet;
use crate::table::Table;

/// The seeds. They were written down before anything was measured on them, and nothing is tuned to them.
const SEEDS: [u64; 5] = [101, 202, 303, 404, 505];
/// The most false folds that are listed for one set.
const MOST_LISTED: usize = 100_000;

/// The result of one set in file order.
#[derive(Debug, Clone)]
struct Outcome {
    seed: u64,
    documents: usize,
    at_arrival: Score,
    at_end: Score,
}

/// The results of all sets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unseen {
    outcomes: Vec<Outcome>,
    archetypes: BTreeMap<String, Counts>,
}

/// The counts of pairs of one kind at arrival, over all sets.
#[derive(Debug, Clone, Default, PartialEq)]
struct Counts {
    /// Pairs that must fold.
    must: usize,
    /// Those of them in two stories.
    missed: usize,
    /// Pairs that are wrongly in one story.
    wrong: usize,
    /// One of those as an example.
    example: String,
}

impl Unseen {
    /// Runs the product over sets of this many articles.
    pub(crate) fn examine(articles: u64) -> Unseen {
        let examined = side_by_side(&SEEDS, |seed| {
            let set = set::set_of(*seed, articles);
            let order: Vec<usize> = (0..set.docs.len()).collect();
            let run = Method::Passages.run(&set, &order);
            (set, run)
        });
        let mut unseen = Unseen::default();
        for (seed, (set, run)) in SEEDS.into_iter().zip(examined) {
            unseen.add(seed, &set, &run);
        }
        unseen
    }

    fn add(&mut self, seed: u64, set: &LabelledSet, run: &Run) {
        let must = set.labels.0.iter().filter(|(_, (label, _))| *label == Label::Reprint);
        for (_, (_, kinds)) in must {
            self.of(kinds).must += 1;
        }
        let name = |(a, b): Pair| format!("{seed}: `{}`, `{}`", set.docs[a].id, set.docs[b].id);
        for (pair, kinds) in set.labels.missed(&run.at_arrival) {
            let counts = self.of(&kinds);
            counts.missed += 1;
            counts.example = name(pair);
        }
        for pair in set.labels.false_folds(&run.at_arrival, MOST_LISTED) {
            let mut kinds = [pair.0, pair.1].map(|number| set.docs[number].kind());
            kinds.sort_unstable_by_key(|its| (*its != "base", *its));
            let counts = self.of(&kinds.join("+"));
            counts.wrong += 1;
            counts.example = name(pair);
        }
        let at_arrival = set.labels.score(&run.at_arrival);
        let at_end = set.labels.score(&run.at_end);
        self.outcomes.push(Outcome { seed, documents: set.docs.len(), at_arrival, at_end });
    }

    fn of(&mut self, kinds: &str) -> &mut Counts {
        self.archetypes.entry(kinds.to_owned()).or_default()
    }

    /// A row for each seed.
    pub(crate) fn table(&self) -> Table {
        let head = [
            "seed", "documents", "right", "false", "missed", "precision", "recall",
            "precision, final", "recall, final",
        ];
        let mut cells = Table::new(&head);
        for Outcome { seed, documents, at_arrival, at_end } in &self.outcomes {
            let counts = [at_arrival.found, at_arrival.false_folds, at_arrival.missed];
            let counts = [*documents].into_iter().chain(counts).map(|count| count.to_string());
            let shares = [at_arrival, at_end].map(|its| [its.precision(), its.recall()]);
            let shares = shares.into_iter().flatten().map(decimals);
            cells.row([seed.to_string()].into_iter().chain(counts).chain(shares));
        }
        cells
    }

    /// The kinds of pairs with an error, those with most errors first.
    pub(crate) fn errors(&self) -> Table {
        let head = ["pairs of", "must fold", "missed", "recall", "false", "for example"];
        let mut cells = Table::new(&head);
        let wrong = self.archetypes.iter().filter(|(_, its)| its.missed + its.wrong > 0);
        let mut wrong: Vec<(&String, &Counts)> = wrong.collect();
        wrong.sort_by_key(|(kinds, its)| (std::cmp::Reverse(its.missed + its.wrong), *kinds));
        for (kinds, counts) in wrong {
            let Counts { must, missed, wrong: folded, example } = counts;
            let recall = Share { part: must - missed, whole: *must };
            cells.row([
                format!("`{kinds}`"),
                must.to_string(),
                missed.to_string(),
                if *must > 0 { decimals(recall.value()) } else { "none".to_owned() },
                folded.to_string(),
                example.clone(),
            ]);
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use wirefold_score::Pairs;

    use super::super::set::Doc;
    use super::*;

    #[test]
    fn errors_are_counted_by_the_kinds_of_a_pair() {
        let doc = |id: &str| Doc { id: id.into(), ..Doc::default() };
        let docs = ["1-base", "2-exact", "3-video", "4-exact"].map(doc).to_vec();
        let must = |a, b| ((a, b), (Label::Reprint, "base+exact".to_owned()));
        let labels = Pairs([must(0, 1), must(0, 3)].into());
        let set = LabelledSet { name: "made".into(), docs, labels };
        let stories = vec![0, 0, 0, 3];
        let run = Run { at_arrival: stories.clone(), at_end: stories, ..Run::default() };
        let mut unseen = Unseen::default();
        unseen.add(7, &set, &run);
        let table = unseen.table().markdown();
        assert!(table.contains("| 7 | 4 | 1 | 2 | 1 | 0.3333 | 0.5000 |"), "{table}");
        let errors = unseen.errors().markdown();
        assert!(errors.contains("| `base+exact` | 2 | 1 | 0.5000 | 0 |"), "{errors}");
        assert!(errors.contains("| `base+video` | 0 | 0 | none | 1 |"), "{errors}");
        assert!(errors.contains("| `exact+video` | 0 | 0 | none | 1 |"), "{errors}");
    }
}
