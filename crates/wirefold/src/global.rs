//! The options of every command.

use std::fmt::Display;

use clap::{ArgAction, Args, ValueEnum};

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

    /// Prints a note on standard error, unless `--quiet` is given.
    pub(crate) fn note(&self, line: impl Display) {
        if !self.quiet {
            output::note(line);
        }
    }
}
