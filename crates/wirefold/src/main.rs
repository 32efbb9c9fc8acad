//! The `wirefold` command.

mod article_lines;
mod cli;
mod client;
mod clock;
mod columns;
mod commands;
mod compare;
mod config;
mod contents;
mod disk;
mod eval;
mod exchange;
mod exit;
mod extraction;
mod finding;
mod fold;
#[cfg(test)]
mod generated_page_tests;
mod global;
mod input;
mod local_time;
mod output;
mod progress;
mod random;
mod telemetry;
mod up;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use cli::{Cli, Command};
use exit::Exit;
use rustix::fs::Mode;

fn main() -> ExitCode {
    // Stored files are only readable by their owner: articles, passwords, subscriptions.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let cli = Cli::parse();
    cli.global.apply_color();
    match run(&cli) {
        Ok(exit) => exit.into(),
        Err(error) if output::is_broken_pipe(&error) => Exit::Ok.into(),
        Err(error) => {
            output::note(format_args!("error: {error:#}"));
            client::exit_of(&error).into()
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<Exit> {
    let global = &cli.global;
    match &cli.command {
        Command::Up(arguments) => up::run(arguments, global),
        Command::Demo(arguments) => up::demo(arguments, global),
        Command::Run(arguments) => up::run_stage(arguments, global),
        Command::Setup(arguments) => match &arguments.passwords {
            Some(folder) => commands::passwords::run(folder, global),
            None => up::setup(arguments, global),
        },
        Command::Check(arguments) => commands::check::run(arguments, global),
        Command::Config(arguments) => commands::config::run(arguments, global),
        Command::Feed(arguments) => commands::feed::run(arguments, global),
        Command::Story(arguments) => commands::story::run(arguments, global),
        Command::Why(arguments) => commands::why::run(arguments, global),
        Command::Sub(arguments) => commands::sub::run(arguments, global),
        Command::Alert(arguments) => commands::alert::run(arguments, global),
        Command::Delivery(arguments) => commands::delivery::run(arguments, global),
        Command::Handover(arguments) => commands::handover::run(arguments, global),
        Command::Tail(arguments) => commands::tail::run(arguments, global),
        Command::Mcp(arguments) => commands::mcp::run(arguments),
        Command::Token(arguments) => commands::token::run(arguments, global),
        Command::Dead(arguments) => commands::dead::run(arguments, global),
        Command::Backup(arguments) => commands::backup::back_up(arguments, global),
        Command::Forget(arguments) => commands::forget::run(arguments, global),
        Command::Fold(arguments) => fold::run(arguments, global),
        Command::Eval(arguments) => eval::run(arguments, global),
        Command::Completion { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "wirefold", &mut script);
            output::print(&script)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            output::print(&page)
        }
        Command::ExtractWorker => {
            wirefold_fetcher::extract::serve(std::io::stdin().lock(), std::io::stdout().lock())?;
            Ok(Exit::Ok)
        }
    }
}
