//! The tables, and docs/reliability.md.

use std::fmt::Write as _;

use super::examine::Difference;
use super::fault::Fault;
use super::found::Found;
use crate::machine;
use crate::table::Table;
use crate::tree;

/// The file that `--write` writes.
const FILE: &str = "docs/reliability.md";

/// The record of one run.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Run {
    fault: String,
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

    /// Whether it is a run of this fault.
    pub(super) fn is_of(&self, fault: &Fault) -> bool {
        self.fault == fault.name
    }
}

/// The sums over all runs of a fault.
pub(super) struct Row {
    pub(super) fault: &'static Fault,
    runs: u64,
    lost: usize,
    doubled: usize,
    wrong: usize,
    untold: usize,
    /// The number of runs in which something was missing or wrong, and a problem was reported.
    said: u64,
    refused: u64,
    /// The seeds of runs in which something was missing without a report.
    silent: Vec<u64>,
    /// The seeds of runs that lost, duplicated or changed what they must not.
    broken: Vec<u64>,
    /// The seeds of runs after which no article passed any more.
    stuck: Vec<u64>,
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
            untold: 0,
            said: 0,
            refused: 0,
            silent: Vec::new(),
            broken: Vec::new(),
            stuck: Vec::new(),
            recoveries: Vec::new(),
            skipped: None,
        }
    }

    /// Adds a run. Returns whether it passed.
    pub(super) fn add(&mut self, run: &Run) -> bool {
        let is_missing = run.lost > 0;
        self.runs += 1;
        self.lost += run.lost;
        self.doubled += run.doubled;
        // Missing messages may change the verdicts and alerts of later articles.
        if !is_missing {
            self.wrong += run.wrong;
            self.untold += run.untold;
        }
        self.refused += u64::from(run.refused);
        match run.recovery {
            Some(seconds) => self.recoveries.push(seconds),
            None if !run.refused => self.stuck.push(run.seed),
            None => {}
        }
        let is_changed = is_missing || run.wrong > 0 || run.untold > 0;
        let is_silent = is_changed && !run.said;
        if is_silent {
            self.silent.push(run.seed);
        }
        self.said += u64::from(is_changed && run.said);
        let is_broken = run.doubled > 0 || is_changed && self.fault.spares_the_streams();
        if is_broken {
            self.broken.push(run.seed);
        }
        !is_silent && !is_broken && (run.recovery.is_some() || run.refused)
    }

    pub(super) fn skip(&mut self, why: String) {
        self.skipped = Some(why);
    }

    /// The failure of the fault in words.
    pub(super) fn failure(&self) -> Option<String> {
        let name = self.fault.name;
        if self.fault.is_control() {
            let shows_nothing = self.runs > 0 && self.lost + self.doubled == 0;
            return shows_nothing.then(|| format!("{name} found nothing: the others show nothing"));
        }
        let (broken, silent, stuck) = (&self.broken, &self.silent, &self.stuck);
        let holds = broken.is_empty() && silent.is_empty() && stuck.is_empty();
        (!holds).then(|| {
            format!(
                "{name}: wrong with the seeds {broken:?}, unreported with {silent:?}, stuck with \
                 {stuck:?}"
            )
        })
    }

    fn cells(&self) -> [String; 11] {
        if self.runs == 0 {
            return self.cells_without_runs();
        }
        let mut recoveries = self.recoveries.clone();
        recoveries.sort_by(f64::total_cmp);
        let median = recoveries.get(recoveries.len() / 2);
        let recovery = median.zip(recoveries.last());
        [
            self.fault.name.to_owned(),
            self.runs.to_string(),
            self.lost.to_string(),
            self.doubled.to_string(),
            self.wrong.to_string(),
            self.untold.to_string(),
            self.said.to_string(),
            self.silent.len().to_string(),
            self.refused.to_string(),
            self.stuck.len().to_string(),
            recovery
                .map_or_else(|| "–".to_owned(), |(p50, most)| format!("{p50:.1} s / {most:.1} s")),
        ]
    }

    /// Without runs, zeros would look like success.
    fn cells_without_runs(&self) -> [String; 11] {
        let mut cells = HEAD.map(|_| String::new());
        let why = if self.skipped.is_some() { "skipped" } else { "not run" };
        (cells[0], cells[1]) = (self.fault.name.to_owned(), why.to_owned());
        cells
    }
}

const HEAD: [&str; 11] = [
    "fault",
    "runs",
    "lost",
    "doubled",
    "wrong",
    "missing alerts",
    "reported",
    "unreported",
    "refused",
    "stuck",
    "recovery p50 / most",
];

/// The faults by name.
pub(super) fn list(faults: &[&Fault]) -> Table {
    let mut table = Table::new(&["fault", "what is done"]);
    faults.iter().for_each(|fault| table.row([fault.name, fault.about]));
    table
}

/// A line for each fault.
pub(super) fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&HEAD);
    rows.iter().for_each(|row| table.row(row.cells()));
    table
}

/// Writes docs/reliability.md.
pub(super) fn write(rows: &[Row]) -> anyhow::Result<()> {
    let runs: u64 = rows.iter().map(|row| row.runs).sum();
    let mut text = format!(
        "# Reliability\n\n\
         `cargo xtask faults --write` wrote this page on {}, load {:.1}, from {runs} runs. Each starts the real binary, pushes 200 invented articles one \
         after the other over HTTP, and breaks something in the middle. Then the rest is pushed. A webhook notes every \
         alert. `cargo xtask faults NAME --seed N` repeats one run.\n\n\
         A separate checker reads the output stream and the webhook's notes afterwards. It does not use wirefold's own \
         counters.\n\n\
         - *lost*: articles that were acknowledged and are not in the output. If a stream itself is damaged, losses \
         are expected; the run tests that they are reported.\n\
         - *doubled*: articles in the output under two ids, and revisions of alerts that came under two ids. A reader \
         drops the ids it knows.\n\
         - *wrong*: articles in another class, story or event than in a run of the same articles without a fault. \
         Counted only if nothing is lost.\n\
         - *missing alerts*: alerts that were sent in the run without a fault and not in this one. Counted only if \
         nothing is lost.\n\
         - *reported*: runs in which something went wrong, and the log, `wirefold check --deep` or the refusal to start said \
         so.\n\
         - *unreported*: runs in which something went wrong, and wirefold did not say so. This must be 0.\n\
         - *refused*: runs in which wirefold refused to open the damaged folder again.\n\
         - *stuck*: runs after which no article passed. This must be 0.\n\
         - *recovery*: seconds from the end of the fault, or from the start of the process, until the next article \
         passes.\n\n\
         Clocks: a jump for some seconds must change nothing, so those runs are compared with the run without a fault. \
         After a day's sleep, later articles are a day newer, so results differ from that run. Such a run is compared \
         with one that sleeps between the same two articles while wirefold is idle. Alerts that became late in the \
         sleep come in one message, some minutes after it.\n",
        machine::today(),
        machine::load(),
    );
    let (over_nats, embedded): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| row.fault.is_over_nats());
    section(&mut text, "One process (`wirefold up`)", &embedded)?;
    section(&mut text, "Over NATS (`wirefold up` with `bus.nats`)", &over_nats)?;
    text += "\nA control run breaks something on purpose, to prove that the checker works. If the checker finds nothing in it, the other rows show nothing.\n\n\
             Below the processes, the loops run over a simulated bus: failing commits, lost tails, \
             stale reads, power cuts, pauses and kills by chance, each repeated by its seed. \
             `WIREFOLD_SEEDS=1000 cargo test -p wirefold-flow --lib -- simulation:: standby:: poison::` runs 4,000 of \
             them in three minutes. A forgetting is killed over and over in the tests of `forget`.\n\n\
             More kills over NATS are in `cargo xtask chaos`, hostile feeds in `cargo xtask attack`. What to do about \
             damage: [mend damaged data](how-to/mend-damaged-data.md).\n";
    Ok(std::fs::write(tree::root().join(FILE), text)?)
}

fn section(text: &mut String, title: &str, rows: &[&Row]) -> std::fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    write!(text, "\n## {title}\n\n")?;
    *text += &line(&HEAD.map(str::to_owned));
    *text += &line(&HEAD.map(|_| "---".to_owned()));
    rows.iter().for_each(|row| *text += &line(&row.cells()));
    text.push_str("\nWhat is done:\n\n");
    for Row { fault, .. } in rows {
        writeln!(text, "- `{}`: {}", fault.name, fault.about)?;
    }
    for Row { fault, skipped, .. } in rows {
        if let Some(why) = skipped {
            writeln!(text, "\n`{}` was skipped: {why}", fault.name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::list;
    use super::*;

    #[test]
    fn a_fault_without_runs_shows_no_zeros() {
        let kill = list::chosen(&["kill".to_owned()]).unwrap()[0];
        let cells = Row::of(kill).cells();
        assert_eq!(cells[1], "not run");
        assert!(cells[2..].iter().all(String::is_empty), "{cells:?}");
    }
}
