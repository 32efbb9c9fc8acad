//! The command line of `fold`.

use std::path::PathBuf;

use clap::Args;

use super::Method;

/// Arguments of `fold`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold fold articles/              a folder of text files
  wirefold fold --json - < all.jsonl   verdicts as JSON lines")]
pub(crate) struct FoldArguments {
    /// Text files, files of JSON lines (.jsonl, .ndjson, .json), folders of them, or - for
    /// standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Print one JSON object for each article: the verdict at arrival, which is never revised.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the final state at the end instead, in input order (the table always shows it).
    #[arg(long = "final")]
    pub(crate) is_final: bool,
    /// How to find copies: `passages`, or as baselines `simhash:K` (64-bit SimHash at Hamming
    /// distance at most K) and `exact`.
    #[arg(long, default_value = "passages", value_name = "METHOD")]
    pub(crate) method: Method,
}
