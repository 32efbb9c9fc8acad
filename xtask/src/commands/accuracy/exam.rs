//! An examination: one method on one set in many orders of arrival.

use std::collections::BTreeMap;

use wirefold_dedup::Evidence;
use wirefold_score::{Pair, Score};

use super::method::{Method, Run};
use super::parallel::side_by_side;
use super::set::LabelledSet;

/// The result of one order.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The stories and events of the method.
    pub(crate) run: Run,
    /// The score of the stories at arrival.
    pub(crate) at_arrival: Score,
    /// The score of the stories at the end.
    pub(crate) at_end: Score,
}

/// The results of one method: file order, reversed, and shuffles.
#[derive(Debug, Clone)]
pub(crate) struct Exam {
    /// The method.
    pub(crate) method: Method,
    /// File order first, then reversed, then the shuffles.
    pub(crate) outcomes: Vec<Outcome>,
    /// The orders of the outcomes.
    pub(crate) orders: Vec<Vec<usize>>,
}

/// The figures of a row. Counts may be means.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Figures {
    /// Pairs without a label in one story.
    pub(crate) false_folds: f64,
    /// `R` pairs in two stories.
    pub(crate) missed: f64,
    /// 0 to 1.
    pub(crate) precision: f64,
    /// 0 to 1.
    pub(crate) recall: f64,
    /// 0 to 1.
    pub(crate) f1: f64,
    /// F1 of the final state, 0 to 1.
    pub(crate) at_end: f64,
    /// Adjusted Rand index.
    pub(crate) rand_index: f64,
    /// F1 of B-cubed, 0 to 1.
    pub(crate) b_cubed: f64,
}

impl Figures {
    fn of(outcome: &Outcome) -> Figures {
        let score = &outcome.at_arrival;
        Figures {
            false_folds: score.false_folds as f64,
            missed: score.missed as f64,
            precision: score.precision(),
            recall: score.recall(),
            f1: score.f1(),
            at_end: outcome.at_end.f1(),
            rand_index: score.rand_index,
            b_cubed: score.b_cubed_f1(),
        }
    }

    fn mean(all: &[Figures]) -> Figures {
        let mean = |of: fn(&Figures) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
        Figures {
            false_folds: mean(|its| its.false_folds),
            missed: mean(|its| its.missed),
            precision: mean(|its| its.precision),
            recall: mean(|its| its.recall),
            f1: mean(|its| its.f1),
            at_end: mean(|its| its.at_end),
            rand_index: mean(|its| its.rand_index),
            b_cubed: mean(|its| its.b_cubed),
        }
    }
}

/// Runs a method on a set in file order, reversed, and in `shuffles`.
pub(crate) fn examine(method: Method, set: &LabelledSet, shuffles: u64) -> Exam {
    let orders = set.orders(shuffles);
    let outcome = |order: &Vec<usize>| {
        let run = method.run(set, order);
        let at_arrival = set.labels.score(&run.at_arrival);
        let at_end = set.labels.score(&run.at_end);
        Outcome { run, at_arrival, at_end }
    };
    let outcomes = side_by_side(&orders, outcome);
    Exam { method, outcomes, orders }
}

impl Exam {
    /// The rows of a table: the fixed orders, then the worst (by F1) and the mean of the shuffles.
    pub(crate) fn rows(&self) -> Vec<(String, Figures)> {
        let figures: Vec<Figures> = self.outcomes.iter().map(Figures::of).collect();
        let (fixed, shuffles) = figures.split_at(figures.len().min(2));
        let names = ["file order", "reversed"].map(str::to_owned);
        let mut rows: Vec<(String, Figures)> =
            names.into_iter().zip(fixed.iter().copied()).collect();
        let worst = shuffles.iter().min_by(|a, b| a.f1.total_cmp(&b.f1));
        if let Some(worst) = worst {
            rows.push((format!("worst of {} shuffles", shuffles.len()), *worst));
            rows.push((format!("mean of {} shuffles", shuffles.len()), Figures::mean(shuffles)));
        }
        rows
    }

    /// The figures of the order with the lowest F1.
    pub(crate) fn worst(&self) -> Figures {
        let figures = self.outcomes.iter().map(Figures::of);
        figures.min_by(|a, b| a.f1.total_cmp(&b.f1)).unwrap_or_default()
    }

    /// The outcome in file order.
    pub(crate) fn in_file_order(&self) -> &Outcome {
        self.outcomes.first().expect("file order is always examined")
    }

    /// The lowest recall of a kind over all orders, 0 to 1.
    pub(crate) fn least_recall(&self, kind: &str) -> f64 {
        let shares = self.outcomes.iter().filter_map(|its| its.at_arrival.kinds.get(kind));
        shares.map(|share| share.value()).fold(1.0, f64::min)
    }

    /// The missed pairs of all orders by kind, each with the number of orders that missed it.
    pub(crate) fn missed(&self, set: &LabelledSet) -> BTreeMap<String, BTreeMap<Pair, usize>> {
        let mut missed: BTreeMap<String, BTreeMap<Pair, usize>> = BTreeMap::new();
        for outcome in &self.outcomes {
            for (pair, kind) in set.labels.missed(&outcome.run.at_arrival) {
                *missed.entry(kind).or_default().entry(pair).or_default() += 1;
            }
        }
        missed
    }

    /// The index of the first order that missed a pair, and the pair in its order of arrival.
    fn missing(&self, (a, b): Pair) -> (usize, Pair) {
        let is_missed = |outcome: &Outcome| {
            let stories = &outcome.run.at_arrival;
            stories[a] != stories[b]
        };
        let at = self.outcomes.iter().position(is_missed).unwrap_or_default();
        let place = |number: usize| self.orders[at].iter().position(|other| *other == number);
        (at, if place(a) < place(b) { (a, b) } else { (b, a) })
    }

    /// A pair in the order of arrival in which it was first missed.
    pub(crate) fn first_miss(&self, pair: Pair) -> Pair {
        self.missing(pair).1
    }

    /// The evidence between a pair at the arrival of the later one, in the first order that missed it. `None`
    /// if the two were not compared.
    pub(crate) fn evidence(&self, pair: Pair) -> Option<Evidence> {
        let (at, (earlier, later)) = self.missing(pair);
        let order = &self.orders[at];
        let found = self.outcomes[at].run.evidence.get(later)?;
        found.iter().find(|evidence| order[evidence.doc.index()] == earlier).copied()
    }

    /// The pairs of all orders that are wrongly in one story, by the kinds of both, each with the number of
    /// orders.
    pub(crate) fn false_folds(&self, set: &LabelledSet) -> BTreeMap<String, BTreeMap<Pair, usize>> {
        let mut wrong: BTreeMap<String, BTreeMap<Pair, usize>> = BTreeMap::new();
        for outcome in &self.outcomes {
            for (a, b) in set.labels.false_folds(&outcome.run.at_arrival, MOST_LISTED) {
                let mut kinds = [a, b].map(|number| set.docs[number].kind());
                kinds.sort_unstable();
                let pairs = wrong.entry(kinds.join("+")).or_default();
                *pairs.entry((a, b)).or_default() += 1;
            }
        }
        wrong
    }
}

/// The most false folds that are listed in one order.
const MOST_LISTED: usize = 100_000;

#[cfg(test)]
mod tests {
    use wirefold_score::{Label, Pairs};

    use super::super::set::Doc;
    use super::*;

    #[test]
    fn rows_are_file_order_reversed_worst_and_mean() {
        let doc = |id: &str, text: &str| Doc { id: id.into(), text: text.into(), ..Doc::default() };
        let set = LabelledSet {
            docs: vec![doc("a", "one two"), doc("b", "One, two!"), doc("c", "three")],
            labels: Pairs([((0, 2), (Label::Reprint, "base+mix".to_owned()))].into()),
            ..LabelledSet::default()
        };
        let exam = examine(Method::Exact, &set, 2);
        let rows = exam.rows();
        let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
        let expected = ["file order", "reversed", "worst of 2 shuffles", "mean of 2 shuffles"];
        assert_eq!(names, expected);
        assert!(rows.iter().all(|(_, row)| row.false_folds == 1.0 && row.missed == 1.0));
        assert_eq!(exam.missed(&set)["base+mix"], [((0, 2), 4)].into());
        assert_eq!(exam.false_folds(&set)["a+b"], [((0, 1), 4)].into());
        assert!(exam.least_recall("base+mix") == 0.0 && exam.worst().f1 == 0.0);
    }
}
