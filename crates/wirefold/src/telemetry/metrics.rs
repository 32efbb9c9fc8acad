//! What the process itself and its loops are counted by. docs/metrics.md is made of this table and
//! those of the services.

use metrics::Unit;
use wirefold_flow::Metric;

/// Every metric of the binary.
pub(super) const METRICS: &[Metric] = &[
    BUILD_INFO,
    UP_SECONDS,
    MEMORY,
    WRITTEN,
    DONE,
    RETRIED,
    REJECTED,
    BUS_FAILURES,
    TAKEOVERS,
    GAPS,
    SILENCE,
];

/// What each loop counts.
pub(super) const COUNTERS_OF_LOOPS: &[Metric] =
    &[DONE, RETRIED, REJECTED, BUS_FAILURES, TAKEOVERS, GAPS];

pub(super) const BUILD_INFO: Metric = Metric::gauge(
    "wirefold_build_info",
    Unit::Count,
    "Always 1; its label says which release runs.",
    &["version"],
);

pub(super) const UP_SECONDS: Metric =
    Metric::gauge("wirefold_up_seconds", Unit::Seconds, "How long the process has run.", &[]);

pub(super) const MEMORY: Metric = Metric::gauge(
    "wirefold_memory_bytes",
    Unit::Bytes,
    "Memory that the process holds (resident); only on Linux.",
    &[],
);

pub(super) const WRITTEN: Metric = Metric::gauge(
    "wirefold_written_bytes",
    Unit::Bytes,
    "What the process has had written to disks since it started; only on Linux.",
    &[],
);

pub(super) const DONE: Metric = Metric::counter(
    "wirefold_loop_done_total",
    "Messages that a loop handled, published and settled.",
    &["loop"],
);

pub(super) const RETRIED: Metric = Metric::counter(
    "wirefold_loop_retried_total",
    "Messages that a loop put back to be tried again.",
    &["loop"],
);

pub(super) const REJECTED: Metric = Metric::counter(
    "wirefold_loop_rejected_total",
    "Messages that a loop gave up on; they stand in the dead letters.",
    &["loop"],
);

pub(super) const BUS_FAILURES: Metric = Metric::counter(
    "wirefold_loop_bus_failures_total",
    "Calls to the bus that failed and were made again.",
    &["loop"],
);

pub(super) const TAKEOVERS: Metric = Metric::counter(
    "wirefold_loop_takeovers_total",
    "Times a writer took over its stream; one a start is normal.",
    &["loop"],
);

pub(super) const GAPS: Metric = Metric::counter(
    "wirefold_loop_gaps_total",
    "Times messages were missing that a loop had not read.",
    &["loop"],
);

pub(super) const SILENCE: Metric = Metric::gauge(
    "wirefold_loop_silence_seconds",
    Unit::Seconds,
    "How long ago a loop last showed that it is alive; more than 30 is too long.",
    &["loop"],
);
