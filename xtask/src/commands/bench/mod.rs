//! `cargo xtask bench NAME`: measures what is shipped, beside something simpler in the same run.
//!
//! From another build, the command builds xtask with `cargo build --profile dist` and runs that one.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};
use serde::de::DeserializeOwned;

use crate::tree;

mod alerts;
mod detect;
mod pipeline;

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

const DOCUMENT: &str = "docs/performance.md";

/// Writes a block between the marks of a bench, in place of the previous one.
fn put(name: &str, block: &str) -> anyhow::Result<()> {
    let path = tree::root().join(DOCUMENT);
    let text = replaced(&std::fs::read_to_string(&path)?, name, block)?;
    Ok(std::fs::write(&path, text)?)
}

/// The page with a block between the marks of a bench.
fn replaced(text: &str, name: &str, block: &str) -> anyhow::Result<String> {
    let [begin, end] = ["begin", "end"].map(|what| format!("<!-- bench {name}: {what} -->"));
    let (before, rest) = text.split_once(&begin).with_context(|| format!("no {begin}"))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("no {end}"))?;
    Ok(format!("{before}{begin}\n{}\n{end}{after}", block.trim_end()))
}

/// This program with the hidden bench of this name.
fn own_process(bench: &str) -> anyhow::Result<Command> {
    let mut child = Command::new(std::env::current_exe()?);
    child.args(["bench", bench]);
    Ok(child)
}

/// Runs a child to its end and reads its results from one line of JSON.
fn results_of<T: DeserializeOwned>(child: &mut Command) -> anyhow::Result<T> {
    let output = child.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("the output of the child")
}

#[cfg(test)]
mod document_tests {
    use super::*;

    #[test]
    fn a_block_takes_the_place_of_the_one_before_and_leaves_all_else() {
        let page = "a\n<!-- bench x: begin -->\nold\n<!-- bench x: end -->\nb\n";
        let expected = "a\n<!-- bench x: begin -->\nnew\n<!-- bench x: end -->\nb\n";
        assert_eq!(replaced(page, "x", "new\n").unwrap(), expected);
        assert!(replaced(page, "y", "new").is_err());
    }

    #[test]
    fn the_page_has_a_place_for_each_bench() {
        let page = std::fs::read_to_string(tree::root().join(DOCUMENT)).unwrap();
        for name in ["alerts", "detect 20000", "detect 1000000", "pipeline"] {
            assert!(replaced(&page, name, "").is_ok(), "{name}");
        }
    }
}
