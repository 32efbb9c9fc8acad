//! The options of every command.

use clap::{ArgAction, Args, ValueEnum};

use crate::exit::Exit;
use crate::output;

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Print no notes, only errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Show more: `fold` lists every story, and `up` logs all that it does.
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
    /// Applies the choice of colour to all output.
    pub(crate) fn apply_color(&self) {
        let choice = match self.color {
            Color::Auto => return,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }

    /// Prints an answer as JSON, or else describes the result in words.
    pub(crate) fn answer(
        &self,
        as_json: bool,
        answer: &impl serde::Serialize,
        words: std::fmt::Arguments<'_>,
    ) -> anyhow::Result<Exit> {
        match as_json {
            true => output::print_json(answer)?,
            false => self.note(words),
        }
        Ok(Exit::Ok)
    }

    /// Prints a note on standard error, unless `--quiet` is given.
    pub(crate) fn note(&self, line: std::fmt::Arguments<'_>) {
        if !self.quiet {
            output::note(line);
        }
    }
}
