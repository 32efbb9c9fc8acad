//! The table, and docs/reliability.md.

use std::fmt::Write as _;

use super::examine::Difference;
use super::fault::Fault;
use super::play::Found;
use crate::commands::bench::machine;
use crate::table::Table;
use crate::tree;

/// The file that `--write` writes.
const FILE: &str = "docs/reliability.md";

/// All runs of a fault.
pub(super) struct Row {
    pub(super) fault: &'static Fault,
    runs: u64,
    lost: usize,
    doubled: usize,
    wrong: usize,
    /// Runs in which something was missing, and somebody said that something is wrong.
    said: u64,
    refused: u64,
    /// The seeds of runs in which something was missing and nobody said anything.
    silent: Vec<u64>,
    /// The seeds of runs that lost, doubled or changed what they must not.
    broken: Vec<u64>,
    recoveries: Vec<f64>,
    skipped: Option<String>,
}

impl Row {
    pub(super) fn of(fault: &'static Fault) -> Row {
        Row {
            fault,
            runs: 0,
            lost: 0,
            doubled: 0,
            wrong: 0,
            said: 0,
            refused: 0,
            silent: Vec::new(),
            broken: Vec::new(),
            recoveries: Vec::new(),
            skipped: None,
        }
    }

    /// Adds a run.
    pub(super) fn add(&mut self, seed: u64, found: &Found) {
        let Difference { lost, doubled, wrong } = &found.difference;
        self.runs += 1;
        self.lost += lost.len();
        self.doubled += doubled;
        let is_missing = !lost.is_empty();
        // Without what is missing, what follows may be judged otherwise.
        if !is_missing {
            self.wrong += wrong;
        }
        self.refused += u64::from(found.refused);
        if !found.refused {
            self.recoveries.push(found.recovery);
        }
        match (is_missing, found.said) {
            (true, true) => self.said += 1,
            (true, false) => self.silent.push(seed),
            _ => {}
        }
        let changed = *doubled > 0 || !is_missing && *wrong > 0;
        if changed || is_missing && self.fault.spares_the_streams() {
            self.broken.push(seed);
        }
    }

    pub(super) fn skip(&mut self, why: String) {
        self.skipped = Some(why);
    }

    /// What does not hold, in words.
    pub(super) fn failure(&self) -> Option<String> {
        let name = self.fault.name;
        if self.fault.is_control() {
            let shows_nothing = self.runs > 0 && self.lost == 0;
            return shows_nothing.then(|| format!("{name} lost nothing: power-cut shows nothing"));
        }
        let (broken, silent) = (&self.broken, &self.silent);
        let holds = broken.is_empty() && silent.is_empty();
        (!holds).then(|| format!("{name}: wrong with the seeds {broken:?}, silent with {silent:?}"))
    }

    fn cells(&self) -> [String; 9] {
        let mut recoveries = self.recoveries.clone();
        recoveries.sort_by(f64::total_cmp);
        let seconds = |at: Option<&f64>| at.map_or_else(String::new, |it| format!("{it:.1} s"));
        let skipped = self.skipped.as_ref().map(|_| "skipped".to_owned());
        [
            self.fault.name.to_owned(),
            skipped.unwrap_or_else(|| self.runs.to_string()),
            self.lost.to_string(),
            self.doubled.to_string(),
            self.wrong.to_string(),
            self.said.to_string(),
            self.silent.len().to_string(),
            self.refused.to_string(),
            format!(
                "{} / {}",
                seconds(recoveries.get(recoveries.len() / 2)),
                seconds(recoveries.last())
            ),
        ]
    }
}

const HEAD: [&str; 9] = [
    "fault",
    "runs",
    "lost",
    "doubled",
    "wrong",
    "said",
    "silent",
    "refused",
    "recovery p50 / most",
];

/// The faults by name.
pub(super) fn list(faults: &[&Fault]) -> Table {
    let mut table = Table::new(&["fault", "what is done"]);
    faults.iter().for_each(|fault| table.row([fault.name, fault.about]));
    table
}

/// A line a fault.
pub(super) fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&HEAD);
    rows.iter().for_each(|row| table.row(row.cells()));
    table
}

/// Writes docs/reliability.md.
pub(super) fn write(rows: &[Row], seeds: u64) -> anyhow::Result<()> {
    let mut text = format!(
        "# Reliability\n\n\
         `cargo xtask trouble --seeds {seeds} --write` wrote this page on {}, load {:.1}. It starts the real binary \
         (`wirefold up`, embedded), pushes 200 invented articles one after the other over HTTP, and breaks something in \
         the middle. Then it starts the binary again in the same folder and pushes the rest. `cargo xtask trouble \
         NAME --seed N` repeats one run.\n\n\
         An examiner reads the output stream afterwards. It does not use wirefold's own counters.\n\n\
         - *lost*: articles that were acknowledged and are not in the output. Where the file of the streams itself was \
         damaged, bytes are gone, and the question is whether somebody says so.\n\
         - *doubled*: articles in the output under two ids, after a reader drops the ids it knows.\n\
         - *wrong*: articles in another class, story or event than in a run of the same articles without a fault, where \
         nothing is lost.\n\
         - *said*: runs that lost something, and where the log, `wirefold verify` or the refusal to start says so.\n\
         - *silent*: runs that lost something and nobody says so. This must be 0.\n\
         - *recovery*: seconds from the start of the process until it takes the next article.\n\n",
        machine::today(),
        machine::load(),
    );
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    text += &line(&HEAD.map(str::to_owned));
    text += &line(&HEAD.map(|_| "---".to_owned()));
    for row in rows {
        text += &line(&row.cells());
    }
    text += "\nWhat is done:\n\n";
    for Row { fault, .. } in rows {
        writeln!(text, "- `{}`: {}", fault.name, fault.about)?;
    }
    for Row { fault, skipped, .. } in rows {
        if let Some(why) = skipped {
            writeln!(text, "\n`{}` was skipped: {why}", fault.name)?;
        }
    }
    text += "\n`power-cut-unsynced` is the control: it must lose articles, or `power-cut` shows nothing.\n\n\
             Kills over NATS are in `cargo xtask chaos`, hostile feeds in `cargo xtask attack`. What to do about damage: \
             [mend damaged data](how-to/mend-damaged-data.md).\n";
    Ok(std::fs::write(tree::root().join(FILE), text)?)
}
