//! Metrics under their names in the previous release. They are served for one release, so that rules and
//! dashboards can be changed in time.

use std::fmt::Write as _;
use std::time::Duration;

use wirefold_flow::MetricKind;

use super::metrics::{START_TIME, UPTIME_BEFORE};

/// A metric with a new name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Renamed {
    /// The name in the previous release.
    pub(super) old: &'static str,
    /// The current name.
    pub(super) new: &'static str,
    /// The kind in the previous release.
    kind: MetricKind,
}

const fn gauge(old: &'static str, new: &'static str) -> Renamed {
    Renamed { old, new, kind: MetricKind::Gauge }
}

const fn counter(old: &'static str, new: &'static str) -> Renamed {
    Renamed { old, new, kind: MetricKind::Counter }
}

/// All old names with their new ones.
pub(crate) const RENAMED: [Renamed; 12] = [
    gauge(UPTIME_BEFORE, START_TIME.name),
    gauge("wirefold_memory_bytes", "process_resident_memory_bytes"),
    gauge("wirefold_written_bytes", "wirefold_process_written_bytes_total"),
    gauge("wirefold_loop_silence_seconds", "wirefold_loop_heartbeat_age_seconds"),
    counter("wirefold_nats_full_total", "wirefold_nats_delayed_publishes_total"),
    counter("wirefold_keeper_looks_total", "wirefold_pruner_checks_total"),
    gauge("wirefold_keeper_stream_ratio", "wirefold_pruner_stream_used_ratio"),
    gauge("wirefold_keeper_window_seconds", "wirefold_pruner_stream_age_seconds"),
    counter("wirefold_keeper_dropped_total", "wirefold_pruner_deleted_messages_total"),
    counter("wirefold_detector_repeats_total", "wirefold_detector_duplicates_total"),
    gauge("wirefold_gateway_lag", "wirefold_gateway_lag_messages"),
    gauge("wirefold_gateway_streams", "wirefold_gateway_event_streams"),
];

/// The samples of `rendered` under their old names. The help text of each gives the new name. The uptime is
/// an argument, because its new metric is a point in time.
pub(super) fn under_old_names(rendered: &str, uptime: Duration) -> String {
    let mut out = String::new();
    for Renamed { old, new, kind } in RENAMED {
        let samples: Vec<&str> = rendered.lines().filter_map(|line| rest_of(line, new)).collect();
        if samples.is_empty() {
            continue;
        }
        let kind = match kind {
            MetricKind::Counter => "counter",
            _ => "gauge",
        };
        let _ = writeln!(out, "# HELP {old} deprecated: use {new}\n# TYPE {old} {kind}");
        for sample in samples {
            let _ = match old {
                UPTIME_BEFORE => writeln!(out, "{old} {}", uptime.as_secs_f64()),
                _ => writeln!(out, "{old}{sample}"),
            };
        }
        out.push('\n');
    }
    out
}

/// The rest of a line with a sample of this metric: labels and value.
fn rest_of<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.strip_prefix(name).filter(|rest| rest.starts_with(['{', ' ']))
}

/// Logs once that old names go away with the next release. docs/metrics.md lists them, so the line gives only
/// their number.
pub(crate) fn log_old_names() {
    tracing::info!(
        renamed = RENAMED.len(),
        list = "docs/metrics.md#old-names",
        "some metrics have new names; the old ones are served until the next release"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::all_metrics;

    #[test]
    fn samples_are_repeated_under_their_old_names() {
        let rendered = "# HELP wirefold_gateway_lag_messages Behind.\n\
                        # TYPE wirefold_gateway_lag_messages gauge\n\
                        wirefold_gateway_lag_messages 7\n\
                        wirefold_loop_heartbeat_age_seconds{loop=\"gateway\"} 0.5\n\
                        wirefold_loop_heartbeat_age_seconds{loop=\"alerter\"} 2\n\
                        process_start_time_seconds 1772366400\n";
        let expected = "# HELP wirefold_up_seconds deprecated: use process_start_time_seconds\n\
                        # TYPE wirefold_up_seconds gauge\nwirefold_up_seconds 90\n\n\
                        # HELP wirefold_loop_silence_seconds deprecated: use \
                        wirefold_loop_heartbeat_age_seconds\n\
                        # TYPE wirefold_loop_silence_seconds gauge\n\
                        wirefold_loop_silence_seconds{loop=\"gateway\"} 0.5\n\
                        wirefold_loop_silence_seconds{loop=\"alerter\"} 2\n\n\
                        # HELP wirefold_gateway_lag deprecated: use wirefold_gateway_lag_messages\n\
                        # TYPE wirefold_gateway_lag gauge\nwirefold_gateway_lag 7\n\n";
        assert_eq!(under_old_names(rendered, Duration::from_secs(90)), expected);
        assert_eq!(under_old_names("", Duration::from_secs(90)), "");
    }

    #[test]
    fn new_names_are_counted_and_old_ones_are_not() {
        let all = all_metrics();
        let is_counted = |name: &str| all.iter().any(|metric| metric.name == name);
        for Renamed { old, new, .. } in RENAMED {
            assert!(is_counted(new) && !is_counted(old), "{old} {new}");
        }
    }
}
