//! The metrics of the process and its loops. docs/metrics.md is generated from this table and those of the
//! services.

use ::metrics::Unit;
use wirefold_flow::Metric;

/// Every metric of the binary.
pub(super) const METRICS: &[Metric] = &[
    BUILD_INFO, START_TIME, MEMORY, WRITTEN, DONE, RETRIED, REJECTED, STRUCK, BUS_FAILURES,
    TAKEOVERS, LEADER, GAPS, ROLLBACKS, HEARTBEAT_AGE, STREAM_CHECKS, STREAM_USED, STREAM_AGE,
    PRUNED, MISSING, READERS_RECREATED, CONNECTIONS_REFUSED,
];

/// The counters of each loop.
pub(super) const COUNTERS_OF_LOOPS: &[Metric] =
    &[DONE, RETRIED, REJECTED, STRUCK, BUS_FAILURES, TAKEOVERS, GAPS, ROLLBACKS];

pub(super) const BUILD_INFO: Metric = Metric::gauge(
    "wirefold_build_info",
    Unit::Count,
    "Always 1; its label says which release runs.",
    &["version"],
);

/// The name that Prometheus' client libraries use.
pub(super) const START_TIME: Metric = Metric::gauge(
    "process_start_time_seconds",
    Unit::Seconds,
    "Start time of the process, in seconds since the Unix epoch.",
    &[],
);

/// The name that Prometheus' client libraries use.
pub(super) const MEMORY: Metric = Metric::gauge(
    "process_resident_memory_bytes",
    Unit::Bytes,
    "Resident memory of the process; only on Linux.",
    &[],
);

pub(super) const WRITTEN: Metric = Metric {
    unit: Unit::Bytes,
    ..Metric::counter(
        "wirefold_process_written_bytes_total",
        "Bytes that the process wrote to disks since its start; only on Linux.",
        &[],
    )
};

pub(super) const DONE: Metric =
    Metric::counter("wirefold_loop_done_total", "Messages that a loop handled.", &["loop"]);

pub(super) const RETRIED: Metric = Metric::counter(
    "wirefold_loop_retried_total",
    "Messages that a loop returned to the bus to be tried again.",
    &["loop"],
);

pub(super) const REJECTED: Metric = Metric::counter(
    "wirefold_loop_rejected_total",
    "Messages that a loop gave up on and stored as dead letters.",
    &["loop"],
);

pub(super) const STRUCK: Metric = Metric::counter(
    "wirefold_loop_struck_total",
    "Messages that came again and again without an answer, each time that one was tried alone.",
    &["loop"],
);

pub(super) const BUS_FAILURES: Metric = Metric::counter(
    "wirefold_loop_bus_failures_total",
    "Calls to the bus that failed and were repeated.",
    &["loop"],
);

pub(super) const TAKEOVERS: Metric = Metric::counter(
    "wirefold_loop_takeovers_total",
    "Times a writer took over its stream; one per start is normal.",
    &["loop"],
);

pub(super) const LEADER: Metric = Metric::gauge(
    "wirefold_loop_leader",
    Unit::Count,
    "1 if this process leads; 0 if it stands by or cannot renew its lease.",
    &["loop"],
);

pub(super) const GAPS: Metric = Metric::counter(
    "wirefold_loop_gaps_total",
    "Times a loop found that messages were gone from a stream before it had read them.",
    &["loop"],
);

pub(super) const ROLLBACKS: Metric = Metric::counter(
    "wirefold_loop_rollbacks_total",
    "Times a loop found that a stream had gone back in time: restored from an older copy, or deleted and \
     created again.",
    &["loop"],
);

pub(super) const HEARTBEAT_AGE: Metric = Metric::gauge(
    "wirefold_loop_heartbeat_age_seconds",
    Unit::Seconds,
    "Time since the last heartbeat of a loop; more than 30 seconds is too long.",
    &["loop"],
);

pub(crate) const STREAM_USED: Metric = Metric::gauge(
    "wirefold_pruner_stream_used_ratio",
    Unit::Count,
    "Share of a stream's byte limit that is used; from 0.8 on, messages that every reader has read \
     are deleted.",
    &["stream"],
);

pub(crate) const STREAM_AGE: Metric = Metric::gauge(
    "wirefold_pruner_stream_age_seconds",
    Unit::Seconds,
    "Age of the oldest message in a stream on the NATS server.",
    &["stream"],
);

pub(crate) const PRUNED: Metric = Metric::counter(
    "wirefold_pruner_deleted_messages_total",
    "Messages that every reader had read and that were deleted to make room in a stream.",
    &["stream"],
);

pub(crate) const STREAM_CHECKS: Metric = Metric::counter(
    "wirefold_pruner_checks_total",
    "Checks of a stream on the NATS server, whether or not messages had to be deleted.",
    &["stream"],
);

pub(crate) const MISSING: Metric = Metric::counter(
    "wirefold_pruner_missing_messages_total",
    "Messages that left a stream on the NATS server before their time and that wirefold did not delete \
     for room, as after a purge.",
    &["stream"],
);

pub(crate) const READERS_RECREATED: Metric = Metric::counter(
    "wirefold_pruner_recreated_readers_total",
    "Durable consumers on the NATS server that somebody deleted or changed and that were made again.",
    &[],
);

pub(crate) const CONNECTIONS_REFUSED: Metric = Metric::counter(
    "wirefold_http_connections_refused_total",
    "Connections refused because their address had the most connections allowed.",
    &[],
);

// The closed list of metrics.

/// All metrics of the product, those of the binary first.
pub(crate) fn all_metrics() -> Vec<&'static Metric> {
    let tables = [
        METRICS,
        wirefold_flow_nats::METRICS,
        wirefold_fetcher::METRICS,
        wirefold_detector::METRICS,
        wirefold_enricher::METRICS,
        wirefold_alerter::METRICS,
        wirefold_gateway::METRICS,
    ];
    tables.into_iter().flatten().collect()
}

// Metrics of this process from the operating system.

/// Reads the figures of this process from the system. If a figure is not available, its metric is absent.
pub(super) fn measure() {
    let field = |path: &str, name: &str| {
        let text = std::fs::read_to_string(path).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    if let Some(kibibytes) = field("/proc/self/status", "VmRSS") {
        MEMORY.set(kibibytes as f64 * 1024.0, &[]);
    }
    if let Some(bytes) = field("/proc/self/io", "write_bytes") {
        WRITTEN.set_total(bytes, &[]);
    }
}
