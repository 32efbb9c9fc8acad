//! `cargo xtask accuracy`: examines the detector on labelled sets.

mod method;
mod score;
mod seeds;
mod set;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use method::Method;
use score::score;
use set::LabelledSet;

/// What to examine.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folders with docs.jsonl and labels.tsv.
    sets: Vec<PathBuf>,
    /// Shuffles.
    #[arg(long, default_value_t = 3)]
    shuffles: u64,
    /// Set all outlets equal.
    #[arg(long)]
    one_outlet: bool,
    /// Print errors.
    #[arg(long)]
    errors: bool,
}

/// Runs.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    if arguments.sets.is_empty() {
        let seeds = seeds::Seeds::read(&crate::tree::root())?;
        let file: Vec<usize> = (0..seeds.articles.len()).collect();
        let mut orders = vec![file.clone(), file.iter().rev().copied().collect()];
        for seed in 1..=arguments.shuffles {
            let mut order = file.clone();
            set::shuffle(&mut order, seed);
            orders.push(order);
        }
        for order in orders {
            let o = seeds.compare(&order);
            writeln!(
                out,
                "false folds {:?} missed folds {:?} events found {} false {} missed {}",
                o.false_folds,
                o.missed_folds,
                o.found_events.len(),
                o.false_events.len(),
                o.missed_events.len()
            )?;
            if arguments.errors {
                writeln!(out, "  false {:?}\n  missed {:?}", o.false_events, o.missed_events)?;
            }
        }
    }
    for folder in &arguments.sets {
        let mut set = LabelledSet::read(folder)?;
        if arguments.one_outlet {
            set.docs.iter_mut().for_each(|doc| doc.outlet = Some("one".to_owned()));
        }
        for (name, order) in set.orders(arguments.shuffles) {
            let started = std::time::Instant::now();
            let stories = Method::Passages.stories(&set, &order);
            let result = score(&set, &stories.at_arrival);
            let settled = score(&set, &stories.settled);
            writeln!(out, "{name}: {result:?} settled {settled:?} {:?}", started.elapsed())?;
            if arguments.errors {
                score::errors(&set, &stories.at_arrival, &mut out)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
