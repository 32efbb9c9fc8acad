//! `cargo xtask sizes`: how large files, functions, graphs and the binary are, against what we
//! want them to be. It measures and refuses nothing: the hard limits are tests in `tests/tidy`, and
//! `cargo xtask dist` ships no binary that is too large.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::functions::functions;
use crate::table::Table;
use crate::tree::{self, File, Tree};

pub(crate) mod binary;
mod graph;
mod spread;

use spread::Spread;

/// How many of the largest are named.
const NAMED: usize = 5;

/// A named place and its length in lines.
struct Measured {
    place: String,
    lines: usize,
}

/// Prints the measures, then the largest files and functions by name.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let tree = Tree::read(&tree::root());
    let shipped: Vec<&File> = tree.rust().filter(|file| !file.is_test()).collect();
    let files = largest_first(shipped.iter().map(|file| measured_file(file)));
    let functions = largest_first(shipped.iter().flat_map(|file| measured_functions(file)));
    let measures = measures(&shipped, &files, &functions)?;

    let mut out = io::stdout().lock();
    writeln!(out, "{measures}")?;
    writeln!(out, "{}", named("largest files, without tests", &files))?;
    writeln!(out, "{}", named("longest functions", &functions))?;
    Ok(ExitCode::SUCCESS)
}

fn measures(
    shipped: &[&File],
    files: &[Measured],
    functions: &[Measured],
) -> anyhow::Result<Table> {
    let file_spread = Spread::of(files.iter().map(|file| file.lines));
    let function_spread = Spread::of(functions.iter().map(|function| function.lines));
    let lines: usize = files.iter().map(|file| file.lines).sum();
    let expects: usize = shipped.iter().map(|file| file.code().matches(".expect(").count()).sum();
    let per_thousand = 1000.0 * expects as f64 / lines.max(1) as f64;
    let [code, data] = graph::binary();

    let rows = [
        ("crates in the lock file", graph::locked()?, ""),
        ("crates in the binary", graph::shipped("wirefold")?, "<= 300"),
        ("crates in dedup", graph::shipped("wirefold-dedup")?, "<= 12"),
        ("code of the binary shipped", code, "<= 20 MB"),
        ("data that it embeds", data, "<= 15 MB"),
        ("Rust files, without tests", files.len().to_string(), ""),
        ("their lines", lines.to_string(), ""),
        ("file length", file_spread.told(90), "median <= 150, p90 <= 350, max <= 400"),
        ("function length", function_spread.told(99), "median <= 10, p99 <= 60, max <= 80"),
        ("expects in 1,000 lines", format!("{per_thousand:.1}"), "<= 1"),
    ];
    let mut table = Table::new(&["measure", "now", "ours to reach"]);
    for (measure, now, goal) in rows {
        table.row([measure, &now, goal]);
    }
    Ok(table)
}

fn measured_file(file: &File) -> Measured {
    Measured { place: file.path.clone(), lines: file.code().lines().count() }
}

fn measured_functions(file: &File) -> Vec<Measured> {
    let place = |name: &str, line: usize| format!("{}:{line} {name}", file.path);
    let found = functions(file.code()).into_iter();
    found.map(|f| Measured { place: place(f.name, f.line), lines: f.length }).collect()
}

fn largest_first(measured: impl Iterator<Item = Measured>) -> Vec<Measured> {
    let mut measured: Vec<Measured> = measured.collect();
    measured.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.place.cmp(&b.place)));
    measured
}

fn named(what: &str, measured: &[Measured]) -> Table {
    let mut table = Table::new(&["lines", what]);
    for one in measured.iter().take(NAMED) {
        table.row([&one.lines.to_string(), &one.place]);
    }
    table
}
