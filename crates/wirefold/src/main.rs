//! The `wirefold` command.

mod cli;
mod compare;
mod exit;
mod fold;
mod input;
mod output;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use cli::{Cli, Command};
use exit::Exit;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.global.apply_color();
    match run(&cli) {
        Ok(exit) => exit.into(),
        Err(error) if output::is_broken_pipe(&error) => Exit::Ok.into(),
        Err(error) => {
            output::note(format_args!("error: {error:#}"));
            Exit::Failure.into()
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<Exit> {
    match &cli.command {
        Command::Fold(arguments) => fold::run(arguments, &cli.global),
        Command::Why(arguments) | Command::Compare(arguments) => compare::run(arguments),
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
    }
}
