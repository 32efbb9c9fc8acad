//! The metrics of the connection to NATS.

use wirefold_flow::Metric;

/// Connections, with the first one.
pub(crate) const CONNECTIONS: Metric = Metric::counter(
    "wirefold_nats_connections_total",
    "Connections made to the NATS server: the first one and reconnects.",
    &[],
);
/// Refused permissions.
pub(crate) const REFUSALS: Metric = Metric::counter(
    "wirefold_nats_refusals_total",
    "Publishes and subscriptions that the NATS server refused as not permitted.",
    &[],
);
/// Messages that the client dropped because they were not read in time.
pub(crate) const SLOW_CONSUMERS: Metric = Metric::counter(
    "wirefold_nats_slow_consumers_total",
    "Times the NATS client dropped messages because they were not read in time (slow consumer).",
    &[],
);
/// Pull requests that got no answer and were repeated.
pub(crate) const STALLS: Metric = Metric::counter(
    "wirefold_nats_stalled_pulls_total",
    "Pull requests that the NATS server did not answer and that were repeated.",
    &[],
);
/// Publishes that waited for room.
pub(crate) const DELAYED_PUBLISHES: Metric = Metric::counter(
    "wirefold_nats_delayed_publishes_total",
    "Publishes that waited because their stream was full of unread messages.",
    &[],
);

/// Forged records that were skipped.
pub(crate) const FORGED: Metric = Metric::counter(
    "wirefold_nats_forged_records_total",
    "Records of a signed stream that were left out because their writer did not write them.",
    &[],
);

/// All metrics.
pub const METRICS: &[Metric] =
    &[CONNECTIONS, REFUSALS, SLOW_CONSUMERS, STALLS, DELAYED_PUBLISHES, FORGED];
