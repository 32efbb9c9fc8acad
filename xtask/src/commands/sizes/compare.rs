//! The table with which we compare ourselves with other codebases: our figure, our goal, and theirs.
//!
//! Figures that take long to measure are read from the pages on which their commands write them.

use super::documented::Documented;
use super::journey::Journey;
use super::spread::Spread;
use super::{Measured, conformance, graph, recorded};
use crate::table::Table;
use crate::tree::{File, Tree};

/// One line of the table.
pub(super) struct Row {
    pub(super) point: &'static str,
    pub(super) ours: String,
    pub(super) goal: &'static str,
    /// The same figure of others.
    pub(super) anchors: &'static str,
}

/// The measured code.
pub(super) struct Code<'a> {
    pub(super) tree: &'a Tree,
    /// The files without tests.
    pub(super) shipped: &'a [&'a File],
    /// Their lengths, largest first.
    pub(super) files: &'a [Measured],
    pub(super) functions: &'a [Measured],
}

/// The whole table.
///
/// # Errors
/// `cargo tree` fails.
pub(super) fn table(code: &Code<'_>) -> anyhow::Result<Table> {
    let mut table = Table::new(&["point", "ours", "goal", "anchors"]);
    for Row { point, ours, goal, anchors } in [reading(code), building(code)?].into_iter().flatten()
    {
        table.row([point, &ours, goal, anchors]);
    }
    Ok(table)
}

/// The points about the text of the code.
fn reading(code: &Code<'_>) -> Vec<Row> {
    let lines: usize = code.files.iter().map(|file| file.lines).sum();
    let per_thousand = |call: &str| {
        let calls: usize = code.shipped.iter().map(|file| file.code().matches(call).count()).sum();
        format!("{:.1}", 1000.0 * calls as f64 / lines.max(1) as f64)
    };
    let panics =
        format!("{} + {}", per_thousand(concat!(".unw", "rap()")), per_thousand(".expect("));
    let product = code.shipped.iter().filter(|file| !file.path.starts_with("xtask/"));
    let sources: Vec<(&str, &str)> =
        product.map(|file| (file.path.as_str(), file.code())).collect();
    let journey = Journey::of(recorded::text(code.tree, "ARCHITECTURE.md"), &sources);
    let hops = format!(
        "{} functions in {}, {} hops",
        journey.functions,
        journey.describe_extent(),
        journey.hops
    );
    let lengths = |measured: &[Measured], percent: usize| {
        Spread::of(measured.iter().map(|one| one.lines)).summary(percent)
    };
    vec![
        row(
            "hops of one article",
            hops,
            "<= 12 functions, 40 files with calls, 3 hops and one for alerts",
            "miniflux 7, vector ~10, quickwit 8 actors",
        ),
        row(
            "file length without tests",
            lengths(code.files, 90),
            "median <= 150, p90 <= 350, max <= 400",
            "median 72-221, max 1,084-15,000",
        ),
        row(
            "function length",
            lengths(code.functions, 99),
            "median <= 10, p99 <= 60, max <= 80",
            "p99 90-350",
        ),
        row(
            "unwrap + expect in 1,000 lines",
            panics,
            "0 + <= 1",
            "linkerd 2.6, vector 6.3, arroyo 17",
        ),
        row(
            "documented public items",
            Documented::of(code.shipped.iter().map(|file| file.code())).summary(),
            "100 %",
            "jiff 95 %, uv 77 %, quickwit 48 %",
        ),
        row(
            "first reading: files from the README",
            recorded::first_reading(code.tree),
            "<= 2 each",
            "",
        ),
    ]
}

/// The points about tests, settings and builds.
fn building(code: &Code<'_>) -> anyhow::Result<Vec<Row>> {
    let tree = code.tree;
    let crates =
        format!("{} / {}", graph::shipped("wirefold-dedup")?, graph::shipped("wirefold-detector")?);
    let all = format!("{} in the binary, {} locked", graph::shipped("wirefold")?, graph::locked()?);
    let [binary, data] = graph::binary();
    let size = if data.is_empty() { binary } else { format!("{binary} of code, {data} of data") };
    Ok(vec![
        row("crates of dedup / detector", crates, "<= 12 / <= 45", "vector: all of it"),
        row(
            "bus conformance",
            conformance::summary(tree),
            ">= 14 tests x 3 buses",
            "watermill 16, with switches",
        ),
        row(
            "lost or doubled under faults",
            recorded::faults(tree),
            "0 unreported in >= 1,000 runs",
            "vector loses on a crash",
        ),
        row("config keys undocumented", recorded::undocumented_keys(tree), "0", "janus 0"),
        row("sample settings unparsed", recorded::unparsed_samples(tree), "0", "janus 0"),
        row("first output, nothing built", recorded::build_time(tree), "<= 120 s", ""),
        row("crates", all, "<= 300", "vector 1,286"),
        row("binary", size, "<= 20 MB of code, 15 MB of data", ""),
    ])
}

fn row(point: &'static str, ours: String, goal: &'static str, anchors: &'static str) -> Row {
    Row { point, ours, goal, anchors }
}
