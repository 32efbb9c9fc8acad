//! Logs, metrics and health: what an operator sees.
//!
//! - [`install`] sets up logs and metrics; [`Telemetry::render`] renders the metrics.
//! - [`LoopMetrics`] watches the loops of `flow`: it counts and logs, and remembers when each was last alive.
//! - [`Health`] and [`operations_router`] answer `/healthz`, `/readyz` and `/metrics`.
//!
//! The list of metrics is closed: [`all_metrics`]. docs/metrics.md is generated from it.

#[cfg(test)]
mod docs_tests;
mod health;
mod loops;
mod metrics;

use std::io;
use std::io::{IsTerminal as _, Write};
use std::sync::Arc;
use std::time::Duration;

use ::metrics::set_global_recorder;
use anyhow::{Context as _, anyhow};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, fmt};
use wirefold_flow::{Clock, UnixMillis};

use crate::config::{Config, LogFormat};
use crate::global::Global;

pub(crate) use health::{Health, operations_router};
pub(crate) use loops::LoopMetrics;
pub(crate) use metrics::{
    CONNECTIONS_REFUSED, MISSING, PRUNED, READERS_RECREATED, STREAM_AGE, STREAM_CHECKS,
    STREAM_USED, all_metrics,
};

/// The upper bounds of the buckets of every distribution, in seconds: 1 ms to 10 min, each about three times
/// the one before.
const BUCKETS: [f64; 13] =
    [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 600.0];

/// How often recorded values are sorted into the buckets. Otherwise they would pile up if nobody reads the
/// metrics.
const UPKEEP: Duration = Duration::from_secs(5);

/// The recorded metrics.
#[derive(Clone)]
pub(crate) struct Telemetry {
    counted: PrometheusHandle,
    clock: Arc<dyn Clock>,
    started: UnixMillis,
    /// The observer of the loops, for their `StageContext`.
    pub(crate) loops: Arc<LoopMetrics>,
}

/// Sets up the log on standard error and the metrics. Call it once in a process.
///
/// # Errors
/// A logger or recorder is installed already, or the filter of the log is invalid.
pub(crate) fn install(logging: &Logging<'_>, clock: Arc<dyn Clock>) -> anyhow::Result<Telemetry> {
    install_log(logging)?;
    let (recorder, telemetry) = recorder(clock)?;
    set_global_recorder(recorder).map_err(|_| anyhow!("this process counts already"))?;
    for metric in all_metrics() {
        metric.describe();
    }
    metrics::BUILD_INFO.set(1.0, &[env!("CARGO_PKG_VERSION")]);
    Ok(telemetry)
}

fn recorder(clock: Arc<dyn Clock>) -> anyhow::Result<(PrometheusRecorder, Telemetry)> {
    let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).context("the buckets")?;
    let recorder = builder.build_recorder();
    let counted = recorder.handle();
    let loops = Arc::new(LoopMetrics::new(clock.clone()));
    let started = clock.now();
    Ok((recorder, Telemetry { counted, clock, started, loops }))
}

impl Telemetry {
    /// All metrics in the text format of Prometheus (0.0.4).
    pub(crate) fn render(&self) -> String {
        let since_epoch = self.started.since(UnixMillis(0));
        metrics::START_TIME.set(since_epoch.as_secs_f64(), &[]);
        self.loops.set_ages();
        metrics::measure();
        self.counted.render()
    }

    /// Sorts recorded values into the buckets until `stop`. Run it once beside the stages.
    pub(crate) async fn run_upkeep(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.counted.run_upkeep();
            let next = self.clock.now().plus(UPKEEP);
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep_until(next) => {}
            }
        }
    }
}

// The log on standard error: text for people, JSON for machines.

/// How much is logged, and in which format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Logging<'a> {
    /// The filter: levels, for everything and for parts of the program.
    pub(crate) filter: &'a str,
    /// The form.
    pub(crate) format: LogFormat,
    /// Whether only events are logged on which someone must act.
    pub(crate) quiet: bool,
    /// Whether details of wirefold's own crates are logged, for developers.
    pub(crate) verbose: bool,
}

impl<'a> Logging<'a> {
    /// The settings with the verbosity of the command line.
    pub(crate) fn of(config: &'a Config, global: &Global) -> Self {
        let (filter, format) = (&config.log, config.log_format);
        Self { filter, format, quiet: global.quiet, verbose: global.verbose > 0 }
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
        match (self.quiet, self.verbose) {
            (true, _) => "error".to_owned(),
            // The bus logs the events of its client.
            (_, false) => format!("async_nats=off,{}", self.filter),
            (_, true) => format!("{},wirefold=debug", self.filter),
        }
    }
}

fn install_log(logging: &Logging<'_>) -> anyhow::Result<()> {
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
    use wirefold_flow::sim::VirtualClock;

    use super::*;

    #[tokio::test]
    async fn metrics_are_rendered_with_help_and_buckets() {
        let clock = Arc::new(VirtualClock::default());
        let (recorder, telemetry) = recorder(clock).unwrap();
        let seconds = wirefold_flow::Metric::seconds("wirefold_test_seconds", "How long.", &["of"]);
        let rendered = ::metrics::with_local_recorder(&recorder, || {
            seconds.describe();
            seconds.record(0.02, &["a"]);
            telemetry.render()
        });
        assert!(rendered.contains("# HELP wirefold_test_seconds How long."), "{rendered}");
        assert!(
            rendered.contains("wirefold_test_seconds_bucket{of=\"a\",le=\"0.01\"} 0"),
            "{rendered}"
        );
        assert!(
            rendered.contains("wirefold_test_seconds_bucket{of=\"a\",le=\"0.03\"} 1"),
            "{rendered}"
        );
        assert!(rendered.contains("\nprocess_start_time_seconds "), "{rendered}");
    }
}

#[cfg(test)]
mod log_tests {
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
        let directives = |quiet, verbose| {
            Logging { filter: "warn", format: LogFormat::Auto, quiet, verbose }.directives()
        };
        assert_eq!(directives(true, false), "error");
        assert_eq!(directives(false, false), "async_nats=off,warn");
        assert_eq!(directives(false, true), "warn,wirefold=debug");
    }
}
