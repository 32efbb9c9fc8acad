//! The log on standard error: text for people, JSON for machines.

use std::io::{self, IsTerminal as _, Write};

use anyhow::{Context, anyhow};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{Config, LogFormat};
use crate::global::Global;

/// How much is logged, and in which format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Logging<'a> {
    /// The filter: levels, for everything and for parts of the program.
    pub(crate) filter: &'a str,
    /// The form.
    pub(crate) format: LogFormat,
    /// The verbosity from the command line.
    pub(crate) verbosity: Verbosity,
}

/// The verbosity from the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Only events on which someone must act.
    Quiet,
    /// As in the settings.
    #[default]
    Normal,
    /// Details of wirefold's own crates, for developers.
    Verbose,
}

impl<'a> Logging<'a> {
    /// The settings with the verbosity of the command line.
    pub(crate) fn of(config: &'a Config, global: &Global) -> Self {
        let verbosity = match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        Self { filter: &config.log, format: config.log_format, verbosity }
    }

    /// Whether the log is text for people, and not JSON, on this standard error.
    pub(crate) fn is_for_people(&self) -> bool {
        match self.format {
            LogFormat::Auto => io::stderr().is_terminal(),
            LogFormat::Text => true,
            LogFormat::Json => false,
        }
    }

    fn directives(&self) -> String {
        match self.verbosity {
            Verbosity::Quiet => "error".to_owned(),
            // The bus logs the events of its client.
            Verbosity::Normal => format!("async_nats=off,{}", self.filter),
            Verbosity::Verbose => format!("{},wirefold=debug", self.filter),
        }
    }
}

pub(super) fn install(logging: &Logging<'_>) -> anyhow::Result<()> {
    let directives = logging.directives();
    let filter = EnvFilter::try_new(&directives).with_context(|| format!("log {directives:?}"))?;
    let coloured = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    // If the log cannot be written, the line is lost.
    let lines = fmt()
        .with_writer(|| OneLine(io::stderr()))
        .with_env_filter(filter)
        .log_internal_errors(false);
    let set = match logging.is_for_people() {
        true => lines.with_ansi(coloured).try_init(),
        false => lines.with_ansi(false).json().flatten_event(true).try_init(),
    };
    set.map_err(|error| anyhow!("this process logs already: {error}"))
}

/// Writes each event as one line. A line break in a title cannot forge a log line.
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    /// Each call has one whole event, with its line break at the end.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let line = event.strip_suffix(b"\n").unwrap_or(event);
        if line.iter().any(is_break) {
            let shown = String::from_utf8_lossy(line).replace('\n', "\\n").replace('\r', "\\r");
            self.0.write_all(format!("{shown}\n").as_bytes())?;
        } else {
            self.0.write_all(event)?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct CapturedLog(Arc<Mutex<Vec<u8>>>);

    impl Write for CapturedLog {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_title_forges_no_line() {
        let captured = CapturedLog::default();
        let writer = captured.clone();
        let lines = fmt().with_writer(move || OneLine(writer.clone())).with_ansi(false).finish();
        tracing::subscriber::with_default(lines, || {
            let title = "Storm\r\n2026-01-01T00:00:00Z ERROR wirefold: the disk is full";
            tracing::warn!(%title, "article left out: {title}");
            tracing::info!("next");
        });
        let written = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count(), 2, "{written}");
        assert!(written.contains("Storm\\r\\n2026"), "{written}");
    }

    #[test]
    fn the_command_line_turns_the_log_up_and_down() {
        let directives =
            |verbosity| Logging { filter: "warn", format: LogFormat::Auto, verbosity }.directives();
        assert_eq!(directives(Verbosity::Quiet), "error");
        assert_eq!(directives(Verbosity::Normal), "async_nats=off,warn");
        assert_eq!(directives(Verbosity::Verbose), "warn,wirefold=debug");
    }
}
