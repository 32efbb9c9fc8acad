//! `cargo xtask train fold`: fits the judge of copies on labelled pairs and writes `crates/fold/src/table.rs`. The
//! same files give the same bytes.
//!
//! It prints how the judge does on each set at arrival, right / false / missed: in the fit; fitted without the
//! set; and fitted without the set and without one of the signs.

use std::path::Path;

use anyhow::Context;
use wirefold_fold::fit::{Row, fit, table_source};
use wirefold_fold::{CopySign, Detector, Settings, Weights, climbed, ramps};
use wirefold_score::{Label, Score};

use crate::commands::accuracy::exam::{Run, observe_all, side_by_side};
use crate::commands::accuracy::set::{LabelledSet, archetypes, demo, read_docs};
use crate::commands::say;
use crate::table::Table;

/// The sets of `../shared/suites`: name, folder, and the prefix of the files.
const SUITES: [[&str; 3]; 5] = [
    ["real", "real-shape", ""],
    ["wire", "wire-shape", ""],
    ["ar", "langs-shape", "ar."],
    ["de", "langs-shape", "de."],
    ["synth", "synthetic-wire", ""],
];
/// All pairs of a set count as much as this many copies, but none more than [`most`].
const COPIES: f64 = 250.0;
/// The labels of this set say nothing about copies with fewer shared words.
const UNREAD: (&str, f64) = ("ar", 60.0);

/// The weight of a pair at most. The written sets are made to be hard, and walls are few.
fn most(set: &str) -> f64 {
    match set {
        "walls" => 8.0,
        "archetypes" | "seeds" => 2.0,
        _ => 4.0,
    }
}

fn read_sets(root: &Path) -> anyhow::Result<Vec<LabelledSet>> {
    let suites = root.join("../shared/suites");
    let sets = SUITES.map(|suite| LabelledSet::of_suite(&suites, suite));
    let mut sets = sets.into_iter().collect::<anyhow::Result<Vec<LabelledSet>>>()?;
    sets.extend([archetypes(root)?, demo(root)?]);
    let walls = root.join("crates/fold/data/walls.jsonl");
    let docs = read_docs(&walls)?;
    sets.push(LabelledSet { name: "walls".to_owned(), docs, ..LabelledSet::default() });
    Ok(sets)
}

fn judge(set: &LabelledSet, weights: &Weights) -> Run {
    let order: Vec<usize> = (0..set.docs.len()).collect();
    observe_all(set, &order, Detector::with_weights(Settings::default(), weights.clone())).0
}

/// The pairs of a set that are compared if nothing folds.
fn rows(set: &LabelledSet) -> Vec<Row> {
    let nothing = Weights { bias: -2.0, ramps: vec![0.0; ramps()] };
    let right = set.labels.0.values().filter(|(label, _)| *label == Label::Reprint).count();
    let weight = (COPIES / right.max(1) as f64).min(most(&set.name));
    let mut rows = Vec::new();
    for (new, compared) in judge(set, &nothing).evidence.iter().enumerate() {
        for pair in compared {
            let label = set.labels.0.get(&(pair.doc.index(), new)).map(|(label, _)| *label);
            let is_unread =
                set.name == UNREAD.0 && label.is_none() && pair.evidence.shared < UNREAD.1;
            if label != Some(Label::Partial) && !is_unread {
                let is_copy = label == Some(Label::Reprint);
                rows.push(Row { climbed: climbed(&pair.evidence), is_copy, weight });
            }
        }
    }
    rows
}

/// The fit on all sets but one, and without a sign.
fn fitted(rows: &[Vec<Row>], but: Option<usize>, without: Option<CopySign>) -> Weights {
    let used = rows.iter().enumerate().filter(|(set, _)| Some(*set) != but);
    let mut pairs: Vec<Row> = used.flat_map(|(_, of_set)| of_set.clone()).collect();
    let mut first = 0;
    for sign in CopySign::ALL {
        let next = first + sign.knots().len() - 1;
        if Some(sign) == without {
            pairs.iter_mut().for_each(|row| row.climbed[first..next].fill(0.0));
        }
        first = next;
    }
    fit(&pairs)
}

/// Fits, writes the table, and prints how the judge does.
pub(super) fn run(root: &Path) -> anyhow::Result<()> {
    let sets = read_sets(root).context("the judge is fitted on ../shared/suites")?;
    let rows = side_by_side(&sets, rows);
    let from = sets.iter().zip(&rows).map(|(set, rows)| format!("{} ({})", set.name, rows.len()));
    let weights = fitted(&rows, None, None);
    let source = table_source(&weights, &from.collect::<Vec<_>>().join(", "));
    let path = root.join("crates/fold/src/table.rs");
    std::fs::write(&path, source).with_context(|| format!("write {}", path.display()))?;

    let labelled: Vec<usize> =
        (0..sets.len()).filter(|set| !sets[*set].labels.0.is_empty()).collect();
    let names = labelled.iter().map(|set| sets[*set].name.as_str());
    let mut table = Table::new("fit").with_columns(names);
    let mut add = |name: String, fit: &(dyn Fn(usize) -> Weights + Sync)| {
        let cells = side_by_side(&labelled, |set| score(&sets[*set], &fit(*set)));
        table.row([name].into_iter().chain(cells));
    };
    add("all sets".to_owned(), &|_| weights.clone());
    add("the others".to_owned(), &|set| fitted(&rows, Some(set), None));
    for sign in CopySign::ALL {
        add(format!("… without {sign:?}"), &|set| fitted(&rows, Some(set), Some(sign)));
    }
    say(&table.to_string())
}

fn score(set: &LabelledSet, weights: &Weights) -> String {
    let Score { found, false_folds, missed, .. } =
        set.labels.score(&judge(set, weights).at_arrival);
    format!("{found} / {false_folds} / {missed}")
}
