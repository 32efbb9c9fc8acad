//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::alert::AlertArguments;
use crate::commands::backup::BackupArguments;
use crate::commands::check::CheckArguments;
use crate::commands::config::ConfigArguments;
use crate::commands::dead::DeadArguments;
use crate::commands::delivery::DeliveryArguments;
use crate::commands::feed::FeedArguments;
use crate::commands::forget::ForgetArguments;
use crate::commands::handover::HandoverArguments;
use crate::commands::mcp::McpArguments;
use crate::commands::story::StoryArguments;
use crate::commands::sub::SubArguments;
use crate::commands::tail::TailArguments;
use crate::commands::token::TokenArguments;
use crate::commands::why::WhyArguments;
use crate::eval::EvalArguments;
use crate::fold::FoldArguments;
use crate::global::Global;
use crate::up::arguments::{DemoArguments, RunArguments, SetupArguments, UpArguments};

/// Watches news feeds and folds the reprints of one text into one story and one alert.
#[derive(Debug, Parser)]
#[command(
    name = "wirefold",
    version,
    about = "Watches news feeds and folds the reprints of one text into one story and one alert",
    long_about = "wirefold watches news feeds and compares each article by its passages with \
        everything seen in the last days. Articles with the same text become one story: reprints \
        with another lede, a dropped tail, moved or reworded sentences, with or without a credit. \
        Another text about the same happening joins the same event. A shared quotation is not \
        copying. You get one alert, with its reasons, and another only if something material \
        changes.",
    after_help = "\
Start here:
  wirefold up                      without feeds: a demo, offline, with a page to look at
  wirefold feed import FILE.opml   your feeds; or: wirefold feed add URL
  wirefold sub add NAME --query Q  what alerts you
  wirefold story ls                what was folded; then: wirefold why A B

Commands talk to a running `up` through the socket in its data folder, or else open the
data themselves. Data goes to standard output, messages go to standard error; --json gives one
object a line.

Exit codes:
  0    success
  1    failure
  2    wrong usage or configuration
  3    not found
  4    the bus or the network cannot be reached
  5    some input could not be used; the message names it
  10   why: the same event; 0 is the same story
  11   why: unrelated
  130  interrupted",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process; without feeds, the demo.
    Up(UpArguments),
    /// Show what wirefold does with bundled articles, offline; it stores nothing.
    Demo(DemoArguments),
    /// Check the settings, ports and deliveries before `up` uses them; or all that is stored, a NATS server, or whether a running wirefold is ready.
    Check(CheckArguments),
    /// Settings: write a commented file to begin with, or show those in force.
    Config(ConfigArguments),
    /// Feeds: add, list, remove, import, export.
    Feed(FeedArguments),
    /// Stories: what was folded, why, and manual overrides.
    Story(StoryArguments),
    /// Compare two articles or texts: one story, one event, or neither, with the passages and sentences that say so.
    Why(WhyArguments),
    /// Subscriptions: what alerts you.
    Sub(SubArguments),
    /// Alerts: what was sent, and why.
    Alert(AlertArguments),
    /// Deliveries: where alerts go; add, change and remove those that the settings do not define.
    Delivery(DeliveryArguments),
    /// The alerts and commands of the last hours, for the next shift.
    Handover(HandoverArguments),
    /// Follow the output: one line per article.
    Tail(TailArguments),
    /// Answer a language model over the Model Context Protocol, on standard input and output; it only reads.
    Mcp(McpArguments),
    /// Dead letters: messages that a stage gave up on; show them, try them again.
    Dead(DeadArguments),
    /// Tokens: access for programs and browsers if the page is served to other machines.
    ///
    /// `wirefold up --listen 0.0.0.0:8787` serves the page to other machines.
    Token(TokenArguments),
    /// Copy the data folder into an empty one, also while `up` runs on it.
    ///
    /// The command reads the copy back before it ends. The copy has everything that was acknowledged
    /// when it began. It lacks the tables of the page, because `up` makes them again. It is a data folder:
    /// to restore it, copy it with `cp -a`, and `up` continues from it.
    #[command(
        after_help = "Example:\n  wirefold backup /backups/monday && wirefold check --deep /backups/monday --quiet"
    )]
    Backup(BackupArguments),
    /// Remove an article, or all articles of an outlet, from everything that is stored. They cannot come back.
    Forget(ForgetArguments),
    /// Judge articles from files and show which fold into one story.
    ///
    /// Text files are one article each (id = file stem). JSON lines are objects with "id" and
    /// "text", and optionally "title", "author", "outlet", "url", "published", "seen" (the time of
    /// the line; by default "published") and "feed" (the address or domain of the feed that it came
    /// through; a feed cannot make versions of articles of other sites). Each article is compared
    /// with those before it, in the given order. Nothing is stored. A text may have 512 KiB, a line
    /// 16 MiB, an id 1 KiB.
    Fold(FoldArguments),
    /// Fold labelled articles and print the accuracy, with the worst errors and their evidence.
    Eval(EvalArguments),
    /// Run one stage only.
    Run(RunArguments),
    /// Prepare a NATS server: passwords for its users, and the streams, tables and readers of the stages.
    Setup(SetupArguments),
    /// Print a completion script for a shell.
    #[command(after_help = "\
Example:
  wirefold completion bash > ~/.local/share/bash-completion/completions/wirefold")]
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff), for packages.
    #[command(hide = true)]
    Man,
    /// Extract articles from pages for a parent process; used by the fetcher.
    #[command(hide = true)]
    ExtractWorker,
}

#[cfg(test)]
mod docs_tests;
#[cfg(test)]
mod shown_tests;

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
