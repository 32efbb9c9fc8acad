//! `bench enrich`: the time of the enricher for an article, by language and by step, and the most that bad
//! input takes. It runs in a process of its own on one core.

mod child;
mod document;
mod hostile;
mod sets;

pub(super) use child::{Child, run_child};
use child::{MeasuredHostile, MeasuredSet, Results};

use super::BareArguments;
use super::goal::Goal;
use super::own_process::{own_process, results_of};
use super::report::Report;
use crate::machine::file_system;

/// The number of texts of a set, also for a quick run.
const TEXTS: usize = 400;
const QUICK: usize = 40;
/// The goals: articles a second of English news and of any other language, and how much quicker a copy must
/// be.
const ENGLISH: f64 = 8_000.0;
const OTHERS: f64 = 4_000.0;
const COPIES: f64 = 4.0;
/// The most that bad input may take, in milliseconds.
const WORST: f64 = 50.0;

/// Measures all sets, in turn.
pub(super) fn run(arguments: &BareArguments) -> anyhow::Result<()> {
    let file_system = file_system(&std::env::temp_dir())?;
    let mut report = Report::new("wirefold.bench.enrich/1", arguments.quick, file_system);
    let texts = if arguments.quick { QUICK } else { TEXTS };
    let results: Results =
        results_of(own_process("enrich-sets")?.args(["--texts", &texts.to_string()]))?;
    report.articles(results.sets.iter().map(|set| set.texts as u64).sum());
    results.sets.iter().for_each(|set| describe(&mut report, set));
    results.hostile.iter().for_each(|one| describe_hostile(&mut report, one));
    if arguments.write {
        document::write(&results)?;
    }
    report.print()
}

fn describe(report: &mut Report, set: &MeasuredSet) {
    let goal = if set.is_english { ENGLISH } else { OTHERS };
    report.add(set.name.clone(), 1e6 / set.micros, "articles/s").goal(Goal::AtLeast(goal));
    report.add("… words of an article", set.words, "");
    report.add("… an article", set.micros, "µs");
    if let Some(copies) = set.micros_of_copies {
        report.add("… its copies", 1e6 / copies, "articles/s");
        report.beside("the originals", 1e6 / set.micros).goal_of_ratio(Goal::AtLeast(COPIES));
    }
    for (name, micros) in child::STEPS.iter().zip(set.steps) {
        report.hidden(format!("{}: {name}", set.name), micros, "µs");
    }
}

fn describe_hostile(report: &mut Report, one: &MeasuredHostile) {
    report.add(one.name.clone(), one.milliseconds, "ms").goal(Goal::AtMost(WORST));
}
