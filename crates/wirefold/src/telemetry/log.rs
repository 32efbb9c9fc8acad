//! The log: to standard error, text for people, JSON for machines.

use std::io::IsTerminal as _;

use anyhow::{Context, anyhow};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::cli::Global;
use crate::config::{Config, LogFormat};

/// How much is logged and in which form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Logging<'a> {
    /// The filter: levels, also by part.
    pub(crate) filter: &'a str,
    /// The form.
    pub(crate) format: LogFormat,
    /// What the command line says about it.
    pub(crate) verbosity: Verbosity,
}

/// What the command line says about how much is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Only what needs someone to act.
    Quiet,
    /// As the settings say.
    #[default]
    Normal,
    /// What developers want to see of our own parts.
    Verbose,
}

impl<'a> Logging<'a> {
    /// As the settings and the command line say.
    pub(crate) fn of(config: &'a Config, global: &Global) -> Self {
        let verbosity = match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        Self { filter: &config.log, format: config.log_format, verbosity }
    }

    /// Whether it is lines of text, and not JSON, on this standard error.
    pub(crate) fn is_for_people(&self) -> bool {
        match self.format {
            LogFormat::Auto => std::io::stderr().is_terminal(),
            LogFormat::Text => true,
            LogFormat::Json => false,
        }
    }

    fn directives(&self) -> String {
        match self.verbosity {
            Verbosity::Quiet => "error".to_owned(),
            // The bus tells what its client would.
            Verbosity::Normal => format!("async_nats=off,{}", self.filter),
            Verbosity::Verbose => format!("{},wirefold=debug", self.filter),
        }
    }
}

pub(super) fn install(logging: &Logging<'_>) -> anyhow::Result<()> {
    let directives = logging.directives();
    let filter = EnvFilter::try_new(&directives).with_context(|| format!("log {directives:?}"))?;
    let coloured = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    // What cannot be written to the log has nowhere else to go.
    let lines =
        fmt().with_writer(std::io::stderr).with_env_filter(filter).log_internal_errors(false);
    let set = match logging.is_for_people() {
        true => lines.with_ansi(coloured).try_init(),
        false => lines.with_ansi(false).json().flatten_event(true).try_init(),
    };
    set.map_err(|error| anyhow!("this process logs already: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_turns_the_log_up_and_down() {
        let directives =
            |verbosity| Logging { filter: "warn", format: LogFormat::Auto, verbosity }.directives();
        assert_eq!(directives(Verbosity::Quiet), "error");
        assert_eq!(directives(Verbosity::Normal), "async_nats=off,warn");
        assert_eq!(directives(Verbosity::Verbose), "warn,wirefold=debug");
    }
}
