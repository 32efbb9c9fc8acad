//! Writes the tables of `bench enrich` into docs/performance.md.

use std::fmt::Write as _;

use super::child::{STEPS, Told};
use crate::commands::bench::document;
use crate::commands::bench::machine::{self, today};

/// Writes the tables of a run, in place of the previous ones.
pub(super) fn write(told: &Told) -> anyhow::Result<()> {
    let head = format!(
        "`cargo xtask bench enrich --write`, {}, one of {} cores, load average {:.1} at the end; processor \
         time of one thread.",
        today(),
        machine::cores(),
        machine::load(),
    );
    let tables = format!("{}\n{}", table(told), bad_input(told));
    document::put(document::PERFORMANCE, "enrich", &format!("{head}\n\n{tables}"))
}

fn table(told: &Told) -> String {
    let mut table = format!(
        "| texts | number | words | bytes | articles/s | copies/s | µs | {} |\n|---|--:|--:|--:|--:|--:|--:|{}\n",
        STEPS.join(" | "),
        "--:|".repeat(STEPS.len()),
    );
    for set in &told.sets {
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

fn bad_input(told: &Told) -> String {
    let mut table = "| bad input | bytes | ms |\n|---|--:|--:|\n".to_owned();
    for one in &told.hostile {
        let _ = writeln!(table, "| {} | {} | {:.2} |", one.name, one.bytes, one.milliseconds);
    }
    table
}
