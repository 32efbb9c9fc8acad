//! `cargo xtask accuracy`: examines the detector on labelled sets.

mod method;
mod score;
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
