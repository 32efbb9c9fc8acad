//! `bench detect --flame NAME`: where the detector's time goes, as a picture in docs/flame.
//!
//! `perf` looks at the stack of the detector a thousand times a second of processor time; stacks are drawn
//! from the call that observes an article on, so making the articles is not in the picture. Build and child
//! are those of the bench but for a profile with symbols and frame pointers. Functions that the compiler
//! put into others are counted with those.

mod stacks;
mod svg;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, ensure};

use super::rivals::Name;
use super::set::Set;
use crate::tree;
use stacks::Stacks;

/// Articles looked at where no other number is given.
const ARTICLES: usize = 8_000;
/// Looks a second.
const RATE: &str = "997";
const PROFILE: &str = "flame";
/// What the frames that stand at the bottom of a stack are called.
const BOTTOM: &str = "Detector::observe";

/// Draws the picture.
pub(crate) fn run(name: &str, articles: Option<usize>) -> anyhow::Result<ExitCode> {
    ensure!(
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
        "{name:?}: letters, digits and hyphens"
    );
    let root = tree::root();
    build(&root)?;
    let articles = articles.unwrap_or(ARTICLES);
    let folder = tempfile::tempdir()?;
    let record = folder.path().join("perf.data");
    let mut perf = Command::new("perf");
    perf.args(["record", "-q", "-e", "cpu-clock", "-F", RATE, "--call-graph", "fp", "-o"]);
    perf.arg(&record).arg("--").arg(root.join("target").join(PROFILE).join("xtask"));
    perf.args(["bench", "detect-method", "--method", Name::Wirefold.name()]);
    perf.args(["--set", Set::Plain.name(), "--articles", &articles.to_string()]);
    let status =
        perf.stdout(Stdio::null()).status().context("run perf, of the package linux-perf")?;
    ensure!(status.success(), "perf record ended with {status}");
    let mut script = Command::new("perf");
    script.args(["script", "--no-inline", "-F", "ip,sym", "-i"]).arg(&record);
    let output = script.stderr(Stdio::null()).output()?;
    ensure!(output.status.success(), "perf script ended with {}", output.status);
    let stacks = Stacks::read(&String::from_utf8_lossy(&output.stdout), BOTTOM);
    ensure!(stacks.looks() > 0, "no stack has {BOTTOM} in it");
    let title = format!("The detector on {articles} articles of the plain set: {name}");
    let path = format!("docs/flame/detect-{name}.svg");
    std::fs::create_dir_all(root.join("docs/flame"))?;
    std::fs::write(root.join(&path), svg::drawn(&stacks, &title))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{path}: {} looks", stacks.looks())?;
    for (function, share) in stacks.heaviest(20) {
        writeln!(out, "{:5.1} %  {function}", 100.0 * share)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn build(root: &Path) -> anyhow::Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--profile", PROFILE, "--locked", "-p", "xtask"]);
    let status =
        cargo.env("RUSTFLAGS", "-C force-frame-pointers=yes").current_dir(root).status()?;
    ensure!(status.success(), "cargo ended with {status}");
    Ok(())
}
