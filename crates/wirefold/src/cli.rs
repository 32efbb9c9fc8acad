//! The command line.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::fold::Method;

/// Folds the reprints of one news text into one story.
#[derive(Debug, Parser)]
#[command(
    name = "wirefold",
    version,
    about = "Folds the reprints of one news text into one story",
    long_about = "wirefold compares news articles by their passages and folds what is the same \
        text into one story: reprints with another lede, a dropped tail, moved or reworded \
        sentences, with or without a credit. What is another text about the same happening joins \
        the same event. Shared quotations are no copying.",
    after_help = "Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 5 some input could not be \
        used; why and compare: 0 same story, 10 same event, 11 unrelated.",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Say less: no notes, only errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more: list every story, those without copies too.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to colour; `auto` heeds NO_COLOR.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Global {
    /// Makes the choice of colour hold for everything printed.
    pub(crate) fn apply_color(&self) {
        let choice = match self.color {
            Color::Auto => return,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge articles from files and show which fold into one story.
    ///
    /// Text files are one article each (id = file stem). JSON lines are objects with "id" and
    /// "text", and optionally "title", "author", "outlet", "url" and "published". Articles are
    /// judged in the order given, each against those before it; nothing is kept. A text counts to
    /// 512 KiB, a line to 16 MiB, an id to 1 KiB.
    Fold(FoldArguments),
    /// Explain whether two articles are one story, one event, or neither.
    Why(CompareArguments),
    /// Compare two texts: passages side by side, what was moved, reworded, added, dropped.
    Compare(CompareArguments),
    /// Print a completion script for a shell.
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff).
    Man,
}

/// Arguments of `fold`.
#[derive(Debug, Args)]
pub(crate) struct FoldArguments {
    /// Text files, files of JSON lines (.jsonl, .ndjson, .json), folders of them, or - for
    /// standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Print one JSON object an article: the verdict at arrival, never revised.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the settled state at the end instead, in input order (the table always shows it).
    #[arg(long = "final")]
    pub(crate) settled: bool,
    /// How to find copies: `passages`, or as baselines `simhash:K` (64-bit SimHash at Hamming
    /// distance at most K) and `exact`.
    #[arg(long, default_value = "passages", value_name = "METHOD")]
    pub(crate) method: Method,
}

/// Arguments of `why` and `compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// The earlier article: a text file.
    #[arg(value_name = "FILE")]
    pub(crate) first: PathBuf,
    /// The later article: a text file.
    #[arg(value_name = "FILE")]
    pub(crate) second: PathBuf,
    /// Measure everything, page furniture too.
    #[arg(long)]
    pub(crate) no_mask: bool,
    /// Show passages in full.
    #[arg(long)]
    pub(crate) full: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
