//! The tables of `bench detect`.

use std::fmt::Write as _;

use super::child::Results;
use super::method::STEP_NAMES;
use super::rivals::MethodName;
use super::set::Set;
use crate::machine;

/// The results of a method on a set.
pub(super) struct Measured {
    pub(super) method: MethodName,
    pub(super) set: Set,
    pub(super) results: Results,
}

/// The results of a method on a set, if it was measured.
fn find(measured: &[Measured], method: MethodName, set: Set) -> Option<&Results> {
    let found = measured.iter().find(|one| one.method == method && one.set == set);
    found.map(|one| &one.results)
}

/// The tables of a run over this many articles.
pub(super) fn block(articles: usize, measured: &[Measured]) -> String {
    let is_alone = measured.iter().all(|one| one.method == MethodName::Wirefold);
    let alone = if is_alone { " --alone" } else { "" };
    let head = format!(
        "`cargo xtask bench detect --articles {articles}{alone} --write`, {}, one of {} cores, load average {:.1} at \
         the end; processor time of one thread, every method pinned to the same core.\n\n",
        machine::today(),
        machine::cores(),
        machine::load(),
    );
    let sets = if is_alone { &[][..] } else { &[Set::Plain, Set::Hard] };
    let tables: String = sets.iter().map(|set| methods(measured, *set)).collect();
    format!("{head}{tables}{}", ours(measured))
}

/// All methods on one set.
fn methods(measured: &[Measured], set: Set) -> String {
    let anchor = find(measured, MethodName::Simhash, set).map_or(f64::NAN, Results::speed);
    let mut table = format!(
        "| {} set | articles/s | of SimHash | p99, ms | KB an article | precision | recall | F1 of pairs |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|\n",
        set.name()
    );
    let mut row = |title: &str, speed: f64, results: &Results| {
        let _ = writeln!(
            table,
            "| {title} | {speed:.0} | {:.2} | {:.2} | {:.1} | {:.2} | {:.2} | {:.2} |",
            speed / anchor,
            results.spread.p99,
            results.bytes / 1e3,
            results.names.precision(),
            results.names.recall(),
            results.folds.f1(),
        );
    };
    for Measured { method, results, .. } in measured.iter().filter(|one| one.set == set) {
        row(method.title(), results.speed(), results);
        if *method == MethodName::Wirefold {
            row("wirefold, until the story is judged", 1e6 / results.spread.judged(), results);
        }
    }
    table + "\n"
}

/// The detector alone on all sets.
fn ours(measured: &[Measured]) -> String {
    let sets: Vec<&Measured> =
        measured.iter().filter(|one| one.method == MethodName::Wirefold).collect();
    let heads: Vec<&str> = sets.iter().map(|one| one.set.name()).collect();
    let mut table =
        format!("| wirefold | {} |\n|---{}|\n", heads.join(" | "), "|--:".repeat(sets.len()));
    let mut row = |what: &str, value: &dyn Fn(&Results) -> String| {
        let cells: Vec<String> = sets.iter().map(|one| value(&one.results)).collect();
        let _ = writeln!(table, "| {what} | {} |", cells.join(" | "));
    };
    let steps =
        |results: &Results| results.spread.steps.map(|step| format!("{step:.0}")).join(", ");
    row("all steps, articles/s", &|results| format!("{:.0}", results.speed()));
    row(&format!("{}, µs", STEP_NAMES.join(", ")), &steps);
    row("by articles held, articles/s", &|results| {
        let sizes = results.spread.by_size.iter();
        let sizes = sizes.map(|(held, micros)| format!("{held}: {:.0}", 1e6 / micros));
        sizes.collect::<Vec<_>>().join(", ")
    });
    row("time of the last tenth by that of the first", &|results| {
        format!("{:.2}", results.spread.growth)
    });
    row("p50, p99, ms", &|results| format!("{:.2}, {:.2}", results.spread.p50, results.spread.p99));
    row("… p99 of preparing alone, and of all other steps, ms", &|results| {
        let [preparing, others] = results.spread.p99_of_parts;
        format!("{preparing:.2}, {others:.2}")
    });
    row("KB an article, of days that are over and of the open day", &|results| {
        format!("{:.1}, {:.1}", results.sealed / 1e3, results.open / 1e3)
    });
    row("hostile articles: how many, each µs, the slowest ms", &|results| {
        let (count, mean, slowest) = results.spread.hostile;
        if count == 0 { String::new() } else { format!("{count}, {mean:.0}, {slowest:.0}") }
    });
    row("pairs in one story: precision, recall, F1", &|results| {
        let folds = &results.folds;
        format!("{:.3}, {:.3}, {:.3}", folds.precision(), folds.recall(), folds.f1())
    });
    for name in work_rows(&sets) {
        row(&format!("{name}, an article"), &|results| {
            let count =
                results.work.iter().find(|(its, _)| *its == name).map_or(0, |(_, count)| *count);
            format!("{:.0}", count as f64 / results.articles as f64)
        });
    }
    table
}

fn work_rows(sets: &[&Measured]) -> Vec<String> {
    let first = sets.first().map(|one| one.results.work.as_slice()).unwrap_or_default();
    first.iter().map(|(name, _)| name.clone()).collect()
}
