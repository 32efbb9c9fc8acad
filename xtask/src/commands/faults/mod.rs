//! `cargo xtask faults`: causes faults of a machine under the real binary and measures the damage.
//!
//! Each run has a seed. Articles are pushed over HTTP one after the other, so the run knows which were
//! acknowledged, and in which order. In the middle the fault happens; then wirefold starts again on the same
//! folder, and the rest is pushed. An examiner reads the streams, not the counters of wirefold, and compares
//! them with the acknowledged articles and with a run without a fault.

mod disk;
mod examine;
mod fault;
pub(super) mod nats;
mod play;
mod pusher;
mod receiver;
mod report;
pub(super) mod shim;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{fmt, thread};

use wirefold_score::Random;

use crate::commands::{program, say};
use crate::tree;
use examine::Difference;
use fault::{Fault, FaultKind};
use report::{Row, Run};

/// The arguments of `faults`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these; without a name, all.
    names: Vec<String>,
    /// List the faults and run none.
    #[arg(long)]
    list: bool,
    /// The number of runs of each fault, with the seeds from 0.
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// This seed alone.
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// The binary; without it, a debug build is made and run.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// The binary of another version, for the faults in which both run side by side.
    #[arg(long, value_name = "FILE")]
    other: Option<PathBuf>,
    /// Write docs/reliability.md.
    #[arg(long)]
    write: bool,
    /// Keep what the processes said in runs that did not hold, in this folder.
    #[arg(long, value_name = "FOLDER")]
    logs: Option<PathBuf>,
    /// Append each run to this file, and count the runs that are in it already. With `--seeds 0`, only those
    /// count.
    #[arg(long, value_name = "FILE")]
    runs: Option<PathBuf>,
}

/// The binaries of a run.
#[derive(Clone, Copy)]
struct Programs<'a> {
    tested: &'a Path,
    /// The binary of another version.
    other: Option<&'a Path>,
}

/// The findings of a run.
#[derive(Debug, Default)]
struct Found {
    difference: Difference,
    /// Whether the problem was reported: in the log, by `verify`, or by a refusal to start.
    said: bool,
    /// Whether it did not start again, or ended. Then there are no other findings.
    refused: bool,
    /// The seconds until the next article passes. `None` if that never happened.
    recovery: Option<f64>,
    /// The log of the run.
    log: String,
}

/// The error of a run that this machine cannot do, with the reason.
#[derive(Debug)]
struct Skipped(String);

impl fmt::Display for Skipped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Skipped {}

/// Waits at least this many milliseconds, and up to so many more.
fn pause(random: &mut Random, least: usize, more: usize) {
    thread::park_timeout(Duration::from_millis((least + random.below(more)) as u64));
}

impl Arguments {
    /// The runs that are recorded already.
    fn recorded(&self) -> anyhow::Result<Vec<Run>> {
        let path = self.runs.as_ref().filter(|path| path.exists());
        path.map_or(Ok(Vec::new()), |path| tree::json_lines(path))
    }

    fn record(&self, run: &Run) -> anyhow::Result<()> {
        let Some(path) = &self.runs else { return Ok(()) };
        let mut file = File::options().create(true).append(true).open(path)?;
        Ok(file.write_all(format!("{}\n", serde_json::to_string(run)?).as_bytes())?)
    }

    /// Stores the findings and the log of a run that failed.
    fn keep_log(&self, fault: &Fault, seed: u64, found: &Found) -> anyhow::Result<()> {
        let Some(folder) = &self.logs else { return Ok(()) };
        std::fs::create_dir_all(folder)?;
        let Found { difference, said, refused, recovery, log } = found;
        let text = format!(
            "{difference:#?}\nsaid: {said}, refused: {refused}, recovery: {recovery:?}\n{log}"
        );
        Ok(std::fs::write(folder.join(format!("{}-{seed}.log", fault.name)), text)?)
    }
}

/// Runs the faults in turn and prints one table. Fails if anything was lost, duplicated or wrong without a
/// report.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let chosen = fault::chosen(&arguments.names)?;
    if arguments.list {
        say(&report::list(&chosen).to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    // A copy, because a build during this run would replace the program.
    let folder = tempfile::tempdir()?;
    let copied = folder.path().join("wirefold");
    std::fs::copy(program(arguments.program.as_deref(), "dev")?, &copied)?;
    // They run in other folders.
    let other = arguments.other.as_deref().map(Path::canonicalize).transpose()?;
    let programs = Programs { tested: &copied, other: other.as_deref() };
    let seeds = arguments.seed.map_or(0..arguments.seeds, |seed| seed..seed + 1);
    let empty = |fault: &&'static Fault| Row { fault, runs: Vec::new(), skipped: None };
    let mut rows: Vec<Row> = chosen.iter().map(empty).collect();
    for run in arguments.recorded()? {
        if let Some(row) = rows.iter_mut().find(|it| it.fault.name == run.fault) {
            row.runs.push(run);
        }
    }
    for seed in seeds {
        let control = play::undisturbed(&copied, seed, None)?;
        for row in &mut rows {
            writeln!(std::io::stderr(), "seed {seed}: {} …", row.fault.name)?;
            let played = match row.fault.kind {
                FaultKind::Nats(kind) => nats::play(programs, (row.fault, kind), seed, &control),
                _ => play::play(&copied, row.fault, seed, &control),
            };
            let found = match played {
                Ok(found) => found,
                Err(error) => {
                    row.skipped = Some(error.downcast::<Skipped>()?.0);
                    continue;
                }
            };
            let run = Run::of(row.fault, seed, &found);
            arguments.record(&run)?;
            if !run.passes(row.fault) {
                arguments.keep_log(row.fault, seed, &found)?;
            }
            row.runs.push(run);
        }
    }
    say(&report::table(&rows).to_string())?;
    if arguments.write {
        report::write(&rows)?;
    }
    let failures: Vec<String> = rows.iter().filter_map(Row::failure).collect();
    failures.iter().try_for_each(|failure| say(&format!("NOT HELD: {failure}\n")))?;
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
