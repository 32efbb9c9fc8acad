//! An examination: one method on one set in many orders of arrival.

use std::collections::HashMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, thread};

use wirefold_fold::{Detector, DocId, Incoming, Match, Settings, Verdict};
use wirefold_score::Score;
use wirefold_text::Text;

use super::set::{Doc, LabelledSet};
use crate::machine;
use crate::minhash::{self, MinHash};
use crate::table::Table;

/// The result of one order.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
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
}

/// The figures of a row: false folds (pairs without a label in one story), missed (`R` pairs in two stories),
/// precision, recall, F1, F1 of the final state, adjusted Rand index, F1 of B-cubed. Counts may be means.
type Figures = [f64; 8];
/// The place of F1 among the figures.
const F1: usize = 4;

fn figures(outcome: &Outcome) -> Figures {
    let score = &outcome.at_arrival;
    [
        score.false_folds as f64,
        score.missed as f64,
        score.precision(),
        score.recall(),
        score.f1(),
        outcome.at_end.f1(),
        score.rand_index,
        score.b_cubed_f1(),
    ]
}

/// Runs a method on a set in these orders.
pub(crate) fn examine(method: Method, set: &LabelledSet, orders: &[Vec<usize>]) -> Exam {
    let run = method.prepare(set);
    let outcome = |order: &Vec<usize>| {
        let run = run(order);
        let at_arrival = set.labels.score(&run.at_arrival);
        let at_end = set.labels.score(&run.at_end);
        Outcome { at_arrival, at_end }
    };
    Exam { method, outcomes: side_by_side(orders, outcome) }
}

impl Exam {
    /// The rows of a table: the fixed orders, then the worst (by F1) and the mean of the shuffles.
    pub(crate) fn rows(&self) -> Vec<(String, Figures)> {
        let figures: Vec<Figures> = self.outcomes.iter().map(figures).collect();
        let (fixed, shuffles) = figures.split_at(figures.len().min(2));
        let names = ["file order", "reversed"].map(str::to_owned);
        let mut rows: Vec<(String, Figures)> =
            names.into_iter().zip(fixed.iter().copied()).collect();
        let worst = shuffles.iter().min_by(|a, b| a[F1].total_cmp(&b[F1]));
        if let Some(worst) = worst {
            let count = shuffles.len() as f64;
            let mean =
                std::array::from_fn(|at| shuffles.iter().map(|its| its[at]).sum::<f64>() / count);
            rows.push((format!("worst of {} shuffles", shuffles.len()), *worst));
            rows.push((format!("mean of {} shuffles", shuffles.len()), mean));
        }
        rows
    }

    /// The figures of the order with the lowest F1.
    pub(crate) fn worst(&self) -> Figures {
        let figures = self.outcomes.iter().map(figures);
        figures.min_by(|a, b| a[F1].total_cmp(&b[F1])).unwrap_or_default()
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
}

/// A way to find reprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// The product.
    Passages,
    /// Folds with the nearest earlier article at a SimHash distance of at most this many bits.
    SimHash(u32),
    /// Folds with the most similar earlier article with an estimated Jaccard index of at least .5 over
    /// three-word shingles, by MinHash (Broder 1997) and locality-sensitive hashing.
    MinHash,
    /// Folds with the first article of the same normalised words.
    Exact,
}

/// The methods of the comparison table.
pub(crate) const METHODS: [Method; 4] =
    [Method::Passages, Method::SimHash(3), Method::SimHash(6), Method::Exact];

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::Passages => out.write_str("passages"),
            Method::SimHash(bits) => write!(out, "simhash:{bits}"),
            Method::MinHash => out.write_str("minhash"),
            Method::Exact => out.write_str("exact"),
        }
    }
}

/// The results of a method on a set. Documents are named by their number in the set. The number of a story or
/// event only says which documents are together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Run {
    /// The story of each document at its arrival.
    pub(crate) at_arrival: Vec<usize>,
    /// The story of each document at the end.
    pub(crate) at_end: Vec<usize>,
    /// The event of each document at the end.
    pub(crate) events: Vec<usize>,
    /// The evidence of each document; `doc` is the number of arrival.
    pub(crate) evidence: Vec<Vec<Match>>,
}

/// Runs the documents of a set in an order.
type Runner<'a> = Box<dyn Fn(&[usize]) -> Run + Sync + 'a>;

impl Method {
    /// Runs the documents of `set` in `order`.
    pub(crate) fn run(self, set: &LabelledSet, order: &[usize]) -> Run {
        self.prepare(set)(order)
    }

    /// Reads what all orders have in common: the signatures of the texts.
    fn prepare(self, set: &LabelledSet) -> Runner<'_> {
        match self {
            Method::Passages => Box::new(|order| passages(set, order, Settings::default())),
            Method::SimHash(bits) => by_simhash(set, bits),
            Method::MinHash => by_minhash(set),
            Method::Exact => by_words(set),
        }
    }
}

/// Runs the product with these settings.
pub(crate) fn passages(set: &LabelledSet, order: &[usize], settings: Settings) -> Run {
    observe_all(set, order, Detector::keeping_verdicts(settings)).0
}

/// Runs a detector on a set. Also gives the verdict on each document at its arrival, in order of arrival.
pub(crate) fn observe_all(
    set: &LabelledSet,
    order: &[usize],
    mut detector: Detector,
) -> (Run, Vec<Verdict>) {
    let mut run = Run {
        at_arrival: vec![0; set.docs.len()],
        at_end: vec![0; set.docs.len()],
        events: vec![0; set.docs.len()],
        evidence: vec![Vec::new(); set.docs.len()],
    };
    let mut verdicts = Vec::with_capacity(order.len());
    let mut time = None;
    for number in order {
        let doc = &set.docs[*number];
        let published = doc.published.map(jiff::Timestamp::as_second);
        let page = doc.url.as_deref();
        time = time.max(published);
        let verdict = detector.observe(&Incoming {
            items: &[&doc.id, page.unwrap_or(&doc.id)],
            page,
            outlet: doc.outlet.as_deref(),
            title: doc.title.as_deref().unwrap_or(""),
            byline: doc.author.as_deref().unwrap_or(""),
            text: &doc.text,
            time: time.unwrap_or(0),
            published: published.or(time).unwrap_or(0),
            ..Incoming::default()
        });
        run.at_arrival[*number] = verdict.story.0 as usize;
        run.evidence[*number] = verdict.matches.clone();
        verdicts.push(verdict);
    }
    for (arrival, number) in (0..).map(DocId).zip(order) {
        if let Some(verdict) = detector.final_verdict(arrival) {
            run.at_end[*number] = verdict.story.0 as usize;
            run.events[*number] = verdict.event.0 as usize;
        }
    }
    (run, verdicts)
}

fn by_simhash(set: &LabelledSet, bits: u32) -> Runner<'_> {
    let hash = |doc: &Doc| simhash::simhash_stream(Text::new(&doc.text).normal_words());
    let hashes: Vec<u64> = side_by_side(&set.docs, hash);
    let nearest = move |number: usize, earlier: &[usize]| {
        let distance = |other: &usize| (hashes[number] ^ hashes[*other]).count_ones();
        let near = earlier.iter().map(|other| (distance(other), *other));
        // The first of equals is the earliest.
        let nearest = near.min_by_key(|(differing, _)| *differing);
        nearest.filter(|(differing, _)| *differing <= bits).map(|(_, other)| other)
    };
    Box::new(move |order| fold(order, &nearest))
}

fn by_minhash(set: &LabelledSet) -> Runner<'_> {
    let (bands, rows) = (25, 5);
    let signature = move |doc: &Doc| minhash::of_permutations(&doc.text, bands * rows);
    let signatures = side_by_side(&set.docs, signature);
    Box::new(move |order| {
        let mut index = MinHash::new(0.5, rows, usize::MAX);
        fold(order, |number, _| {
            let named = u32::try_from(number).expect("a set has fewer documents");
            index.likeliest(named, signatures[number].clone()).map(|other| other as usize)
        })
    })
}

fn by_words(set: &LabelledSet) -> Runner<'_> {
    let words = side_by_side(&set.docs, |doc| wirefold_text::normalise(&doc.text));
    Box::new(move |order| {
        let mut first: HashMap<&str, usize> = HashMap::new();
        fold(order, |number, _| {
            let before = *first.entry(&words[number]).or_insert(number);
            (before != number).then_some(before)
        })
    })
}

/// Gives each document of `order` the story of the earlier one that `original` returns.
fn fold(order: &[usize], mut original: impl FnMut(usize, &[usize]) -> Option<usize>) -> Run {
    let mut stories = vec![0; order.len()];
    for (at, number) in order.iter().enumerate() {
        stories[*number] = original(*number, &order[..at]).map_or(*number, |other| stories[other]);
    }
    Run { at_arrival: stories.clone(), at_end: stories, ..Run::default() }
}

/// Runs work for all items, as many at a time as there are cores. The results are in the order of the items.
pub(crate) fn side_by_side<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = machine::cores();
    let (next, work) = (AtomicUsize::new(0), &work);
    let work_off = || {
        let take = || {
            let index = next.fetch_add(1, Ordering::Relaxed);
            Some((index, work(all.get(index)?)))
        };
        std::iter::from_fn(take).collect::<Vec<(usize, R)>>()
    };
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores.min(all.len())).map(|_| scope.spawn(work_off)).collect();
        let ended = threads.into_iter().map(thread::ScopedJoinHandle::join);
        ended.flat_map(|end| end.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Four decimals. With three, a few errors among thousands would vanish.
pub(crate) fn decimals(value: f64) -> String {
    format!("{value:.4}")
}

/// A count, or a mean of counts.
fn count(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// The orders of several examinations, each with the name of its rows.
pub(crate) fn orders(exams: &[(&str, &Exam)]) -> Table {
    let mut table =
        Table::new("order | false folds | missed | precision | recall | F1 | F1, final | ARI | B³");
    let cells = |[wrong, missed, shares @ ..]: Figures| {
        [wrong, missed].map(count).into_iter().chain(shares.map(decimals))
    };
    for (name, exam) in exams {
        for (order, row) in exam.rows() {
            table.row([format!("{order}{name}")].into_iter().chain(cells(row)));
        }
    }
    table
}

/// The methods: file order, and the worst of all orders.
pub(crate) fn methods(exams: &[Exam]) -> Table {
    let mut cells =
        Table::new("method | false folds | precision | recall | F1 | ARI | B³ | F1, worst order");
    for exam in exams {
        let rows = exam.rows();
        let Some((_, row)) = rows.first() else { continue };
        let shares = [row[2], row[3], row[F1], row[6], row[7], exam.worst()[F1]];
        let named = [exam.method.to_string(), count(row[0])];
        cells.row(named.into_iter().chain(shares.map(decimals)));
    }
    cells
}

/// Recall by edit: each kind against the base, for every method in file order and for the first method in its
/// worst order.
pub(crate) fn kinds(exams: &[Exam]) -> Table {
    let Some((first, others)) = exams.split_first() else { return Table::default() };
    let head = format!("edit | pairs | {0} | {0}, worst order", first.method);
    let names = others.iter().map(|exam| exam.method.to_string());
    let mut cells = Table::new(&head).with_columns(names);
    let all = &first.in_file_order().at_arrival.kinds;
    let against_base = |kind: &str| kind.starts_with("base+") || !kind.contains('+');
    for (kind, share) in all.iter().filter(|(kind, _)| against_base(kind)) {
        let edit = kind.strip_prefix("base+").unwrap_or(kind);
        let mut row = vec![edit.to_owned(), share.whole.to_string()];
        row.extend([decimals(share.value()), decimals(first.least_recall(kind))]);
        let of = |exam: &Exam| exam.in_file_order().at_arrival.kinds[kind].value();
        row.extend(others.iter().map(|exam| decimals(of(exam))));
        cells.row(row);
    }
    cells
}

#[cfg(test)]
mod tests {
    use wirefold_score::{Label, Pairs};

    use super::*;

    #[test]
    fn the_results_are_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..100).collect();
        let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
        assert_eq!(side_by_side(&items, |item| item * 2), doubled);
        assert!(side_by_side(&[] as &[usize], |item| *item).is_empty());
    }

    #[test]
    fn rows_are_file_order_reversed_worst_and_mean() {
        let doc = |id: &str, text: &str| Doc { id: id.into(), text: text.into(), ..Doc::default() };
        let set = LabelledSet {
            docs: vec![doc("a", "one two"), doc("b", "One, two!"), doc("c", "three")],
            labels: Pairs([((0, 2), (Label::Reprint, "base+mix".to_owned()))].into()),
            ..LabelledSet::default()
        };
        let exam = examine(Method::Exact, &set, &set.orders(2));
        let rows = exam.rows();
        let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
        let expected = ["file order", "reversed", "worst of 2 shuffles", "mean of 2 shuffles"];
        assert_eq!(names, expected);
        assert!(rows.iter().all(|(_, row)| row[..2] == [1.0, 1.0]));
        assert!(exam.least_recall("base+mix") == 0.0 && exam.worst()[F1] == 0.0);
    }
}

#[cfg(test)]
mod method_tests {
    use super::*;

    fn set(texts: &[&str]) -> LabelledSet {
        let doc = |(at, text): (usize, &&str)| Doc {
            id: at.to_string(),
            text: (*text).to_owned(),
            ..Doc::default()
        };
        LabelledSet { docs: texts.iter().enumerate().map(doc).collect(), ..LabelledSet::default() }
    }

    #[test]
    fn baselines_fold_with_an_earlier_article_in_any_order() {
        let set = set(&["The ship has sailed.", "Nothing else at all", "the ship HAS sailed"]);
        for method in [Method::Exact, Method::SimHash(0)] {
            assert_eq!(method.run(&set, &[0, 1, 2]).at_arrival, [0, 1, 0]);
            assert_eq!(method.run(&set, &[2, 1, 0]).at_arrival, [2, 1, 2]);
        }
        assert_eq!(Method::SimHash(64).run(&set, &[1, 0, 2]).at_arrival, [1, 1, 1]);
    }
}
