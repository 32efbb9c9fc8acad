//! `bench detect --instructions`: counts the instructions of each step of the detector with `valgrind
//! --tool=callgrind`. Counts do not depend on how busy the machine is.
//!
//! Callgrind counts by address. `addr2line` finds the line of each address in the function that goes through the
//! steps, also if a step was inlined into it. The calls of `after_step` in its source separate the steps.

mod callgrind;
mod steps;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, ensure};

use super::flame;
use super::method::STEPS;
use super::rivals::MethodName;
use super::set::Set;
use crate::commands::bench::document;
use crate::commands::bench::marks::PERFORMANCE;
use crate::machine;
use crate::tree;
use steps::Boundaries;

/// The number of articles by default.
const ARTICLES: usize = 4_000;
const SETS: [Set; 3] = [Set::Plain, Set::Hard, Set::News];
const SOURCE: &str = "crates/dedup/src/detector/mod.rs";
/// The work of each step.
const TITLES: [&str; STEPS] = [
    "preparing: words, sentences, names, numbers, shingles, SimHash",
    "fingerprint: boilerplate removed, words and keys looked up",
    "candidates: found, scored and loaded",
    "judgement: alignment, overlap, rules, chrome of new pages",
    "recording: packed text, boilerplate learned, indexes",
    "event: similar stories found and compared",
    "verdict, regrouping, days that end",
];

/// Counts, prints, and writes the table into the page if `is_asked`.
pub(crate) fn run(articles: Option<usize>, is_asked: bool) -> anyhow::Result<ExitCode> {
    let root = tree::root();
    let program = flame::build(&root)?;
    let articles = articles.unwrap_or(ARTICLES);
    let boundaries = Boundaries::read(&std::fs::read_to_string(root.join(SOURCE))?)?;
    let mut counts = Vec::new();
    for set in SETS {
        let found = counted(&program, set, articles, &boundaries)?;
        counts.push(found.map(|count| count as f64 / articles as f64 / 1e3));
    }
    let table = table(&counts);
    write!(std::io::stdout().lock(), "{table}")?;
    if is_asked {
        let head = format!(
            "`cargo xtask bench detect --instructions --articles {articles} --write`, {}: thousands of instructions \
             for an article, counted by callgrind.\n\n",
            machine::today(),
        );
        document::put(PERFORMANCE, "detect instructions", &(head + &table))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The instructions of each step over the first articles of a set.
fn counted(
    program: &Path,
    set: Set,
    articles: usize,
    boundaries: &Boundaries,
) -> anyhow::Result<[u64; STEPS]> {
    let folder = tempfile::tempdir()?;
    let profile = folder.path().join("callgrind.out");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--dump-instr=yes", "--compress-strings=no"]);
    valgrind.args(["--compress-pos=no", "-q"]);
    valgrind.arg(format!("--callgrind-out-file={}", profile.display())).arg(program);
    valgrind.args(["bench", "detect-method", "--method", MethodName::Wirefold.name()]);
    valgrind.args(["--set", set.name(), "--articles", &articles.to_string()]);
    let status = valgrind.stdout(Stdio::null()).status().context("run valgrind")?;
    ensure!(status.success(), "valgrind ended with {status}");
    let costs = callgrind::costs(&std::fs::read_to_string(&profile)?);
    ensure!(!costs.is_empty(), "no function that goes through the steps was counted");
    let named = symbols(program, &costs.keys().copied().collect::<Vec<_>>())?;
    let mut counts = [0; STEPS];
    let mut step = None;
    for (address, frames) in named {
        // An instruction without a line belongs to those before it.
        if frames.iter().any(steps::Frame::has_line) {
            step = boundaries.step(&frames);
        }
        if let Some(step) = step {
            counts[step] += costs.get(&address).copied().unwrap_or_default();
        }
    }
    ensure!(counts.iter().all(|count| *count > 0), "a step without instructions: {counts:?}");
    Ok(counts)
}

/// The frames of each address, also of inlined functions, as `addr2line` names them.
fn symbols(program: &Path, addresses: &[u64]) -> anyhow::Result<Vec<(u64, Vec<steps::Frame>)>> {
    let mut named = Vec::new();
    for some in addresses.chunks(2_000) {
        let mut addr2line = Command::new("addr2line");
        addr2line.args(["--addresses", "--functions", "--inlines", "--demangle", "--exe"]);
        addr2line.arg(program).args(some.iter().map(|address| format!("{address:#x}")));
        let output = addr2line.output().context("run addr2line, of the package binutils")?;
        ensure!(output.status.success(), "addr2line ended with {}", output.status);
        named.extend(steps::frames(&String::from_utf8_lossy(&output.stdout)));
    }
    Ok(named)
}

/// The thousands of instructions of each step, by set.
fn table(counts: &[[f64; STEPS]]) -> String {
    let heads: Vec<&str> = SETS.iter().map(|set| set.name()).collect();
    let mut table =
        format!("| step | {} |\n|---{}|\n", heads.join(" | "), "|--:".repeat(heads.len()));
    let cells = |of: &dyn Fn(&[f64; STEPS]) -> f64| {
        counts.iter().map(|set| format!("{:.0}", of(set))).collect::<Vec<_>>().join(" | ")
    };
    for (step, title) in TITLES.iter().enumerate() {
        let _ = writeln!(table, "| {title} | {} |", cells(&|set| set[step]));
    }
    let _ = writeln!(table, "| all | {} |", cells(&|set| set.iter().sum()));
    table
}
