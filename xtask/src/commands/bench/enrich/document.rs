//! Writes the tables of `bench enrich` into docs/performance.md.

use std::fmt::Write as _;

use super::child::{Results, STEPS};
use crate::commands::bench::document;
use crate::commands::bench::marks::PERFORMANCE;
use crate::machine::{self, today};

/// Writes the tables of a run, in place of the previous ones.
pub(super) fn write(results: &Results) -> anyhow::Result<()> {
    let head = format!(
        "`cargo xtask bench enrich --write`, {}, one of {} cores, load average {:.1} at the end; processor \
         time of one thread.",
        today(),
        machine::cores(),
        machine::load(),
    );
    let tables = format!("{}\n{}", table(results), bad_input(results));
    document::put(PERFORMANCE, "enrich", &format!("{head}\n\n{tables}"))
}

fn table(results: &Results) -> String {
    let mut table = format!(
        "| texts | number | words | bytes | articles/s | copies/s | µs | {} |\n|---|--:|--:|--:|--:|--:|--:|{}\n",
        STEPS.join(" | "),
        "--:|".repeat(STEPS.len()),
    );
    for set in &results.sets {
        let steps: Vec<String> = set.steps.iter().map(|micros| format!("{micros:.1}")).collect();
        let _ = writeln!(
            table,
            "| {} | {} | {:.0} | {:.0} | {:.0} | {} | {:.0} | {} |",
            set.name,
            set.texts,
            set.words,
            set.bytes,
            1e6 / set.micros,
            set.micros_of_copies.map_or_else(String::new, |micros| format!("{:.0}", 1e6 / micros)),
            set.micros,
            steps.join(" | "),
        );
    }
    table
}

fn bad_input(results: &Results) -> String {
    let mut table = "| bad input | bytes | ms |\n|---|--:|--:|\n".to_owned();
    for one in &results.hostile {
        let _ = writeln!(table, "| {} | {} | {:.2} |", one.name, one.bytes, one.milliseconds);
    }
    table
}
