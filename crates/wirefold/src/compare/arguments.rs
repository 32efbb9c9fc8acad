//! The command line of `compare`.

use std::path::PathBuf;

use clap::Args;

use crate::config::Instance;

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold compare first.txt second.txt
  wirefold compare --config wirefold.toml first.txt second.txt

The thresholds of [detector] apply, as in the pipeline. A file with one JSON line may also name title,
outlet, url and published.

The similarity as one event is from 0 to 1.3: a mean of shares from 0 to 1, and up to .3 for a shared
quotation, halved with every 40 hours between the two.")]
pub(crate) struct CompareArguments {
    /// The earlier article: a text file.
    #[arg(value_name = "FILE")]
    pub(crate) first: PathBuf,
    /// The later article: a text file.
    #[arg(value_name = "FILE")]
    pub(crate) second: PathBuf,
    #[command(flatten)]
    pub(crate) view: CompareView,
    #[command(flatten)]
    pub(crate) place: Instance,
}

/// How a comparison is shown.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct CompareView {
    /// Compare everything, page chrome too.
    #[arg(long)]
    pub(crate) no_mask: bool,
    /// Show passages in full.
    #[arg(long)]
    pub(crate) full: bool,
}
