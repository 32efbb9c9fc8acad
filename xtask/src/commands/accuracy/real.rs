//! The sets of real pages and wire items in `../shared`. Their words are replaced, their structure is real.
//! They cannot be shipped, so the card keeps its rows if they are absent.

use std::path::Path;

use wirefold_score::{Order, Pair};

use super::happenings::{self, HappeningTables, Happenings};
use super::method::{Method, Run};
use super::pair_counts::PairCounts;
use super::parallel::side_by_side;
use super::rules;
use super::set::LabelledSet;
use super::tables::Cells;

/// The marks around the card's section about real pages.
const MARKS: [&str; 2] = ["<!-- real pages -->\n", "<!-- end of real pages -->\n"];

/// The sets: the name of each, its folder, and the prefix of its files.
const SETS: [(&str, &str, &str); 4] = [
    ("real-shape", "real-shape", ""),
    ("wire-shape", "wire-shape", ""),
    ("langs-shape, Arabic", "langs-shape", "ar."),
    ("langs-shape, German", "langs-shape", "de."),
];

/// The peers on the same rows.
const PEERS: [Method; 4] = [Method::MinHash, Method::SimHash(3), Method::SimHash(6), Method::Exact];

/// The text before the table of errors by class.
const CLASSES: &str = "\
*Errors by class*, at arrival: pairs folded that should not be / not folded that should be. The class is the
rule that put the two together, or kept them apart, when the later one came in; A is the earlier article.";
/// The text before the table of contributions.
const CONTRIBUTIONS: &str = "\
*The effect of each rule*: right / false / missed pairs at arrival without this one rule.";

/// The text before the tables of events.
const HAPPENINGS: &str = "\
**Events.** *event-shape*: 1,484 real pages about the politics of one country in eleven weeks, each event
reported separately by two or three outlets. The table counts pairs of texts that are one event in the final state;
485 uncertain pairs do not count. All settings were chosen on the first half.";

/// The tables of the sets.
pub(super) struct RealTables {
    rows: Cells,
    classes: Cells,
    contributions: Cells,
    happenings: HappeningTables,
}

impl RealTables {
    /// For a terminal.
    pub(super) fn plain(&self) -> String {
        let all = [&self.rows, &self.classes, &self.contributions];
        all.map(Cells::plain).join("\n") + "\n" + &self.happenings.plain()
    }

    fn markdown(&self) -> String {
        let [rows, classes, contributions] =
            [&self.rows, &self.classes, &self.contributions].map(Cells::markdown);
        let happenings = self.happenings.markdown();
        format!(
            "{rows}\n{CLASSES}\n\n{classes}\n{CONTRIBUTIONS}\n\n{contributions}\n{HAPPENINGS}\n\n{happenings}"
        )
    }
}

/// The tables, if the sets are available.
pub(super) fn examine(root: &Path) -> anyhow::Result<Option<RealTables>> {
    let suites = root.join("../shared/suites");
    if !suites.join("real-shape").is_dir() {
        return Ok(None);
    }
    let read = |(name, folder, prefix): (&str, &str, &str)| {
        let folder = suites.join(folder);
        let files = ["docs.jsonl", "labels.tsv"].map(|file| folder.join(format!("{prefix}{file}")));
        LabelledSet::read_files(name, &files[0], &files[1])
    };
    let sets = SETS.into_iter().map(read).collect::<anyhow::Result<Vec<LabelledSet>>>()?;
    Ok(Some(RealTables {
        rows: rows(&sets),
        classes: rules::classes(&sets),
        contributions: rules::contributions(&sets),
        happenings: event_shape(&suites)?,
    }))
}

fn event_shape(suites: &Path) -> anyhow::Result<HappeningTables> {
    let folder = suites.join("event-shape");
    let files = ["docs.jsonl", "events.tsv"].map(|file| folder.join(file));
    let whole = Happenings::read("event-shape", &files[0], &files[1])?;
    let [first, second] = whole.split_by_time();
    Ok(happenings::examine(&[whole, first, second]))
}

/// The product and its peers on each set.
fn rows(sets: &[LabelledSet]) -> Cells {
    let mut cells = Cells::new(&[
        "set", "rule", "verdicts", "right", "false", "missed", "precision, 95 %", "recall, 95 %",
    ]);
    let product_of = |set: &LabelledSet| {
        [Order::File, Order::Reversed]
            .map(|order| Method::Passages.run(set, &order.of(set.docs.len())))
    };
    let peers_of = |set: &LabelledSet| {
        PEERS.map(|peer| {
            let run = peer.run(set, &Order::File.of(set.docs.len()));
            (peer, PairCounts::of(set, &run.at_arrival, |_| true))
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
fn product_rows(set: &LabelledSet, [run, reversed]: &[Run; 2], cells: &mut Cells) {
    let is_one = |(a, b): &Pair| set.docs[*a].outlet == set.docs[*b].outlet;
    let name = set.name.as_str();
    let all: fn(&Pair) -> bool = |_| true;
    let mut add = |what, counts| row(cells, [name, "passages", what], counts);
    add("at arrival", PairCounts::of(set, &run.at_arrival, all));
    add("– of one outlet", PairCounts::of(set, &run.at_arrival, is_one));
    add("– of two outlets", PairCounts::of(set, &run.at_arrival, |pair| !is_one(pair)));
    add("final", PairCounts::of(set, &run.at_end, all));
    add("reversed, at arrival", PairCounts::of(set, &reversed.at_arrival, all));
    add("reversed, final", PairCounts::of(set, &reversed.at_end, all));
}

fn row(cells: &mut Cells, names: [&str; 3], counts: PairCounts) {
    let figures = [counts.right, counts.wrong, counts.missed].map(|count| count.to_string());
    let shares = [
        share(counts.right, counts.right + counts.wrong),
        share(counts.right, counts.right + counts.missed),
    ];
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

/// The section of the card: the new tables, or else the current section.
pub(super) fn section(tables: Option<&RealTables>, card: &str) -> String {
    let [begins, ends] = MARKS;
    let before = || {
        let (_, rest) = card.split_once(begins)?;
        rest.split_once(ends).map(|(section, _)| section.to_owned())
    };
    let rows = tables.map(RealTables::markdown).or_else(before).unwrap_or_default();
    format!("{begins}{rows}{ends}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_where_the_sets_are_absent() {
        let cells = |cell: &str| {
            let mut cells = Cells::new(&["set", "right"]);
            cells.row([cell, "1"]);
            cells
        };
        let (rows, classes, contributions) = (cells("a"), cells("b"), cells("c"));
        let happenings = happenings::examine(&[]);
        let tables = RealTables { rows, classes, contributions, happenings };
        let card = format!("before\n{}after\n", section(Some(&tables), ""));
        assert!(["| a |", "| b |", "| c |"].iter().all(|row| card.contains(row)), "{card}");
        assert_eq!(section(None, &card), section(Some(&tables), &card));
        assert_eq!(section(None, ""), MARKS.concat());
    }

    #[test]
    fn a_share_has_its_interval() {
        assert_eq!(share(56, 58), "0.966 (0.88–0.99)");
        assert_eq!(share(0, 0), "–");
    }
}
