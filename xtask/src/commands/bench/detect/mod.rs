//! `bench detect`: the detector and other methods on the same articles and one core. Each method has a
//! process of its own, so that its memory can be measured. Time is the processor time of one thread.

mod article;
mod child;
mod document;
mod folds;
mod method;
mod ours;
mod rivals;
mod set;
mod times;

use child::Results;
pub(super) use child::{Child, run_child};
use document::Measured;
use rivals::MethodName;
use set::Set;

use std::io::Write as _;

use super::own_process::{own_process, results_of};

/// The number of articles of a run, also for a quick one.
const ARTICLES: usize = 20_000;
const QUICK: usize = 4_000;
/// The arguments of `bench detect`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Less of everything, for a look: no figures to publish.
    #[arg(long, conflicts_with = "articles")]
    quick: bool,
    /// How many articles of each set, up to some millions [default: 20000].
    #[arg(long, value_name = "N")]
    articles: Option<usize>,
    /// Only the detector, on the plain set: for a million articles.
    #[arg(long)]
    alone: bool,
    /// Writes the tables into docs/performance.md, in place of those of as many articles.
    #[arg(long, conflicts_with = "quick")]
    write: bool,
}

/// Measures all methods, in turn.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let count = arguments.articles.unwrap_or(if arguments.quick { QUICK } else { ARTICLES });
    let ours = [(MethodName::Wirefold, Set::Plain)];
    let all = [Set::Plain, Set::Hard].into_iter().flat_map(|set| {
        [MethodName::Simhash, MethodName::OnePermutation, MethodName::Wirefold].map(|it| (it, set))
    });
    let all: Vec<_> = all.chain([(MethodName::Wirefold, Set::News)]).collect();
    let mut measured = Vec::new();
    for &(method, set) in if arguments.alone { &ours[..] } else { &all } {
        measured.push(Measured { method, set, results: measure(method, set, count)? });
    }
    let block = document::block(count, &measured);
    writeln!(std::io::stdout().lock(), "{block}")?;
    if arguments.write { super::document::put(&format!("detect {count}"), &block) } else { Ok(()) }
}

/// Measures a method in a child.
fn measure(method: MethodName, set: Set, articles: usize) -> anyhow::Result<Results> {
    let mut child = own_process("detect-method")?;
    child.args(["--method", method.name(), "--set", set.name()]);
    results_of(child.args(["--articles", &articles.to_string()]))
}

#[cfg(test)]
mod tests;
