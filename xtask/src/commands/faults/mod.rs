//! `cargo xtask faults`: causes faults of a machine under the real binary and measures the damage.
//!
//! Each run has a seed. Articles are pushed over HTTP one after the other, so the run knows which were
//! acknowledged, and in which order. In the middle the fault happens; then wirefold starts again on the same
//! folder, and the rest is pushed. An examiner reads the streams, not the counters of wirefold, and compares
//! them with the acknowledged articles and with a run without a fault.

mod complaints;
mod disk;
mod examine;
mod fault;
mod found;
mod home;
mod list;
mod memory;
mod nats;
mod nats_fault;
mod play;
mod pusher;
mod random;
mod receiver;
mod report;
mod shim;
mod temporary;
mod undisturbed;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::commands::attack;
use fault::Fault;
use found::{Found, Outcome};
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
    /// The binary; without it, `target/debug/wirefold` is built and run.
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

impl Arguments {
    /// The runs that are recorded already.
    fn recorded(&self) -> anyhow::Result<Vec<Run>> {
        let Some(path) = self.runs.as_ref().filter(|path| path.exists()) else {
            return Ok(Vec::new());
        };
        let text = std::fs::read_to_string(path)?;
        let runs = text.lines().map(serde_json::from_str).collect::<Result<_, _>>();
        runs.with_context(|| path.display().to_string())
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
    let chosen = list::chosen(&arguments.names)?;
    if arguments.list {
        write!(std::io::stdout(), "{}", report::list(&chosen))?;
        return Ok(ExitCode::SUCCESS);
    }
    let built = match &arguments.program {
        Some(program) => program.canonicalize()?,
        None => attack::built()?,
    };
    // A copy, because a build during this run would replace the program.
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("wirefold");
    std::fs::copy(&built, &program).with_context(|| built.display().to_string())?;
    // They run in other folders.
    let other = arguments.other.as_deref().map(Path::canonicalize).transpose()?;
    let programs = Programs { tested: &program, other: other.as_deref() };
    let seeds = arguments.seed.map_or(0..arguments.seeds, |seed| seed..seed + 1);
    let mut rows: Vec<Row> = chosen.iter().map(|fault| Row::of(fault)).collect();
    let earlier = arguments.recorded()?;
    for row in &mut rows {
        earlier.iter().filter(|run| run.is_of(row.fault)).for_each(|run| _ = row.add(run));
    }
    for seed in seeds {
        let control = undisturbed::undisturbed(&program, seed)?;
        for row in &mut rows {
            writeln!(std::io::stderr(), "seed {seed}: {} …", row.fault.name)?;
            match play::play(programs, row.fault, seed, &control)? {
                Outcome::Played(found) => {
                    let run = Run::of(row.fault, seed, &found);
                    arguments.record(&run)?;
                    if !row.add(&run) {
                        arguments.keep_log(row.fault, seed, &found)?;
                    }
                }
                Outcome::Skipped(why) => row.skip(why),
            }
        }
    }
    let table = report::table(&rows);
    write!(std::io::stdout(), "{table}")?;
    if arguments.write {
        report::write(&rows)?;
    }
    let failures: Vec<String> = rows.iter().filter_map(Row::failure).collect();
    for failure in &failures {
        writeln!(std::io::stdout(), "NOT HELD: {failure}")?;
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
