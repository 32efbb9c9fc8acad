//! Logs, metrics and health: what an operator sees.
//!
//! - [`install`] sets up logs and metrics; [`Telemetry::render`] renders the metrics.
//! - [`LoopMetrics`] watches the loops of `flow`: it counts and logs, and remembers when each was last alive.
//! - [`Health`] and [`operations_router`] answer `/healthz`, `/readyz` and `/metrics`.
//!
//! The list of metrics is closed: [`all_metrics`]. docs/metrics.md is generated from it.

mod health;
mod log;
mod loops;
mod metrics;

#[cfg(test)]
mod docs;

use std::sync::Arc;
use std::time::Duration;

use ::metrics::set_global_recorder;
use anyhow::{Context as _, anyhow};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tokio_util::sync::CancellationToken;
use wirefold_flow::{Clock, UnixMillis};

pub(crate) use health::Health;
pub(crate) use health::operations_router;
pub(crate) use log::Logging;
pub(crate) use loops::LoopMetrics;
pub(crate) use metrics::all_metrics;
pub(crate) use metrics::{
    CONNECTIONS_REFUSED, MISSING, PRUNED, READERS_RECREATED, STREAM_AGE, STREAM_CHECKS, STREAM_USED,
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
    log::install(logging)?;
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
