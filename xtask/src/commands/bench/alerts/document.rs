//! The table of `bench alerts`.

use std::fmt::Write as _;

use super::SetResults;
use crate::machine::{self, today};

/// The table of a run.
pub(super) fn block(measured: &[SetResults]) -> String {
    let head = format!(
        "`cargo xtask bench alerts --write`, {}, one of {} cores, load average {:.1} at the end; processor \
         time of one thread.",
        today(),
        machine::cores(),
        machine::load(),
    );
    format!("{head}\n\n{}", table(measured))
}

fn table(measured: &[SetResults]) -> String {
    let mut table = "| subscriptions | p50, ms | p99, ms | p99 less 1 µs a match above 100, ms | matches an article | \
         a further match, ns | MB | MB, nine of ten removed | add, remove, µs | loop p50, ms | loop by p50 |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for SetResults { kind, results } in measured {
        let spread = &results.spread;
        let _ = writeln!(
            table,
            "| {} {} | {:.3} | {:.3} | {:.3} | {:.0} | {:.0} | {:.0} | {:.0} | {:.1}, {:.1} | {:.1} | {:.0} |",
            results.subscriptions,
            kind.name(),
            spread.p50,
            spread.p99,
            spread.p99_of_few,
            spread.matches,
            spread.further,
            results.megabytes,
            results.megabytes_of_tenth,
            results.adding,
            results.removing,
            results.naive.p50,
            results.naive.p50 / spread.p50,
        );
    }
    let preparing = measured.iter().map(|one| one.results.preparing).fold(0.0, f64::max);
    let articles: Vec<String> =
        measured.iter().map(|one| one.results.naive.articles.to_string()).collect();
    let _ = writeln!(
        table,
        "\nTo make an article ready takes up to {preparing:.0} µs in the mean, and is not in these times. The \
         loop ran over {} articles of each set, and found the same subscriptions in all of them.",
        articles.join(", "),
    );
    table
}
