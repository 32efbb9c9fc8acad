//! `bench detect`: the detector and other methods on the same articles and one core. Each method has a
//! process of its own, so that its memory can be measured. Time is the processor time of one thread.

mod article;
mod child;
mod document;
pub(super) mod flame;
mod folds;
mod hint;
pub(super) mod instructions;
mod method;
mod ours;
mod rivals;
mod set;
mod times;

use child::Results;
pub(super) use child::{Child, run_child};
use document::Measured;
use method::STEP_NAMES;
use rivals::{MethodName, RIVALS};
use set::Set;

use super::goal::Goal;
use super::goals;
use super::own_process::{own_process, results_of};
use super::report::Report;
use crate::machine::file_system;

/// The number of articles of a run, also for a quick one.
const ARTICLES: usize = 20_000;
const QUICK: usize = 4_000;
/// The number of windows that pass, and the most articles of one.
const WINDOWS: usize = 3;
const OF_A_WINDOW: usize = 100_000;
/// The most by which memory may grow once the window slides. It loses one of its seven days at a time.
const FLAT: f64 = 1.25;

/// The arguments of `bench detect`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Less of everything, for a look: no figures to publish.
    #[arg(long, conflicts_with = "articles")]
    quick: bool,
    /// How many articles of each set, up to some millions [default: 20000].
    #[arg(long, value_name = "N")]
    pub(super) articles: Option<usize>,
    /// Lets three windows pass by as well, to see whether memory stays flat.
    #[arg(long)]
    sliding: bool,
    /// Only the detector, on the plain set: for a million articles.
    #[arg(long, conflicts_with = "sliding")]
    alone: bool,
    /// Writes the tables into docs/performance.md, in place of those of as many articles.
    #[arg(long, conflicts_with = "quick")]
    pub(super) write: bool,
    /// Counts the detector's instructions by step instead; needs `valgrind`.
    #[arg(long, conflicts_with_all = ["quick", "sliding", "alone", "flame"])]
    pub(super) instructions: bool,
    /// Draws where the detector's time goes into docs/flame/detect-NAME.svg instead; needs `perf`.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["quick", "sliding", "write"])]
    pub(super) flame: Option<String>,
}

/// Measures all methods, in turn.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let count = arguments.articles.unwrap_or(if arguments.quick { QUICK } else { ARTICLES });
    let file_system = file_system(&std::env::temp_dir())?;
    let mut report = Report::new("wirefold.bench.detect/2", arguments.quick, file_system);
    report.articles(count as u64);
    let mut measured = Vec::new();
    if arguments.alone {
        let results = measure(MethodName::Wirefold, Set::Plain, count, 1)?;
        measured.push(Measured { method: MethodName::Wirefold, set: Set::Plain, results });
        describe_alone(&mut report, &measured);
        return end(arguments, count, &measured, report);
    }
    for set in [Set::Plain, Set::Hard] {
        for method in RIVALS.into_iter().chain([MethodName::Wirefold]) {
            measured.push(Measured { method, set, results: measure(method, set, count, 1)? });
        }
        describe_set(&mut report, set, &measured);
    }
    let results = measure(MethodName::Wirefold, Set::News, count, 1)?;
    describe_news(&mut report, &results);
    measured.push(Measured { method: MethodName::Wirefold, set: Set::News, results });
    if arguments.sliding {
        let of_a_window = count.min(OF_A_WINDOW);
        let sliding = measure(MethodName::Wirefold, Set::News, of_a_window, WINDOWS)?;
        describe_sliding(&mut report, of_a_window, &sliding);
    }
    end(arguments, count, &measured, report)
}

fn end(
    arguments: &Arguments,
    count: usize,
    measured: &[Measured],
    report: Report,
) -> anyhow::Result<()> {
    if arguments.write {
        document::write(count, measured)?;
    }
    report.print()
}

/// Measures a method in a child, over this many windows.
fn measure(
    method: MethodName,
    set: Set,
    articles: usize,
    windows: usize,
) -> anyhow::Result<Results> {
    let mut child = own_process("detect-method")?;
    child.args(["--method", method.name(), "--set", set.name()]);
    results_of(child.args(["--articles", &articles.to_string(), "--windows", &windows.to_string()]))
}

/// Reports all methods on one set with planted reprints, the detector last.
fn describe_set(report: &mut Report, set: Set, measured: &[Measured]) {
    const ANCHOR: &str = "SimHash";
    let Some(anchor) = document::find(measured, MethodName::Simhash, set).map(Results::speed)
    else {
        return;
    };
    for Measured { method, results, .. } in measured.iter().filter(|one| one.set == set) {
        let title = format!("{}: {}", set.name(), method.title());
        report.add(title, results.speed(), "articles/s").beside(ANCHOR, anchor);
        if *method == MethodName::Wirefold {
            report.goal_of_ratio(goals::ALL_STEPS);
            describe_ours(report, results, anchor);
            if let Some(minhash) = document::find(measured, MethodName::OnePermutation, set) {
                let judged = 1e6 / results.spread.judged().max(f64::MIN_POSITIVE);
                report.add("… until the story is judged, of MinHash", judged, "articles/s");
                report.beside(MethodName::OnePermutation.title(), minhash.speed());
                report.goal_of_ratio(goals::JUDGED_OF_MINHASH);
            }
        }
        report.add("… p50", results.spread.p50, "ms");
        report.add("… p99", results.spread.p99, "ms");
        report.add("… memory", results.bytes / 1e3, "KB/article");
        report.add("… precision", results.names.precision(), "");
        report.add("… recall", results.names.recall(), "");
        report.add("… F1 of pairs in one story", results.folds.f1(), "");
    }
}

/// Reports the detector without any other method.
fn describe_alone(report: &mut Report, measured: &[Measured]) {
    for Measured { results, .. } in measured {
        report.add("wirefold, all steps", results.speed(), "articles/s");
        describe_steps(report, results);
        report.add("… p50", results.spread.p50, "ms");
        report.add("… p99", results.spread.p99, "ms").goal(goals::VERDICT_P99);
    }
}

/// Reports the detector beside SimHash.
fn describe_ours(report: &mut Report, results: &Results, anchor: f64) {
    let judged = 1e6 / results.spread.judged().max(f64::MIN_POSITIVE);
    report.add("… until the story is judged", judged, "articles/s").beside("SimHash", anchor);
    report.goal_of_ratio(goals::JUDGED);
    describe_steps(report, results);
}

/// Reports the figures of the detector alone.
fn describe_steps(report: &mut Report, results: &Results) {
    for (name, step) in STEP_NAMES.iter().zip(results.spread.steps) {
        report.add(format!("… {name}"), step, "µs");
    }
    for (name, bytes) in &results.tables {
        report.add(format!("… {name}"), *bytes, "written bytes/article");
    }
    for (held, micros) in &results.spread.by_size {
        report.add(format!("… with {held} held"), 1e6 / micros, "articles/s");
    }
    let growth = "… the last tenth's time by the first's";
    report.add(growth, results.spread.growth, "").goal(goals::GROWTH);
    report.add("… memory of the open day", results.open / 1e3, "KB/article").goal(goals::OPEN);
    report.add("… of days that are over", results.sealed / 1e3, "KB/article").goal(goals::SEALED);
}

/// Reports the detector on all kinds of news.
fn describe_news(report: &mut Report, results: &Results) {
    const TIMES: &str = "all steps";
    report.add("news: wirefold, all steps", results.speed(), "articles/s");
    report.add("… SimHash, the hint, in all this", hint::nanoseconds(), "ns");
    report.beside(TIMES, results.spread.mean * 1e3);
    let (hostile, mean, slowest) = results.spread.hostile;
    report.add(format!("… {hostile} hostile articles apart, each"), mean, "µs");
    report.beside(TIMES, results.spread.mean);
    report.add("… the slowest of them", slowest, "ms");
    for (name, count) in &results.work {
        report.add(
            format!("… work: {name}"),
            *count as f64 / results.articles as f64,
            "an article",
        );
    }
    report.add("… p50", results.spread.p50, "ms");
    report.add("… p99", results.spread.p99, "ms").goal(goals::VERDICT_P99);
    report.add("… memory", results.bytes, "bytes/article").beside("its text", results.text_bytes);
    if let Some(snapshot_costs) = results.snapshot_costs {
        report.add("… a snapshot: judging waits", snapshot_costs.stall, "ms");
        report.add("… a snapshot: written beside", snapshot_costs.write, "s");
        report.add("… a snapshot: read at a start", snapshot_costs.read, "s").goal(goals::RESTART);
        report.add("… a snapshot: read with its texts", snapshot_costs.read_texts, "s");
        for (what, bytes) in
            [("… a snapshot", snapshot_costs.bytes), ("… without texts", snapshot_costs.tables)]
        {
            let each = bytes / results.articles as f64;
            report.add(what, each, "bytes/article").beside("its text", results.text_bytes);
        }
    }
    let folds = &results.folds;
    let pairs = [("precision", folds.precision()), ("recall", folds.recall()), ("F1", folds.f1())];
    for (name, value) in pairs {
        report.add(format!("… {name} of pairs in one story"), value, "");
    }
}

/// Reports the memory while the window slides, compared with the first time that it was full.
fn describe_sliding(report: &mut Report, of_a_window: usize, results: &Results) {
    let Some(first) = results.by_window.first() else { return };
    for (past, bytes) in results.by_window.iter().enumerate() {
        let what = match past {
            0 => format!("… memory as a window of {of_a_window} fills"),
            1 => "… after another window".to_owned(),
            _ => "… and another".to_owned(),
        };
        report.add(what, *bytes, "bytes/article").beside("the first", *first);
        if past > 0 {
            report.goal_of_ratio(Goal::AtMost(FLAT));
        }
    }
}

#[cfg(test)]
mod tests;
