//! The goals for speed, and the table of them in docs/performance.md.
//!
//! The tables of the other benches come in, as they are in the page; the table of goals goes out. Every bench that
//! writes its tables also writes this one, and `bench goals --write` writes it alone. So nobody copies a figure
//! by hand.

mod bounds;
mod rows;
mod tables;

use std::io::Write as _;

use super::goal::Goal;
use super::marks::{PERFORMANCE, replaced};
use crate::tree;
use rows::{ROWS, Row};

/// The detector until a story is judged, of SimHash with a map, and of the quickest MinHash.
pub(super) const JUDGED: Goal = Goal::AtLeast(2.0);
pub(super) const JUDGED_OF_MINHASH: Goal = Goal::AtLeast(0.5);
/// All steps of the detector, of SimHash with a map.
pub(super) const ALL_STEPS: Goal = Goal::AtLeast(1.2);
/// The time of an article with a full window by that with an almost empty one.
pub(super) const GROWTH: Goal = Goal::AtMost(1.2);
/// The writer's step of an article, in microseconds.
pub(super) const SERIAL: Goal = Goal::AtMost(35.0);
/// Two cores by one: preparing alone, and the detector's stage.
pub(super) const PREPARING: Goal = Goal::AtLeast(1.9);
pub(super) const STAGE: Goal = Goal::AtLeast(1.5);
/// The p99 of a verdict in milliseconds.
pub(super) const VERDICT_P99: Goal = Goal::AtMost(0.5);
/// Memory in KB an article: of sealed days and of the open day.
pub(super) const SEALED: Goal = Goal::AtMost(1.2);
pub(super) const OPEN: Goal = Goal::AtMost(3.0);
/// The seconds from the start of all stages to the first new article.
pub(super) const RESTART: Goal = Goal::AtMost(2.0);
/// All stages over the embedded bus, in articles a second.
pub(super) const PIPELINE: Goal = Goal::AtLeast(5_000.0);
/// Over NATS, of JetStream alone.
pub(super) const NATS_LOOPS: Goal = Goal::AtLeast(0.8);
pub(super) const NATS_PLAINER: Goal = Goal::AtLeast(0.5);
pub(super) const NATS_CHAIN: Goal = Goal::AtLeast(0.35);
pub(super) const NATS_ALWAYS: Goal = Goal::AtLeast(0.95);
/// The p99 from the publication to the output at 20 articles a second, in milliseconds.
pub(super) const LATENCY: Goal = Goal::AtMost(20.0);
/// The budgets of an article in microseconds.
const DETECTOR: Goal = Goal::AtMost(66.0);
const ENRICHER: Goal = Goal::AtMost(120.0);
pub(super) const BUS: Goal = Goal::AtMost(100.0);
pub(super) const READERS: Goal = Goal::AtMost(100.0);

/// The budget of a stage that runs alone.
pub(super) fn budget(stage: &str) -> Option<Goal> {
    match stage {
        "detector" => Some(DETECTOR),
        "enricher" => Some(ENRICHER),
        _ => None,
    }
}

/// Prints the table, and writes it into the page if `is_asked`.
pub(super) fn run(is_asked: bool) -> anyhow::Result<()> {
    let path = tree::root().join(PERFORMANCE);
    let page = std::fs::read_to_string(&path)?;
    if is_asked {
        std::fs::write(&path, with_goals(&page)?)?;
    }
    write!(std::io::stdout().lock(), "{}", table(&page))?;
    Ok(())
}

/// The page with the table of goals that its other tables give.
pub(super) fn with_goals(page: &str) -> anyhow::Result<String> {
    replaced(page, "goals", &table(page))
}

/// The table of goals of a page.
fn table(page: &str) -> String {
    let head = "Written by `cargo xtask bench goals --write` from the tables below.\n\n\
                | what | goal | figure | | measured by |\n|---|--:|--:|---|---|\n";
    let row = |row: &Row| {
        let Row { what, goal, block, .. } = row;
        let (sign, bound) = match goal {
            Goal::AtLeast(bound) => (">=", bound),
            Goal::AtMost(bound) => ("<=", bound),
        };
        let Some(figure) = row.figure(page) else {
            return format!("| {what} | {sign} {bound} | not measured | | `bench {block}` |\n");
        };
        let verdict = if goal.is_met_by(figure.value) { "met" } else { "**missed**" };
        let (shown, day) = (figure.shown, tables::day(page, block));
        format!("| {what} | {sign} {bound} | {shown} | {verdict} | `bench {block}`, {day} |\n")
    };
    let rows: String = ROWS.iter().map(row).collect();
    format!("{head}{rows}\n{}", bounds::bounds(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
<!-- bench goals: begin -->\nold\n<!-- bench goals: end -->
<!-- bench cores: begin -->
`cargo xtask bench cores --write`, 2026-01-02, 2 cores.

| measure | figure | unit | goal | beside it in the same run | is | ratio |
|---|--:|---|---|---|--:|--:|
| preparing alone, one core | 100 | articles/s |  |  |  |  |
| preparing alone, 2 cores | 195 | articles/s | ratio >= 1.90 met | one core | 100 | 1.95 |
| the writer's step of a prepared article | 36.0 | µs | <= 35.0 MISSED |  |  |  |
<!-- bench cores: end -->
<!-- bench detect 20000: begin -->
2026-01-03
| plain set | articles/s | of SimHash | p99, ms | KB an article | precision | recall | F1 of pairs |
|---|--:|--:|--:|--:|--:|--:|--:|
| MinHash by one permutation, 64×2, J ≥ .15 | 900 | 9.00 | 0.17 | 4.5 | 1.00 | 0.89 | 1.00 |
| gaoya, 63×2, J ≥ .15 | 400 | 4.00 | 0.40 | 4.2 | 1.00 | 1.00 | 1.00 |
| wirefold, all steps | 50 | 0.50 | 1.38 | 5.7 | 1.00 | 0.94 | 0.97 |
| wirefold, until the story is judged | 100 | 1.00 | 1.38 | 5.7 | 1.00 | 0.94 | 0.97 |

| hard set | articles/s | of SimHash | p99, ms | KB an article | precision | recall | F1 of pairs |
|---|--:|--:|--:|--:|--:|--:|--:|
| wirefold, all steps | 1 | 0.01 | 1.66 | 6.3 | 1.00 | 0.94 | 0.97 |
<!-- bench detect 20000: end -->
<!-- bench detect 1000000: begin -->
2026-01-04
| wirefold | plain |
|---|--:|
| by articles held, articles/s | 4000: 900, 50000: 600, 1000000: 500 |
| p50, p99, ms | 0.30, 0.60 |
| KB an article, of days that are over and of the open day | 1.1, 3.5 |
<!-- bench detect 1000000: end -->
";

    #[track_caller]
    fn check(row: &str) {
        let table = table(PAGE);
        assert!(table.lines().any(|line| line == row), "{row}\nis not in\n{table}");
    }

    #[test]
    fn figures_come_from_the_tables_and_are_judged() {
        check(
            "| two cores by one: preparing alone | >= 1.9 | 1.95 | met | `bench cores`, 2026-01-02 |",
        );
        check(
            "| writer's step of a prepared article, µs | <= 35 | 36.0 | **missed** | `bench cores`, 2026-01-02 |",
        );
        check(
            "| all steps, of SimHash | >= 1.2 | 0.50 | **missed** | `bench detect 20000`, 2026-01-03 |",
        );
        // The other MinHash is quicker, but finds too little.
        check(
            "| … of the quickest MinHash with a recall of .9 | >= 0.5 | 0.25 | **missed** | `bench detect 20000`, 2026-01-03 |",
        );
        check(
            "| growth from 50,000 to a million articles | <= 1.2 | 1.20 | met | `bench detect 1000000`, 2026-01-04 |",
        );
        check(
            "| p99 of a verdict at a million, ms | <= 0.5 | 0.60 | **missed** | `bench detect 1000000`, 2026-01-04 |",
        );
        check(
            "| memory at a million: sealed days, KB an article | <= 1.2 | 1.1 | met | `bench detect 1000000`, 2026-01-04 |",
        );
        check(
            "| two cores by one: the detector's stage | >= 1.5 | not measured | | `bench cores` |",
        );
    }

    #[test]
    fn a_page_with_new_figures_gets_a_new_table() {
        let written = with_goals(PAGE).unwrap();
        assert!(!written.contains("\nold\n") && written.contains("| 36.0 | **missed** |"));
        assert_eq!(with_goals(&written).unwrap(), written);
        let quicker = with_goals(&written.replace("| 36.0 |", "| 34.0 |")).unwrap();
        assert!(quicker.contains("| <= 35 | 34.0 | met |"), "{quicker}");
    }

    #[test]
    fn the_document_has_the_table_that_its_figures_give() {
        let page = std::fs::read_to_string(tree::root().join(PERFORMANCE)).unwrap();
        let why = "the table of goals is out of date: run `cargo xtask bench goals --write`";
        assert!(with_goals(&page).unwrap() == page, "{why}");
    }
}
