//! `bench detect`: the detector beside SimHash, MinHash and comparing all with all, on the same
//! texts and one core, each in a process of its own, so that its memory can be told.

mod child;
mod folds;
mod hint;
mod minhash;
mod ours;
mod rivals;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};

pub(super) use child::{Child, run_child};
use child::{STEPS, Told};
use rivals::Name;

use super::machine::file_system;
use super::report::{Goal, Report};

/// Articles of a run, of a quick one, and of one that compares all with all.
const ARTICLES: usize = 100_000;
const QUICK: usize = 4_000;
const NAIVE: usize = 1_000;
/// Windows that pass by, and the most articles of one: the whole is as long as so many runs.
const WINDOWS: usize = 3;
const OF_A_WINDOW: usize = 100_000;
/// What memory may grow by once the window slides: a day of its seven leaves at a time.
const FLAT: f64 = 1.25;

/// How much to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Less of everything, for a look: no figures to publish.
    #[arg(long, conflicts_with = "articles")]
    quick: bool,
    /// How many articles, up to some millions [default: 100000].
    #[arg(long, value_name = "N")]
    articles: Option<usize>,
}

impl Arguments {
    pub(super) fn arguments(&self) -> Vec<PathBuf> {
        let quick = self.quick.then(|| PathBuf::from("--quick"));
        let articles = self.articles.map(|count| format!("--articles={count}").into());
        quick.into_iter().chain(articles).collect()
    }
}

/// Measures all methods, one after the other.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let count = arguments.articles.unwrap_or(if arguments.quick { QUICK } else { ARTICLES });
    let file_system = file_system(&std::env::temp_dir())?;
    let mut report = Report::new("wirefold.bench.detect/1", arguments.quick, file_system);
    report.articles(count as u64);
    let ours = measure(Name::Wirefold, count, 1)?;
    let signature = measure(Name::SimhashSignature, count, 1)?;
    describe_ours(&mut report, &ours, &signature);
    let of_a_window = count.min(OF_A_WINDOW);
    describe_sliding(&mut report, of_a_window, &measure(Name::Wirefold, of_a_window, WINDOWS)?);
    describe(&mut report, Name::SimhashSignature, &signature, &ours);
    for rival in [Name::Simhash, Name::Minhash5, Name::Minhash3] {
        describe(&mut report, rival, &measure(rival, count, 1)?, &ours);
    }
    let few = count.min(NAIVE);
    let ours_of_few = measure(Name::Wirefold, few, 1)?;
    describe(&mut report, Name::Naive, &measure(Name::Naive, few, 1)?, &ours_of_few);
    report.print()
}

/// Has a child measure a method, over so many windows.
fn measure(method: Name, articles: usize, windows: usize) -> anyhow::Result<Told> {
    let mut child = Command::new(std::env::current_exe()?);
    child.args(["bench", "detect-method", "--method", method.name()]);
    child.args(["--articles", &articles.to_string(), "--windows", &windows.to_string()]);
    let output = child.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("what the child tells")
}

/// Each step stands beside the least that any method does: a SimHash of the text.
fn describe_ours(report: &mut Report, told: &Told, signature: &Told) {
    const SIGNATURE: &str = "SimHash alone";
    let judged = told.steps[..STEPS - 1].iter().sum::<f64>();
    report.add("wirefold: all steps", told.speed(), "articles/s").goal(Goal::AtLeast(8_000.0));
    report.beside(SIGNATURE, signature.speed());
    let until_judged = 1e6 / judged.max(f64::MIN_POSITIVE);
    report.add("… fingerprint, candidates, judgement", until_judged, "articles/s");
    report.goal(Goal::AtLeast(20_000.0)).beside(SIGNATURE, signature.speed());
    let names = ["fingerprint", "candidates", "judgement", "events, credit, novelty"];
    for (name, step) in names.iter().zip(told.steps) {
        report.add(format!("… {name}"), step, "µs").beside(SIGNATURE, signature.mean);
    }
    report.add("… SimHash, the hint, in all this", hint::nanoseconds(), "ns");
    report.beside("all steps", told.mean * 1e3);
    for (held, micros) in &told.by_size {
        report.add(format!("… with {held} held"), 1e6 / micros, "articles/s");
    }
    let (hostile, mean, slowest) = told.hostile;
    report.add(format!("… {hostile} hostile articles apart, each"), mean, "µs");
    report.beside(SIGNATURE, signature.hostile.1);
    report.add("… the slowest of them", slowest, "ms").beside(SIGNATURE, signature.hostile.2);
    for (name, count) in &told.work {
        report.add(format!("… work: {name}"), *count as f64 / told.articles as f64, "an article");
    }
    report.add("… p50", told.p50, "ms");
    report.add("… p99", told.p99, "ms").goal(Goal::AtMost(1.0));
    report.add("… memory", told.bytes, "bytes/article").goal(Goal::AtMost(1_200.0));
    report.beside("its text", told.text_bytes);
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
    for (name, value) in accuracy(told) {
        report.add(name, value, "");
    }
}

/// Memory as the window slides: what it was when it was full for the first time, and then.
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

fn describe(report: &mut Report, method: Name, told: &Told, ours: &Told) {
    const OURS: &str = "wirefold";
    let title = format!("{}, {} articles", method.title(), told.articles);
    report.add(title, told.speed(), "articles/s").beside(OURS, ours.speed());
    report.add("… p50", told.p50, "ms").beside(OURS, ours.p50);
    report.add("… p99", told.p99, "ms").beside(OURS, ours.p99);
    report.add("… memory", told.bytes, "bytes/article").beside(OURS, ours.bytes);
    for ((name, value), (_, our_value)) in accuracy(told).into_iter().zip(accuracy(ours)) {
        report.add(name, value, "").beside(OURS, our_value);
    }
}

fn accuracy(told: &Told) -> [(&'static str, f64); 3] {
    let folds = &told.folds;
    [("… precision", folds.precision()), ("… recall", folds.recall()), ("… F1", folds.f1())]
}

#[cfg(test)]
mod tests;
