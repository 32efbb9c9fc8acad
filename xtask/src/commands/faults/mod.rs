//! `cargo xtask trouble`: what breaks on a machine, done to the real binary, and what it cost.
//!
//! Each run has a seed. Articles are pushed over HTTP one after the other, so that it is known from outside
//! which were acknowledged and in which order. In the middle the fault strikes; then the same folder is
//! started again and the rest is pushed. An examiner reads the streams, not our counters, and compares
//! them with what was acknowledged and with a run of the same articles in which nothing broke.

mod disk;
mod examine;
mod fault;
mod play;
mod report;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;

use crate::commands::attack;
use fault::Fault;
use play::Outcome;
use report::Row;

/// Which faults, and how often.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these; without a name, all.
    names: Vec<String>,
    /// List the faults and run none.
    #[arg(long)]
    list: bool,
    /// So many runs of each fault, with the seeds from 0 on.
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// This seed alone.
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// The binary; without it, `target/debug/wirefold` is built and run.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Write docs/reliability.md.
    #[arg(long)]
    write: bool,
}

/// Runs them one after the other and prints one table. Fails where anything was lost, doubled or wrong
/// and nobody said so.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let chosen = Fault::chosen(&arguments.names)?;
    if arguments.list {
        write!(std::io::stdout(), "{}", report::list(&chosen))?;
        return Ok(ExitCode::SUCCESS);
    }
    let program = match &arguments.program {
        Some(program) => program.canonicalize()?,
        None => attack::built()?,
    };
    let seeds = arguments.seed.map_or(0..arguments.seeds, |seed| seed..seed + 1);
    ensure!(!seeds.is_empty(), "no seed, no run");
    let mut rows: Vec<Row> = chosen.iter().map(|fault| Row::of(fault)).collect();
    for seed in seeds.clone() {
        let control = play::undisturbed(&program, seed)?;
        for row in &mut rows {
            writeln!(std::io::stderr(), "seed {seed}: {} …", row.fault.name)?;
            match play::play(&program, row.fault, seed, &control)? {
                Outcome::Played(found) => row.add(seed, &found),
                Outcome::Skipped(why) => row.skip(why),
            }
        }
    }
    let table = report::table(&rows);
    write!(std::io::stdout(), "{table}")?;
    if arguments.write {
        report::write(&rows, seeds.end - seeds.start)?;
    }
    let failures: Vec<String> = rows.iter().filter_map(Row::failure).collect();
    for failure in &failures {
        writeln!(std::io::stdout(), "NOT HELD: {failure}")?;
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
