//! `cargo xtask sizes`: prints the size of crates, files, functions, dependency graphs and the binary, the
//! length of an article's path, and the number of repeated passages, each with its goal. It never fails: the
//! hard limits are tests in `tests/tidy`, and `cargo xtask dist` refuses a binary that is too large.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::functions::functions;
use crate::table::Table;
use crate::tree::{self, File, Tree};

pub(crate) mod binary;
mod documented;
mod graph;
mod journey;
mod lines;
mod passages;
mod spread;

use documented::Documented;
use journey::Journey;
use spread::Spread;

/// The number of largest items that are named.
const NAMED: usize = 5;

/// A named place and its length in lines.
struct Measured {
    place: String,
    lines: usize,
}

/// Prints the figures, then the largest files and functions by name.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let tree = Tree::read(&tree::root());
    let shipped: Vec<&File> = tree.rust().filter(|file| !file.is_test()).collect();
    let files = largest_first(shipped.iter().map(|file| measured_file(file)));
    let functions = largest_first(shipped.iter().flat_map(|file| measured_functions(file)));
    let measures = measures(&tree, &shipped, &files, &functions)?;

    let mut out = io::stdout().lock();
    writeln!(out, "{measures}")?;
    writeln!(out, "{}", lines::table(&lines::by_crate(&tree)))?;
    writeln!(out, "{}", longest_table("largest files, without tests", &files))?;
    writeln!(out, "{}", longest_table("longest functions", &functions))?;
    Ok(ExitCode::SUCCESS)
}

fn measures(
    tree: &Tree,
    shipped: &[&File],
    files: &[Measured],
    functions: &[Measured],
) -> anyhow::Result<Table> {
    let file_spread = Spread::of(files.iter().map(|file| file.lines));
    let function_spread = Spread::of(functions.iter().map(|function| function.lines));
    let lines: usize = files.iter().map(|file| file.lines).sum();
    let per_thousand = |call: &str| {
        let calls: usize = shipped.iter().map(|file| file.code().matches(call).count()).sum();
        format!("{:.1}", 1000.0 * calls as f64 / lines.max(1) as f64)
    };
    let [code, data] = graph::binary();
    let documented = Documented::of(shipped.iter().map(|file| file.code()));
    let product: Vec<&File> =
        shipped.iter().copied().filter(|file| !file.path.starts_with("xtask/")).collect();
    let map = tree.files.iter().find(|file| file.path == "ARCHITECTURE.md");
    let journey = Journey::of(map.map_or("", |file| &file.text));

    let rows = [
        ("crates in the lock file", graph::locked()?, ""),
        ("crates in the binary", graph::shipped("wirefold")?, "<= 300"),
        ("crates in dedup", graph::shipped("wirefold-dedup")?, "<= 12"),
        ("crates in detector", graph::shipped("wirefold-detector")?, "<= 45"),
        ("code of the binary shipped", code, "<= 20 MB"),
        ("data that it embeds", data, "<= 15 MB"),
        ("Rust files, without tests", files.len().to_string(), ""),
        ("their lines", lines.to_string(), ""),
        ("file length", file_spread.summary(90), "median <= 150, p90 <= 350, max <= 400"),
        ("function length", function_spread.summary(99), "median <= 10, p99 <= 60, max <= 80"),
        ("unwraps in 1,000 lines", per_thousand(concat!(".unw", "rap()")), "0"),
        ("expects in 1,000 lines", per_thousand(".expect("), "<= 1"),
        ("public items documented", documented.summary(), "100 %"),
        ("repeated passages of the product", passages::repeated(&product).to_string(), ""),
        ("functions of an article's journey", journey.functions.to_string(), "<= 12"),
        ("hops over the bus", journey.hops.to_string(), "3, and one for alerts"),
        ("files and crates of these functions", journey.describe_extent(), ""),
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

fn longest_table(what: &str, measured: &[Measured]) -> Table {
    let mut table = Table::new(&["lines", what]);
    for one in measured.iter().take(NAMED) {
        table.row([&one.lines.to_string(), &one.place]);
    }
    table
}
