//! `bench detect --flame NAME`: draws a flame graph of the detector into docs/flame.
//!
//! `perf` samples the stack of the detector a thousand times a second of processor time. Stacks are drawn
//! from the call that observes an article, so that making the articles is not included. Build and child are
//! those of the bench, with a profile that has symbols and frame pointers. Inlined functions count for their
//! callers.

mod stacks;
mod svg;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, ensure};

use super::rivals::MethodName;
use super::set::Set;
use crate::tree;
use stacks::Stacks;

/// The number of articles by default.
const ARTICLES: usize = 8_000;
/// Samples a second.
const RATE: &str = "997";
const PROFILE: &str = "flame";
/// The function at the bottom of the drawn stacks.
const BOTTOM: &str = "Detector::observe";

/// Draws the picture.
pub(crate) fn run(name: &str, articles: Option<usize>) -> anyhow::Result<ExitCode> {
    ensure!(
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
        "{name:?}: letters, digits and hyphens"
    );
    let root = tree::root();
    let program = build(&root)?;
    let articles = articles.unwrap_or(ARTICLES);
    let folder = tempfile::tempdir()?;
    let record = folder.path().join("perf.data");
    let mut perf = Command::new("perf");
    perf.args(["record", "-q", "-e", "cpu-clock", "-F", RATE, "--call-graph", "fp", "-o"]);
    perf.arg(&record).arg("--").arg(program);
    perf.args(["bench", "detect-method", "--method", MethodName::Wirefold.name()]);
    perf.args(["--set", Set::Plain.name(), "--articles", &articles.to_string()]);
    let status =
        perf.stdout(Stdio::null()).status().context("run perf, of the package linux-perf")?;
    ensure!(status.success(), "perf record ended with {status}");
    let mut script = Command::new("perf");
    script.args(["script", "--no-inline", "-F", "ip,sym", "-i"]).arg(&record);
    let output = script.stderr(Stdio::null()).output()?;
    ensure!(output.status.success(), "perf script ended with {}", output.status);
    let stacks = Stacks::read(&String::from_utf8_lossy(&output.stdout), BOTTOM);
    ensure!(stacks.samples() > 0, "no stack has {BOTTOM} in it");
    let title = format!("The detector on {articles} articles of the plain set: {name}");
    let path = format!("docs/flame/detect-{name}.svg");
    std::fs::create_dir_all(root.join("docs/flame"))?;
    std::fs::write(root.join(&path), svg::drawn(&stacks, &title))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{path}: {} looks", stacks.samples())?;
    for (function, share) in stacks.heaviest(20) {
        writeln!(out, "{:5.1} %  {function}", 100.0 * share)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the bench with symbols and frame pointers. Returns the program.
pub(super) fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--profile", PROFILE, "--locked", "-p", "xtask"]);
    let status =
        cargo.env("RUSTFLAGS", "-C force-frame-pointers=yes").current_dir(root).status()?;
    ensure!(status.success(), "cargo ended with {status}");
    Ok(root.join("target").join(PROFILE).join("xtask"))
}
