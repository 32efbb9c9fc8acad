//! The command line.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::client::Instance;
use crate::commands::alert::AlertArguments;
use crate::commands::backup::BackupArguments;
use crate::commands::check::CheckArguments;
use crate::commands::config_show::ConfigArguments;
use crate::commands::dead::DeadArguments;
use crate::commands::extract::ExtractArguments;
use crate::commands::feed::FeedArguments;
use crate::commands::forget::ForgetArguments;
use crate::commands::healthcheck::HealthcheckArguments;
use crate::commands::init::InitArguments;
use crate::commands::passwords::PasswordsArguments;
use crate::commands::replay::ReplayArguments;
use crate::commands::storage::StorageArguments;
use crate::commands::story::StoryArguments;
use crate::commands::sub::SubArguments;
use crate::commands::tail::TailArguments;
use crate::commands::token::TokenArguments;
use crate::commands::verify::VerifyArguments;
use crate::commands::why::WhyArguments;
use crate::eval::EvalArguments;
use crate::fold::Method;
use crate::up::arguments::{DemoArguments, RunArguments, SetupArguments, UpArguments};

/// Watches news feeds and folds the reprints of one text into one story and one alert.
#[derive(Debug, Parser)]
#[command(
    name = "wirefold",
    version,
    about = "Watches news feeds and folds the reprints of one text into one story and one alert",
    long_about = "wirefold watches news feeds and compares each article by its passages with \
        everything seen in the last days. What is the same text becomes one story: reprints with \
        another lede, a dropped tail, moved or reworded sentences, with or without a credit. What \
        is another text about the same happening joins the same event. Shared quotations are no \
        copying. You are told once, told why, and told again only when something material \
        changes.",
    after_help = "\
Start here:
  wirefold up                      without feeds: a demo, offline, with a page to look at
  wirefold feed import FILE.opml   your feeds; or: wirefold feed add URL
  wirefold sub add NAME --query Q  what to be told about
  wirefold story ls                what was folded; then: wirefold why A B

Commands talk to a running `up` through the socket in its data folder, else open the data
themselves. Data goes to standard output, talk to standard error; --json gives one object a line.

Exit codes: 0 ok, 1 failure, 2 usage or config, 3 not found, 4 bus or network unreachable, 5 some
input could not be used, 130 interrupted; why and compare: 0 same story, 10 same event, 11
unrelated.",
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
    /// When to use colours; `auto` respects NO_COLOR.
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

    /// Says something on standard error, unless asked to say less.
    pub(crate) fn note(&self, line: std::fmt::Arguments<'_>) {
        if !self.quiet {
            crate::output::note(line);
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process; without feeds, the demo.
    Up(UpArguments),
    /// Show what it does on bundled articles, offline, and keep nothing.
    Demo(DemoArguments),
    /// Write a commented config to begin with.
    Init(InitArguments),
    /// Check the settings, the data folder, the ports and the deliveries before `up` uses them.
    Check(CheckArguments),
    /// Show the settings in force, and where each comes from.
    Config(ConfigArguments),
    /// Feeds: add, list, remove, import, export.
    Feed(FeedArguments),
    /// Stories: what was folded, why, and manual overrides.
    Story(StoryArguments),
    /// Explain whether two articles are one story, one event, or neither.
    Why(WhyArguments),
    /// Subscriptions: what alerts you.
    Sub(SubArguments),
    /// Alerts: what was sent, and why.
    Alert(AlertArguments),
    /// Follow the output: one line per article, copies below their originals.
    Tail(TailArguments),
    /// Dead letters: messages that a stage gave up on; show them, try them again.
    Dead(DeadArguments),
    /// Tokens: who may ask where the page is served to more than this machine.
    Token(TokenArguments),
    /// Show what takes how much room, and when it is full.
    Storage(StorageArguments),
    /// Copy the data folder into an empty one, also while `up` runs on it.
    ///
    /// The copy is read back before this ends. It has all that was acknowledged when it began; the
    /// page's tables are not in it, as `up` makes them again.
    #[command(after_help = "Example:\n  wirefold backup /backups/monday")]
    Backup(BackupArguments),
    /// Put a backup into an empty data folder; then `up` goes on from it.
    #[command(after_help = "Example:\n  wirefold restore /backups/monday --data DIR")]
    Restore(BackupArguments),
    /// Read everything that is stored, and name what is damaged or missing. Changes nothing.
    Verify(VerifyArguments),
    /// Remove an article, or all of an outlet, from everything that is stored; it may not come back.
    Forget(ForgetArguments),
    /// Judge the stored articles again with other settings, and show which folds appear or vanish.
    Replay(ReplayArguments),
    /// Judge articles from files and show which fold into one story.
    ///
    /// Text files are one article each (id = file stem). JSON lines are objects with "id" and
    /// "text", and optionally "title", "author", "outlet", "url", "published", "seen" (the time of
    /// the line; else "published") and "feed" (the address or domain of the feed that it came
    /// through: what a feed says of other sites makes no versions of theirs). Articles are
    /// judged in the order given, each against those before it; nothing is kept. A text counts to
    /// 512 KiB, a line to 16 MiB, an id to 1 KiB.
    Fold(FoldArguments),
    /// Fold labelled articles and print how accurate that was, with the worst errors and their evidence.
    Eval(EvalArguments),
    /// Compare two texts: passages side by side, what was moved, reworded, added, dropped.
    Compare(CompareArguments),
    /// Print the article of an HTML page: title, byline, time, language, text.
    Extract(ExtractArguments),
    /// Run one stage only.
    Run(RunArguments),
    /// Write a random password for each user of a NATS server.
    Passwords(PasswordsArguments),
    /// Make the streams, tables and readers on a NATS server that the stages need.
    Setup(SetupArguments),
    /// Run a nats-server that ends with its parent; used by `up --nats`.
    #[command(hide = true)]
    NatsServer {
        /// The program.
        program: PathBuf,
        /// The folder with its configuration and store.
        folder: PathBuf,
    },
    /// Ask a running wirefold whether it is ready, for containers.
    Healthcheck(HealthcheckArguments),
    /// Print a completion script for a shell.
    #[command(after_help = "\
Example:
  wirefold completion bash > ~/.local/share/bash-completion/completions/wirefold")]
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff).
    #[command(after_help = "Example:\n  wirefold man | man -l -")]
    Man,
    /// Extract articles from pages for a parent process; used by the fetcher.
    #[command(hide = true)]
    ExtractWorker,
}

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

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold compare first.txt second.txt
  wirefold compare --config wirefold.toml first.txt second.txt

Both are judged by the thresholds of [detector], as the pipeline judges. A file of one JSON line may name
title, outlet, url and published too.")]
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
    /// Measure everything, page chrome too.
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

    #[test]
    fn every_command_says_what_it_is_and_gives_an_example() {
        fn check(command: &mut clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            assert!(command.get_about().is_some(), "{path}: no help");
            if !command.has_subcommands() {
                let help = command.render_long_help().to_string();
                assert!(help.contains("Example"), "{path}: no example\n{help}");
                for argument in command.get_arguments() {
                    assert!(argument.get_help().is_some(), "{path}: {}", argument.get_id());
                }
            }
            for sub in command.get_subcommands_mut() {
                check(sub, &path);
            }
        }
        for command in Cli::command().get_subcommands_mut().filter(|it| !it.is_hide_set()) {
            check(command, "wirefold");
        }
    }
}
