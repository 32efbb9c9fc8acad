//! `cargo xtask sizes`: compares this codebase with others, each figure with its goal. Then it prints the
//! repeated passages, the lines of product and tests by crate, and the largest files and functions.
//!
//! It never fails: the hard limits are tests in `tests/tidy`, and `cargo xtask dist` refuses a binary that is
//! too large.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::functions::functions;
use crate::table::Table;
use crate::tree::{self, File, Tree};

pub(crate) mod binary;
mod compare;
mod conformance;
mod documented;
mod graph;
mod journey;
mod lines;
mod passages;
mod recorded;
mod spread;

use compare::Code;

/// The number of largest items that are named.
const NAMED: usize = 5;

/// A named place and its length in lines.
struct Measured {
    place: String,
    lines: usize,
}

/// Prints the tables.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let tree = Tree::read(&tree::root());
    let shipped: Vec<&File> = tree.rust().filter(|file| !file.is_test()).collect();
    let files = largest_first(shipped.iter().map(|file| measured_file(file)));
    let functions = largest_first(shipped.iter().flat_map(|file| measured_functions(file)));
    let product: Vec<&File> =
        shipped.iter().copied().filter(|file| !file.path.starts_with("xtask/")).collect();
    let code = Code { tree: &tree, shipped: &shipped, files: &files, functions: &functions };

    let mut out = io::stdout().lock();
    writeln!(out, "{}", compare::table(&code)?)?;
    writeln!(out, "repeated passages of the product: {}\n", passages::repeated(&product))?;
    writeln!(out, "{}", lines::table(&lines::by_crate(&tree)))?;
    writeln!(out, "{}", longest_table("largest files, without tests", &files))?;
    writeln!(out, "{}", longest_table("longest functions", &functions))?;
    Ok(ExitCode::SUCCESS)
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

fn longest_table(what: &str, measured: &[Measured]) -> Table {
    let mut table = Table::new(&["lines", what]);
    for one in measured.iter().take(NAMED) {
        table.row([&one.lines.to_string(), &one.place]);
    }
    table
}
