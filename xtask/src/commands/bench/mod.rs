//! `cargo xtask bench NAME`: measures what is shipped, beside something simpler in the same run.
//!
//! From another build, the command builds xtask with `cargo build --profile dist` and runs that one.

mod alerts;
mod articles;
mod baseline;
mod detect;
mod document;
mod latency;
mod own_process;
mod pipeline;
mod report;
mod stages;
mod watched;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Context;

use crate::tree;

/// The profile of the shipped build.
const PROFILE: &str = "dist";

/// The arguments of `bench`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: Bench,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// Articles a second through all stages and through each; latency at 20 articles a second.
    Pipeline(pipeline::Arguments),
    /// The detector beside SimHash and MinHash: speed, memory, accuracy.
    Detect(detect::Arguments),
    /// One article against 100,000 and a million subscriptions, beside a loop over the same queries.
    Alerts(Common),
    /// One method of `detect`, in a process of its own.
    #[command(hide = true)]
    DetectMethod(detect::Child),
    /// One set of `alerts`, in a process of its own.
    #[command(hide = true)]
    AlertsSet(alerts::Child),
}

#[derive(clap::Args)]
struct Common {
    /// Less of everything, for a look: no figures to publish.
    #[arg(long)]
    quick: bool,
    /// Writes the tables into docs/performance.md, in place of the last.
    #[arg(long, conflicts_with = "quick")]
    write: bool,
}

/// Measures in a build with the profile `dist`.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if !is_dist(&std::env::current_exe()?) {
        return in_dist();
    }
    match &arguments.what {
        Bench::Pipeline(arguments) => pipeline::run(arguments)?,
        Bench::Alerts(arguments) => alerts::run(arguments)?,
        Bench::AlertsSet(child) => alerts::run_child(child)?,
        Bench::Detect(arguments) => detect::run(arguments)?,
        Bench::DetectMethod(child) => detect::run_child(child)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether a program was built with the profile `dist`, after which Cargo names the folder.
fn is_dist(program: &Path) -> bool {
    program.parent().is_some_and(|folder| folder.ends_with(PROFILE))
}

/// Builds with the profile `dist` and runs the same command there.
fn in_dist() -> anyhow::Result<ExitCode> {
    let mut build = Command::new("cargo");
    build.args(["build", "--profile", PROFILE, "--locked", "-p", "xtask"]);
    if !build.current_dir(tree::root()).status()?.success() {
        return Ok(ExitCode::FAILURE);
    }
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).context("no folder for all profiles")?;
    let dist = folder.join(PROFILE).join("xtask");
    let status = Command::new(&dist).args(std::env::args_os().skip(1)).status();
    let status = status.with_context(|| format!("run {}", dist.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
