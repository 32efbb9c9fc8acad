//! `bench alerts`: one article against 100,000 and a million subscriptions, compared with a loop over the
//! same queries. Each set has a process of its own on one core, so that its memory can be measured.

use std::io::Write as _;

mod child;
mod document;
mod generated;
mod times;

use child::Results;
pub(super) use child::{Child, run_child};
use generated::Kind;

use super::Common;
use super::own_process::{own_process, results_of};

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
pub(super) fn run(arguments: &Common) -> anyhow::Result<()> {
    let sizes: &[usize] = if arguments.quick { &QUICK } else { &SIZES };
    let mut measured = Vec::new();
    for kind in [Kind::LongTail, Kind::Frequent] {
        for size in sizes {
            measured.push(SetResults { kind, results: measure(kind, *size)? });
        }
    }
    let block = document::block(&measured);
    writeln!(std::io::stdout().lock(), "{block}")?;
    if arguments.write { super::document::put("alerts", &block) } else { Ok(()) }
}

/// Measures a set in a child.
fn measure(kind: Kind, subscriptions: usize) -> anyhow::Result<Results> {
    let mut child = own_process("alerts-set")?;
    child.args(["--kind", kind.name(), "--subscriptions", &subscriptions.to_string()]);
    results_of(child.args(["--articles", &ARTICLES.to_string()]))
}
