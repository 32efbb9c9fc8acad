//! What is counted here, beside what the loops count.

use wirefold_flow::Metric;

/// Connections made, the first one too.
pub(crate) const CONNECTIONS: Metric = Metric::counter(
    "wirefold_nats_connections_total",
    "Connections made to the NATS server, the first one and those after a loss.",
    &[],
);
/// What the server refused for want of permission.
pub(crate) const REFUSALS: Metric = Metric::counter(
    "wirefold_nats_refusals_total",
    "Publishes and subscriptions that the NATS server refused for want of permission.",
    &[],
);
/// Messages that the client dropped because nobody took them in time.
pub(crate) const SLOW_CONSUMERS: Metric = Metric::counter(
    "wirefold_nats_slow_consumers_total",
    "Times that the client dropped messages because nobody took them in time.",
    &[],
);
/// Pulls that got no answer and were made anew.
pub(crate) const STALLS: Metric = Metric::counter(
    "wirefold_nats_stalled_pulls_total",
    "Pulls that the NATS server left without an answer and that were made anew.",
    &[],
);
/// Publishes that waited for room.
pub(crate) const WAITS: Metric = Metric::counter(
    "wirefold_nats_full_total",
    "Publishes that found their stream full of unread messages and waited for room.",
    &[],
);

/// All of them.
pub const METRICS: &[Metric] = &[CONNECTIONS, REFUSALS, SLOW_CONSUMERS, STALLS, WAITS];
