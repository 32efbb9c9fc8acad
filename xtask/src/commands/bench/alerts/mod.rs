//! `bench alerts`: one article against 100,000 and a million subscriptions, compared with a loop over the
//! same queries. Each set has a process of its own on one core, so that its memory can be measured.

mod child;
mod document;
mod generated;
mod times;

use child::Results;
pub(super) use child::{Child, run_child};
use generated::Kind;

use super::BareArguments;
use super::goal::Goal;
use super::own_process::{own_process, results_of};
use super::report::Report;
use crate::machine::file_system;

/// The number of subscriptions in each set, also for a quick run.
const SIZES: [usize; 2] = [100_000, 1_000_000];
const QUICK: [usize; 1] = [20_000];
/// The number of articles that are matched against each set.
const ARTICLES: usize = 2_000;

/// The results of a set.
struct SetResults {
    kind: Kind,
    results: Results,
}

/// Measures all sets, in turn.
pub(super) fn run(arguments: &BareArguments) -> anyhow::Result<()> {
    let file_system = file_system(&std::env::temp_dir())?;
    let mut report = Report::new("wirefold.bench.alerts/1", arguments.quick, file_system);
    report.articles(ARTICLES as u64);
    let sizes: &[usize] = if arguments.quick { &QUICK } else { &SIZES };
    let mut measured = Vec::new();
    for kind in [Kind::LongTail, Kind::Frequent] {
        for size in sizes {
            let results = measure(kind, *size)?;
            describe(&mut report, kind, &results);
            measured.push(SetResults { kind, results });
        }
    }
    if arguments.write {
        document::write(&measured)?;
    }
    report.print()
}

/// Measures a set in a child.
fn measure(kind: Kind, subscriptions: usize) -> anyhow::Result<Results> {
    let mut child = own_process("alerts-set")?;
    child.args(["--kind", kind.name(), "--subscriptions", &subscriptions.to_string()]);
    results_of(child.args(["--articles", &ARTICLES.to_string()]))
}

fn describe(report: &mut Report, kind: Kind, results: &Results) {
    let is_million = results.subscriptions >= SIZES[1];
    let set = format!("{}, {} subscriptions", kind.name(), results.subscriptions);
    report.add(format!("{set}: p50"), results.spread.p50, "ms");
    report
        .beside(&format!("a loop, p50 of {} articles", results.naive.articles), results.naive.p50);
    report.add("… p99", results.spread.p99, "ms");
    report.add("… p99 without 1 µs for each match above 100", results.spread.p99_of_few, "ms");
    report.goal(Goal::AtMost(if is_million { 2.0 } else { 0.3 }));
    report.add("… matches an article", results.spread.matches, "");
    report.add("… a further match", results.spread.further, "ns").goal(Goal::AtMost(1_000.0));
    report.add("… the article made ready before, mean", results.preparing, "µs");
    report.add("… resident memory", results.megabytes, "MB");
    if is_million {
        report.goal(Goal::AtMost(200.0));
    }
    report.add("… after nine of ten were removed", results.megabytes_of_tenth, "MB");
    report.add("… one added among them, mean", results.adding, "µs");
    report.add("… one removed, mean", results.removing, "µs");
}
