//! The sets of real pages and wire items in `../shared`. Their words are replaced, their structure is real.
//! They cannot be shipped, so the card keeps its rows if they are absent.

use std::collections::BTreeMap;
use std::path::Path;

use wirefold_fold::{Detector, Grounds, Settings};
use wirefold_score::{Label, Order, Pair};

use super::exam::{Method, Run, observe_all, side_by_side};
use super::happenings::{self, Happenings};
use super::set::LabelledSet;
use crate::table::Table;

/// The marks around the card's section about real pages.
pub(super) const MARKS: [&str; 2] = ["<!-- real pages -->\n", "<!-- end of real pages -->\n"];

/// The sets: the name of each, its folder, and the prefix of its files.
const SETS: [[&str; 3]; 4] = [
    ["real-shape", "real-shape", ""],
    ["wire-shape", "wire-shape", ""],
    ["langs-shape, Arabic", "langs-shape", "ar."],
    ["langs-shape, German", "langs-shape", "de."],
];

/// The peers on the same rows.
const PEERS: [Method; 4] = [Method::MinHash, Method::SimHash(3), Method::SimHash(6), Method::Exact];

/// The text before the table of errors by class.
const CLASSES: &str = "\
*Errors by class*, at arrival: pairs folded that should not be / not folded that should be. The class says
why the two were put together, or kept apart, when the later one came in.";

/// The text before the tables of events.
const HAPPENINGS: &str = "\
**Events.** *event-shape*: 1,484 real pages about the politics of one country in eleven weeks, each event
reported separately by two or three outlets. The table counts pairs of texts that are one event in the final state;
485 uncertain pairs do not count. The numbers of the judge were fitted on them.";

/// The tables, if the sets are available.
pub(super) fn examine(root: &Path) -> anyhow::Result<Option<String>> {
    let suites = root.join("../shared/suites");
    if !suites.join("real-shape").is_dir() {
        return Ok(None);
    }
    let sets = SETS.map(|suite| LabelledSet::of_suite(&suites, suite));
    let sets = sets.into_iter().collect::<anyhow::Result<Vec<LabelledSet>>>()?;
    let happenings = event_shape(&suites)?;
    Ok(Some(format!("{}\n{HAPPENINGS}\n\n{happenings}", tables(&sets))))
}

/// The rows of the product and its peers, and the product's errors by class.
pub(super) fn tables(sets: &[LabelledSet]) -> String {
    format!("{}\n{CLASSES}\n\n{}", rows(sets).markdown(), classes(sets).markdown())
}

fn event_shape(suites: &Path) -> anyhow::Result<String> {
    let folder = suites.join("event-shape");
    let files = ["docs.jsonl", "events.tsv"].map(|file| folder.join(file));
    let whole = Happenings::read("event-shape", &files[0], &files[1])?;
    let [first, second] = whole.split_by_time();
    Ok(happenings::examine(&[whole, first, second]))
}

/// The product and its peers on each set.
fn rows(sets: &[LabelledSet]) -> Table {
    let mut cells = Table::new(
        "set | rule | verdicts | right | false | missed | precision, 95 % | recall, 95 %",
    );
    let product_of = |set: &LabelledSet| {
        [Order::File, Order::Reversed]
            .map(|order| Method::Passages.run(set, &order.of(set.docs.len())))
    };
    let peers_of = |set: &LabelledSet| {
        PEERS.map(|peer| {
            let run = peer.run(set, &Order::File.of(set.docs.len()));
            (peer, count_pairs(set, &run.at_arrival, |_| true))
        })
    };
    let runs = side_by_side(sets, |set| (product_of(set), peers_of(set)));
    for (set, (product, peers)) in sets.iter().zip(&runs) {
        product_rows(set, product, &mut cells);
        for (peer, counts) in peers {
            row(&mut cells, [&set.name, &peer.to_string(), "all"], *counts);
        }
    }
    cells
}

/// The rows of the product: at arrival, within and between outlets, final, and reversed.
fn product_rows(set: &LabelledSet, [run, reversed]: &[Run; 2], cells: &mut Table) {
    let is_one = |(a, b): &Pair| set.docs[*a].outlet == set.docs[*b].outlet;
    let name = set.name.as_str();
    let mut add = |what, stories, counts: &dyn Fn(&Pair) -> bool| {
        row(cells, [name, "passages", what], count_pairs(set, stories, counts));
    };
    add("at arrival", &run.at_arrival, &|_| true);
    add("– of one outlet", &run.at_arrival, &is_one);
    add("– of two outlets", &run.at_arrival, &|pair| !is_one(pair));
    add("final", &run.at_end, &|_| true);
    add("reversed, at arrival", &reversed.at_arrival, &|_| true);
    add("reversed, final", &reversed.at_end, &|_| true);
}

/// The right, wrong and missed pairs among those for which `counts` is true.
fn count_pairs(set: &LabelledSet, stories: &[usize], counts: impl Fn(&Pair) -> bool) -> [usize; 3] {
    let wrong = set.labels.false_folds(stories, usize::MAX);
    let missed = set.labels.missed(stories).filter(|(pair, _)| counts(pair)).count();
    let reprints = set.labels.0.iter().filter(|(_, (label, _))| *label == Label::Reprint);
    let all = reprints.filter(|(pair, _)| counts(pair)).count();
    [all - missed, wrong.iter().filter(|pair| counts(pair)).count(), missed]
}

fn row(cells: &mut Table, names: [&str; 3], [right, wrong, missed]: [usize; 3]) {
    let figures = [right, wrong, missed].map(|count| count.to_string());
    let shares = [share(right, right + wrong), share(right, right + missed)];
    cells.row(names.map(str::to_owned).into_iter().chain(figures).chain(shares));
}

/// A share with its 95 % confidence interval (Wilson 1927).
fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    const Z: f64 = 1.96;
    let (p, n) = (part as f64 / whole as f64, whole as f64);
    let middle = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    let (low, high) = ((middle - spread) / scale, (middle + spread) / scale);
    format!("{p:.3} ({:.2}–{:.2})", low.max(0.0), high.min(1.0))
}

/// Errors at arrival by class for each set: wrongly together, and wrongly apart.
pub(super) fn classes(sets: &[LabelledSet]) -> Table {
    let counted: Vec<BTreeMap<Grounds, [usize; 2]>> = sets.iter().map(errors).collect();
    let names = sets.iter().map(|set| set.name.as_str());
    let mut cells = Table::new("class").with_columns(names);
    let is_there = |grounds: &Grounds| counted.iter().any(|of| of.contains_key(grounds));
    for grounds in Grounds::ALL.into_iter().filter(is_there) {
        let of = |counts: &BTreeMap<Grounds, [usize; 2]>| match counts.get(&grounds) {
            Some([wrong, missed]) => format!("{wrong} / {missed}"),
            None => "–".to_owned(),
        };
        let name = format!("`{}`: {}", grounds.name(), grounds.words());
        cells.row([name].into_iter().chain(counted.iter().map(of)));
    }
    cells
}

fn errors(set: &LabelledSet) -> BTreeMap<Grounds, [usize; 2]> {
    let detector = Detector::keeping_verdicts(Settings::default());
    let (run, verdicts) = observe_all(set, &Order::File.of(set.docs.len()), detector);
    let mut counts: BTreeMap<Grounds, [usize; 2]> = BTreeMap::new();
    let mut count = |(a, b): Pair, is_one: bool| {
        // In file order the number of a document is its number of arrival.
        let grounds = Grounds::between(&verdicts[a.max(b)], &verdicts[a.min(b)], is_one);
        counts.entry(grounds).or_default()[usize::from(!is_one)] += 1;
    };
    let stories = &run.at_arrival;
    for pair in set.labels.false_folds(stories, usize::MAX) {
        count(pair, true);
    }
    for (pair, _) in set.labels.missed(stories) {
        count(pair, false);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_its_interval() {
        assert_eq!(share(56, 58), "0.966 (0.88–0.99)");
        assert_eq!(share(0, 0), "–");
    }
}

#[cfg(test)]
mod classes_tests {
    use super::*;
    use crate::commands::accuracy::set::Doc;

    fn set() -> LabelledSet {
        let words = |seed: usize, count: usize| -> String {
            (0..count).map(|at| format!("w{} ", (seed * 1_000 + at * 7) % 9_973)).collect()
        };
        let page = |at: usize| Doc {
            id: at.to_string(),
            outlet: Some("a.example".to_owned()),
            title: Some(format!("x{at} y{at} z{at}")),
            text: format!("{}.\n{}.", words(at + 2, 30), words(1, 115)),
            ..Doc::default()
        };
        let mut set = LabelledSet { name: "pages".to_owned(), ..LabelledSet::default() };
        set.docs = (0..2).map(page).collect();
        set
    }

    #[test]
    fn a_miss_is_counted_under_the_grounds_that_kept_the_two_apart() {
        let mut missed = set();
        missed.labels.0.insert((0, 1), (Label::Reprint, String::new()));
        let table = classes(&[missed]).markdown();
        assert!(table.contains("| `unlikely`: "), "{table}");
        assert!(table.trim_end().ends_with("| 0 / 1 |"), "{table}");
        assert_eq!(classes(&[set()]).markdown().lines().count(), 2, "no error, no row");
    }
}
