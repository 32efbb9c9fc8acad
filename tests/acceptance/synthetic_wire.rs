//! A labelled set of edited reprints, `../shared/suites/synthetic-wire`.
//!
//! Pairs labelled `R` must fold, pairs labelled `P` may, and no other pair may.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::stream::{Article, Judged, Pair, folds};
use super::{orders, say, shared};

/// A line of docs.jsonl.
#[derive(Deserialize)]
struct Doc {
    id: String,
    host: String,
    text: String,
}

struct Set {
    articles: Vec<Article>,
    reprints: BTreeSet<Pair>,
    partial: BTreeSet<Pair>,
}

impl Set {
    fn read() -> Option<Set> {
        let folder = shared("suites/synthetic-wire")?;
        let read = |name: &str| {
            std::fs::read_to_string(folder.join(name)).expect("../shared holds synthetic-wire")
        };
        let docs = read("docs.jsonl");
        let read_article = |line: &str| {
            let doc: Doc = serde_json::from_str(line).expect("a line of docs.jsonl");
            Article { id: doc.id, outlet: Some(doc.host), text: doc.text, ..Article::default() }
        };
        let articles: Vec<Article> = docs.lines().map(read_article).collect();
        let number: BTreeMap<&str, usize> =
            articles.iter().enumerate().map(|(at, article)| (article.id.as_str(), at)).collect();
        let (mut reprints, mut partial) = (BTreeSet::new(), BTreeSet::new());
        for line in read("labels.tsv").lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let (a, b) = (number[fields[0]], number[fields[1]]);
            let list = if fields[2] == "R" { &mut reprints } else { &mut partial };
            list.insert((a.min(b), a.max(b)));
        }
        Some(Set { articles, reprints, partial })
    }

    /// Scores the stories at arrival in one order and prints the result.
    fn score(&self, what: &str, order: &[usize]) -> Score {
        let judged = Judged::new(&self.articles, order);
        let at_arrival = self.count(&folds(&judged.arrival));
        let at_end = self.count(&folds(&judged.at_end));
        say(format_args!(
            "synthetic-wire, {what}: {} false folds, recall {:.4}, F1 {:.4} (in the end {:.4})",
            at_arrival.wrong,
            at_arrival.recall(),
            at_arrival.f1(),
            at_end.f1()
        ));
        at_arrival
    }

    fn count(&self, folds: &BTreeSet<Pair>) -> Score {
        let found = folds.intersection(&self.reprints).count();
        let ignored = folds.intersection(&self.partial).count();
        Score { found, wrong: folds.len() - found - ignored, missed: self.reprints.len() - found }
    }

    /// File order, reversed, and ten shuffles, with their names.
    fn orders(&self) -> Vec<(String, Vec<usize>)> {
        let count = self.articles.len();
        let shuffles =
            (1..=10).map(|seed| (format!("shuffle {seed}"), orders::shuffled(count, seed)));
        let named = [
            ("file order".to_owned(), orders::file(count)),
            ("reversed".to_owned(), orders::reversed(count)),
        ];
        named.into_iter().chain(shuffles).collect()
    }
}

/// The number of pairs in one story.
struct Score {
    /// Pairs that should be.
    found: usize,
    /// Pairs that must not be.
    wrong: usize,
    /// Pairs that should be, but are not.
    missed: usize,
}

impl Score {
    fn recall(&self) -> f64 {
        self.found as f64 / (self.found + self.missed) as f64
    }

    fn f1(&self) -> f64 {
        let twice = 2.0 * self.found as f64;
        twice / (twice + (self.wrong + self.missed) as f64)
    }
}

#[test]
fn nothing_false_folds_in_any_order() {
    let Some(set) = Set::read() else {
        return;
    };
    assert_eq!((set.articles.len(), set.reprints.len(), set.partial.len()), (1561, 2368, 580));
    for (at, (what, order)) in set.orders().iter().enumerate() {
        let score = set.score(what, order);
        let least = if at == 0 { 0.98 } else { 0.96 };
        assert_eq!(score.wrong, 0, "{what}");
        assert!(score.f1() >= least, "{what}: {}", score.f1());
    }
}

#[test]
fn folds_within_one_outlet_too() {
    let Some(mut set) = Set::read() else {
        return;
    };
    for article in &mut set.articles {
        article.outlet = Some("one.example".to_owned());
    }
    for (at, (what, order)) in set.orders().iter().enumerate() {
        let score = set.score(&format!("one outlet, {what}"), order);
        assert!(at > 0 || score.recall() >= 0.97, "{what}: {}", score.recall());
    }
}

#[test]
fn scores_are_as_counted_by_hand() {
    let set = Set {
        articles: Vec::new(),
        reprints: BTreeSet::from([(0, 1), (0, 2), (1, 2)]),
        partial: BTreeSet::from([(0, 3)]),
    };
    let score = set.count(&BTreeSet::from([(0, 1), (0, 3), (1, 3)]));
    assert_eq!((score.found, score.wrong, score.missed), (1, 1, 2));
    assert!((score.recall() - 1.0 / 3.0).abs() < 1e-12);
    assert!((score.f1() - 2.0 / 5.0).abs() < 1e-12);
}
