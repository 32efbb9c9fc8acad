//! `cargo xtask bench NAME`: measures what is shipped, beside something simpler in the same run.
//!
//! From another build, the command builds xtask with `cargo build --profile dist` and runs that one.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context;
use clap::ValueEnum;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use crate::commands::{output_of, replaced, run_command, say};
use crate::{machine, tree};

mod alerts;
mod detect;
mod gateway;
mod pipeline;
mod soak;

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
    Pipeline(OnDisk),
    /// The detector beside SimHash and MinHash: speed, memory, accuracy.
    Detect(detect::Arguments),
    /// Pages, lists, searches, feeds and event streams over 100,000 stories.
    Gateway(OnDisk),
    /// One article against 100,000 and a million subscriptions, beside a loop over the same queries.
    Alerts(Common),
    /// Days of polling feeds on loopback: polls, lost and doubled articles, memory, disk, by day.
    Soak(soak::Arguments),
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

/// The arguments of a bench with data on a disk.
#[derive(clap::Args)]
struct OnDisk {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    parent: Parent,
}

#[derive(clap::Args)]
struct Parent {
    /// The folder for the data, in a subfolder that is removed again. Use a disk, or the result means little.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Parent {
    /// Makes the subfolder.
    fn make_folder(&self) -> anyhow::Result<TempDir> {
        let parent = self.folder.clone().unwrap_or_else(|| tree::root().join("target"));
        Ok(tempfile::Builder::new().prefix("bench-").tempdir_in(parent.canonicalize()?)?)
    }
}

/// Measures in a build with the profile `dist`.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    // `soak` measures the binary, not this program.
    if matches!(arguments.what, Bench::Soak(_)) || is_dist(&std::env::current_exe()?) {
        measure(&arguments.what)?;
    } else {
        in_dist()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Pipeline(arguments) => pipeline::run(arguments),
        Bench::Gateway(arguments) => gateway::run(arguments),
        Bench::Soak(arguments) => soak::run(arguments),
        Bench::Alerts(arguments) => alerts::run(arguments),
        Bench::AlertsSet(child) => alerts::run_child(child),
        Bench::Detect(arguments) => detect::run(arguments),
        Bench::DetectMethod(child) => detect::run_child(child),
    }
}

/// Whether a program was built with the profile `dist`, after which Cargo names the folder.
fn is_dist(program: &Path) -> bool {
    program.parent().is_some_and(|folder| folder.ends_with(PROFILE))
}

/// Runs the same command in a build with the profile `dist`.
fn in_dist() -> anyhow::Result<()> {
    let mut cargo = tree::cargo(&["run", "--profile", PROFILE, "--locked", "-p", "xtask", "--"]);
    run_command(cargo.args(std::env::args_os().skip(1)))
}

const DOCUMENT: &str = "docs/performance.md";

/// Prints the tables of a bench under a line with its command and conditions. Writes them between the marks of the bench, in
/// place of the last ones, if that is wanted.
fn report(
    common: &Common,
    name: &str,
    (command, conditions): (&str, &str),
    tables: &str,
) -> anyhow::Result<()> {
    let today = machine::today();
    let block =
        format!("`cargo xtask bench {command} --write`, {today}, {conditions}.\n\n{tables}");
    say(&format!("{block}\n"))?;
    if !common.write {
        return Ok(());
    }
    let path = tree::root().join(DOCUMENT);
    let [begin, end] = marks(name);
    let text = std::fs::read_to_string(&path)?;
    let text = replaced(&text, [&begin, &end], &format!("\n{}\n", block.trim_end()))?;
    Ok(std::fs::write(&path, text)?)
}

/// The marks around the tables of a bench.
fn marks(name: &str) -> [String; 2] {
    ["begin", "end"].map(|place| format!("<!-- bench {name}: {place} -->"))
}

/// Runs the hidden bench of this name in a process of its own, and reads its results from one line of JSON.
fn in_child<T: DeserializeOwned>(bench: &str, arguments: &[&str]) -> anyhow::Result<T> {
    let mut child = Command::new(std::env::current_exe()?);
    let output = output_of(child.args(["bench", bench]).args(arguments))?;
    serde_json::from_str(&output).context("the output of the child")
}

/// The conditions before a bench in one process, with its data in this folder.
fn all_cores(folder: &Path) -> anyhow::Result<String> {
    let (cores, load) = (machine::cores(), machine::load());
    let file_system = machine::file_system(folder)?;
    Ok(format!("{cores} cores, load average {load:.1} before, {file_system}"))
}

/// The conditions of a bench in child processes, each on one core.
fn on_one_core() -> String {
    let (cores, load) = (machine::cores(), machine::load());
    format!("one of {cores} cores, load average {load:.1} at the end; processor time of one thread")
}

/// The name of a value in the arguments of a child and in tables.
fn name_of(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_a_place_for_each_bench() {
        let page = std::fs::read_to_string(tree::root().join(DOCUMENT)).unwrap();
        for name in ["alerts", "detect 20000", "detect 1000000", "gateway", "pipeline"] {
            let [begin, end] = marks(name);
            assert!(replaced(&page, [&begin, &end], "").is_ok(), "{name}");
        }
    }
}
