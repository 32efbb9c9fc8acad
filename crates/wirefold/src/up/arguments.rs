//! The command lines of what runs the pipeline.

use clap::{Args, ValueEnum};

use crate::client::Place;

/// Arguments of `up`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold up                      without feeds: the demo; with them: watch them
  wirefold up --data ./news        keep everything in ./news
  wirefold up --set window=3d      one setting, for this run

The first Ctrl-C or SIGTERM finishes what was taken, the second ends at once.")]
pub(crate) struct UpArguments {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) listen: Listen,
    /// Change a setting for this run, as TOML: `--set fetcher.min_interval=20m`. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Run the demo, whatever is configured.
    #[arg(long)]
    pub(crate) demo: bool,
}

/// Where the page and the operations port listen.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Listen {
    /// Where the page and the API are served; by default 127.0.0.1:8787.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Where health and metrics are served; by default 127.0.0.1:9787.
    #[arg(long, value_name = "ADDR")]
    pub(crate) operations: Option<String>,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  wirefold demo                    one table, and nothing is kept

`wirefold up` without feeds shows the same articles as they come in, on a page, with alerts.")]
pub(crate) struct DemoArguments {
    /// Print one JSON object an article: the verdict at arrival.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  wirefold run detector --data ./news

On the embedded bus one process at a time holds the data folder, so this is for looking at one
stage; `wirefold up` runs them all.")]
pub(crate) struct RunArguments {
    /// The stage.
    #[arg(value_enum, value_name = "STAGE")]
    pub(crate) stage: StageName,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) listen: Listen,
    /// Change a setting for this run, as TOML. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

/// A stage that can run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StageName {
    /// Polls feeds and reads local sources.
    Fetcher,
    /// Compares each article with all before it and decides.
    Detector,
    /// Finds language, names, places and quotations.
    Enricher,
    /// Matches subscriptions and delivers alerts.
    Alerter,
    /// Serves the page, the API and the feeds out.
    Gateway,
}

impl StageName {
    /// Every stage, in the order of an article's journey.
    pub(crate) const ALL: [Self; 5] =
        [Self::Fetcher, Self::Detector, Self::Enricher, Self::Alerter, Self::Gateway];
}
