//! The tables, and docs/reliability.md.

use super::Found;
use super::examine::Difference;
use super::fault::Fault;
use crate::commands::fill;
use crate::statistics::quantile;
use crate::table::Table;
use crate::{machine, tree};

/// The file that `--write` writes.
const FILE: &str = "docs/reliability.md";
/// The file with names in braces in place of figures.
const TEMPLATE: &str = include_str!("reliability.md.in");

/// The record of one run.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Run {
    pub(super) fault: String,
    seed: u64,
    lost: usize,
    doubled: usize,
    wrong: usize,
    untold: usize,
    said: bool,
    refused: bool,
    recovery: Option<f64>,
}

impl Run {
    pub(super) fn of(fault: &Fault, seed: u64, found: &Found) -> Run {
        let Difference { lost, doubled, wrong, untold } = &found.difference;
        Run {
            fault: fault.name.to_owned(),
            seed,
            lost: lost.len(),
            doubled: *doubled,
            wrong: *wrong,
            untold: untold.len(),
            said: found.said,
            refused: found.refused,
            recovery: found.recovery,
        }
    }

    fn is_changed(&self) -> bool {
        self.lost > 0 || self.wrong > 0 || self.untold > 0
    }

    /// Whether something was missing without a report.
    fn is_silent(&self) -> bool {
        self.is_changed() && !self.said
    }

    /// Whether it lost, duplicated or changed what it must not.
    fn is_broken(&self, fault: &Fault) -> bool {
        self.doubled > 0 || self.is_changed() && !fault.may_lose
    }

    /// Whether no article passed any more.
    fn is_stuck(&self) -> bool {
        self.recovery.is_none() && !self.refused
    }

    pub(super) fn passes(&self, fault: &Fault) -> bool {
        !self.is_silent() && !self.is_broken(fault) && !self.is_stuck()
    }
}

/// All runs of a fault.
pub(super) struct Row {
    pub(super) fault: &'static Fault,
    pub(super) runs: Vec<Run>,
    /// Why it was skipped.
    pub(super) skipped: Option<String>,
}

impl Row {
    /// The failure of the fault in words.
    pub(super) fn failure(&self) -> Option<String> {
        let name = self.fault.name;
        if self.fault.is_control {
            let shows_nothing = self.runs.iter().all(|run| run.lost + run.doubled == 0);
            let fails = !self.runs.is_empty() && shows_nothing;
            return fails.then(|| format!("{name} found nothing: the others show nothing"));
        }
        let seeds = |fails: &dyn Fn(&Run) -> bool| -> Vec<u64> {
            self.runs.iter().filter(|run| fails(run)).map(|run| run.seed).collect()
        };
        let (broken, silent) = (seeds(&|run| run.is_broken(self.fault)), seeds(&Run::is_silent));
        let stuck = seeds(&Run::is_stuck);
        let fails = self.runs.iter().any(|run| !run.passes(self.fault));
        fails.then(|| {
            format!(
                "{name}: wrong with the seeds {broken:?}, unreported with {silent:?}, stuck with \
                 {stuck:?}"
            )
        })
    }

    /// Without runs, zeros would look like success.
    fn cells(&self) -> [String; 11] {
        let name = self.fault.name.to_owned();
        if self.runs.is_empty() {
            let why = if self.skipped.is_some() { "skipped" } else { "not run" };
            let mut cells: [String; 11] = Default::default();
            (cells[0], cells[1]) = (name, why.to_owned());
            return cells;
        }
        let sum = |of: &dyn Fn(&Run) -> usize| self.runs.iter().map(of).sum::<usize>().to_string();
        // Missing messages may change the verdicts and alerts of later articles.
        let unless_lost = |run: &Run, count| if run.lost > 0 { 0 } else { count };
        let recoveries: Vec<f64> = self.runs.iter().filter_map(|run| run.recovery).collect();
        let [p50, most] = [0.5, 1.0].map(|share| quantile(&recoveries, share));
        [
            name,
            self.runs.len().to_string(),
            sum(&|run| run.lost),
            sum(&|run| run.doubled),
            sum(&|run| unless_lost(run, run.wrong)),
            sum(&|run| unless_lost(run, run.untold)),
            sum(&|run| usize::from(run.is_changed() && run.said)),
            sum(&|run| usize::from(run.is_silent())),
            sum(&|run| usize::from(run.refused)),
            sum(&|run| usize::from(run.is_stuck())),
            match recoveries.is_empty() {
                true => "–".to_owned(),
                false => format!("{p50:.1} s / {most:.1} s"),
            },
        ]
    }
}

const HEAD: &str = "fault | runs | lost | doubled | wrong | missing alerts | reported | unreported | refused | \
    stuck | recovery p50 / most";

/// The faults by name.
pub(super) fn list(faults: &[&Fault]) -> Table {
    let mut table = Table::new("fault | what is done");
    faults.iter().for_each(|fault| table.row([fault.name, fault.about]));
    table
}

/// A line for each fault.
pub(super) fn table<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Table {
    let mut table = Table::new(HEAD);
    rows.into_iter().for_each(|row| table.row(row.cells()));
    table
}

/// Writes docs/reliability.md.
pub(super) fn write(rows: &[Row]) -> anyhow::Result<()> {
    let (over_nats, embedded): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| row.fault.is_over_nats());
    let figures = [
        ("today", machine::today()),
        ("load", format!("{:.1}", machine::load())),
        ("runs", rows.iter().map(|row| row.runs.len()).sum::<usize>().to_string()),
        ("embedded", section("One process (`wirefold up`)", &embedded)),
        ("over_nats", section("Over NATS (`wirefold up` with `bus.nats`)", &over_nats)),
    ];
    Ok(std::fs::write(tree::root().join(FILE), fill(TEMPLATE, &figures))?)
}

fn section(title: &str, rows: &[&Row]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let about = |row: &&Row| format!("- `{}`: {}\n", row.fault.name, row.fault.about);
    let skipped = |row: &&Row| {
        let why = row.skipped.as_ref()?;
        Some(format!("\n`{}` was skipped: {why}\n", row.fault.name))
    };
    format!(
        "## {title}\n\n{}\nThe faults:\n\n{}{}",
        table(rows.iter().copied()).markdown(),
        rows.iter().map(about).collect::<String>(),
        rows.iter().filter_map(skipped).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::super::fault;
    use super::*;

    #[test]
    fn a_fault_without_runs_shows_no_zeros() {
        let kill = fault::chosen(&["kill".to_owned()]).unwrap()[0];
        let cells = Row { fault: kill, runs: Vec::new(), skipped: None }.cells();
        assert_eq!(cells[1], "not run");
        assert!(cells[2..].iter().all(String::is_empty), "{cells:?}");
    }
}
