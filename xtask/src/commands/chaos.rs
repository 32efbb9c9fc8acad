//! `cargo xtask chaos`: runs seeds of chaos over NATS. `cargo xtask test` runs a few of them.

use std::process::ExitCode;

use super::run_command;
use crate::tree;

/// The arguments of `chaos`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The number of seeds, from 0; each takes half a minute.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// This one alone.
    #[arg(long)]
    seed: Option<u64>,
}

/// Runs the seeds in turn, and names the first that fails.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut test =
        tree::cargo(&["test", "--locked", "-p", "wirefold", "--test", "it", "nats::chaos"]);
    test.env("WIREFOLD_CHAOS", arguments.seeds.to_string());
    if let Some(seed) = arguments.seed {
        test.env("WIREFOLD_SEED", seed.to_string());
    }
    run_command(&mut test)?;
    Ok(ExitCode::SUCCESS)
}
