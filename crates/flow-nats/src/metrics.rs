//! What is counted here, beside what the loops count.

use wirefold_flow::Metric;

/// Connections made, the first one too.
pub(crate) const CONNECTIONS: Metric = Metric::counter(
    "wirefold_nats_connections_total",
    "Connections made to the NATS server: the first one and reconnects.",
    &[],
);
/// What the server refused for want of permission.
pub(crate) const REFUSALS: Metric = Metric::counter(
    "wirefold_nats_refusals_total",
    "Publishes and subscriptions that the NATS server refused as not permitted.",
    &[],
);
/// Messages that the client dropped because nobody took them in time.
pub(crate) const SLOW_CONSUMERS: Metric = Metric::counter(
    "wirefold_nats_slow_consumers_total",
    "Times the NATS client dropped messages because they were not read in time (slow consumer).",
    &[],
);
/// Pulls that got no answer and were made anew.
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

/// Records that were left out because their writer did not write them.
pub(crate) const FORGED: Metric = Metric::counter(
    "wirefold_nats_forged_records_total",
    "Records of a signed stream that were left out because their writer did not write them.",
    &[],
);

/// All of them.
pub const METRICS: &[Metric] =
    &[CONNECTIONS, REFUSALS, SLOW_CONSUMERS, STALLS, DELAYED_PUBLISHES, FORGED];
