//! `bench detect`: the detector and other methods on the same articles and one core. Each method has a
//! process of its own, so that its memory can be measured. Time is the processor time of one thread.

mod child;
mod document;
pub(super) mod flame;
mod folds;
mod hint;
mod ours;
mod rivals;
mod set;
mod times;

use child::Told;
pub(super) use child::{Article, Child, run_child};
use document::Measured;
use rivals::{Name, RIVALS};
pub(super) use set::NEWS;
use set::Set;

use super::machine::file_system;
use super::own_process::{own_process, told};
use super::report::{Goal, Report};

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
    /// Writes the tables into docs/performance.md, in place of those of as many articles.
    #[arg(long, conflicts_with = "quick")]
    write: bool,
    /// Draws where the detector's time goes into docs/flame/detect-NAME.svg instead; needs `perf`.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["quick", "sliding", "write"])]
    pub(super) flame: Option<String>,
}

/// Measures all methods, one after the other.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let count = arguments.articles.unwrap_or(if arguments.quick { QUICK } else { ARTICLES });
    let file_system = file_system(&std::env::temp_dir())?;
    let mut report = Report::new("wirefold.bench.detect/2", arguments.quick, file_system);
    report.articles(count as u64);
    let mut measured = Vec::new();
    for set in [Set::Plain, Set::Hard] {
        for method in RIVALS.into_iter().chain([Name::Wirefold]) {
            measured.push(Measured { method, set, told: measure(method, set, count, 1)? });
        }
        describe_set(&mut report, set, &measured);
    }
    let told = measure(Name::Wirefold, Set::News, count, 1)?;
    describe_news(&mut report, &told);
    measured.push(Measured { method: Name::Wirefold, set: Set::News, told });
    if arguments.sliding {
        let of_a_window = count.min(OF_A_WINDOW);
        let sliding = measure(Name::Wirefold, Set::News, of_a_window, WINDOWS)?;
        describe_sliding(&mut report, of_a_window, &sliding);
    }
    if arguments.write {
        document::write(count, &measured)?;
    }
    report.print()
}

/// Measures a method in a child, over this many windows.
fn measure(method: Name, set: Set, articles: usize, windows: usize) -> anyhow::Result<Told> {
    let mut child = own_process("detect-method")?;
    child.args(["--method", method.name(), "--set", set.name()]);
    told(child.args(["--articles", &articles.to_string(), "--windows", &windows.to_string()]))
}

/// Reports all methods on one set with planted reprints, the detector last.
fn describe_set(report: &mut Report, set: Set, measured: &[Measured]) {
    const ANCHOR: &str = "SimHash";
    let Some(anchor) = document::find(measured, Name::Simhash, set).map(Told::speed) else {
        return;
    };
    for Measured { method, told, .. } in measured.iter().filter(|one| one.set == set) {
        let title = format!("{}: {}", set.name(), method.title());
        report.add(title, told.speed(), "articles/s").beside(ANCHOR, anchor);
        if *method == Name::Wirefold {
            report.goal_of_ratio(Goal::AtLeast(1.2));
            describe_ours(report, told, anchor);
            if let Some(minhash) = document::find(measured, Name::OnePermutation, set) {
                let judged = 1e6 / told.spread.judged().max(f64::MIN_POSITIVE);
                report.add("… until the story is judged, of MinHash", judged, "articles/s");
                report.beside(Name::OnePermutation.title(), minhash.speed());
                report.goal_of_ratio(Goal::AtLeast(0.5));
            }
        }
        report.add("… p50", told.spread.p50, "ms");
        report.add("… p99", told.spread.p99, "ms");
        report.add("… memory", told.bytes / 1e3, "KB/article");
        report.add("… precision", told.names.precision(), "");
        report.add("… recall", told.names.recall(), "");
        report.add("… F1 of pairs in one story", told.folds.f1(), "");
    }
}

/// Reports the figures of the detector alone.
fn describe_ours(report: &mut Report, told: &Told, anchor: f64) {
    let judged = 1e6 / told.spread.judged().max(f64::MIN_POSITIVE);
    report.add("… until the story is judged", judged, "articles/s").beside("SimHash", anchor);
    report.goal_of_ratio(Goal::AtLeast(2.0));
    let names = ["preparing", "fingerprint", "candidates", "judgement", "events, credit, novelty"];
    for (name, step) in names.iter().zip(told.spread.steps) {
        report.add(format!("… {name}"), step, "µs");
    }
    for (held, micros) in &told.spread.by_size {
        report.add(format!("… with {held} held"), 1e6 / micros, "articles/s");
    }
    let growth = "… the last tenth's time by the first's";
    report.add(growth, told.spread.growth, "").goal(Goal::AtMost(1.2));
    report.add("… memory of the open day", told.open / 1e3, "KB/article").goal(Goal::AtMost(3.0));
    report.add("… of days that are over", told.sealed / 1e3, "KB/article").goal(Goal::AtMost(1.2));
}

/// Reports the detector on all kinds of news.
fn describe_news(report: &mut Report, told: &Told) {
    const TIMES: &str = "all steps";
    report.add("news: wirefold, all steps", told.speed(), "articles/s");
    report.add("… SimHash, the hint, in all this", hint::nanoseconds(), "ns");
    report.beside(TIMES, told.spread.mean * 1e3);
    let (hostile, mean, slowest) = told.spread.hostile;
    report.add(format!("… {hostile} hostile articles apart, each"), mean, "µs");
    report.beside(TIMES, told.spread.mean);
    report.add("… the slowest of them", slowest, "ms");
    for (name, count) in &told.work {
        report.add(format!("… work: {name}"), *count as f64 / told.articles as f64, "an article");
    }
    report.add("… p50", told.spread.p50, "ms");
    report.add("… p99", told.spread.p99, "ms").goal(Goal::AtMost(0.5));
    report.add("… memory", told.bytes, "bytes/article").beside("its text", told.text_bytes);
    if let Some(kept) = told.kept {
        report.add("… a snapshot: judging waits", kept.stall, "ms");
        report.add("… a snapshot: written beside", kept.write, "s");
        report.add("… a snapshot: read at a start", kept.read, "s").goal(Goal::AtMost(2.0));
        report.add("… a snapshot: read with its texts", kept.read_texts, "s");
        for (what, bytes) in [("… a snapshot", kept.bytes), ("… without texts", kept.tables)] {
            let each = bytes / told.articles as f64;
            report.add(what, each, "bytes/article").beside("its text", told.text_bytes);
        }
    }
    let folds = &told.folds;
    let pairs = [("precision", folds.precision()), ("recall", folds.recall()), ("F1", folds.f1())];
    for (name, value) in pairs {
        report.add(format!("… {name} of pairs in one story"), value, "");
    }
}

/// Reports the memory while the window slides, compared with the first time that it was full.
fn describe_sliding(report: &mut Report, of_a_window: usize, told: &Told) {
    let Some(first) = told.by_window.first() else { return };
    for (past, bytes) in told.by_window.iter().enumerate() {
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
