//! The metrics of the alerter.
//!
//! Metrics only count. They never decide.

use wirefold_flow::Metric;

pub(crate) const ARTICLES: Metric = Metric::counter(
    "wirefold_alerter_articles_total",
    "Articles of the output stream compared with the subscriptions, by outcome.",
    &["outcome"],
);
pub(crate) const REVISIONS: Metric = Metric::counter(
    "wirefold_alerter_revisions_total",
    "Revisions of alerts published, by volume: loud or silent.",
    &["volume"],
);
pub(crate) const HELD: Metric = Metric::counter(
    "wirefold_alerter_held_total",
    "Revisions whose delivery is held, by reason.",
    &["reason"],
);
pub(crate) const DELIVERIES: Metric = Metric::counter(
    "wirefold_alerter_deliveries_total",
    "Attempts to deliver a revision, by kind of delivery and outcome.",
    &["kind", "outcome"],
);
pub(crate) const FEED_DIGESTS: Metric = Metric::counter(
    "wirefold_alerter_feed_digests_total",
    "Weekly digests of feeds with problems, by kind of delivery and outcome.",
    &["kind", "outcome"],
);
pub(crate) const HEALTH_NOTICES: Metric = Metric::counter(
    "wirefold_alerter_health_notices_total",
    "Messages about the health of the installation, by kind of delivery and outcome.",
    &["kind", "outcome"],
);
pub(crate) const HEALTH_CONDITIONS: Metric = Metric::gauge(
    "wirefold_health_conditions",
    metrics::Unit::Count,
    "Open conditions of the installation, by kind: see docs/health.md.",
    &["condition"],
);
pub(crate) const HEARTBEATS: Metric = Metric::counter(
    "wirefold_alerter_heartbeats_total",
    "Calls of the heartbeat address, by outcome: ok, failed, or withheld while a condition endangers data.",
    &["outcome"],
);
pub(crate) const SUBSCRIPTIONS: Metric = Metric::gauge(
    "wirefold_alerter_subscriptions",
    metrics::Unit::Count,
    "Subscriptions in force; those with a problem do not count.",
    &[],
);
pub(crate) const OPEN: Metric = Metric::gauge(
    "wirefold_alerter_open_alerts",
    metrics::Unit::Count,
    "Open alerts: neither quiet nor merged into another.",
    &[],
);
pub(crate) const UNREADABLE: Metric = Metric::counter(
    "wirefold_alerter_unreadable_total",
    "Messages that the alerter could not read and skipped.",
    &["stream"],
);

/// Every metric of the alerter.
pub const METRICS: &[Metric] = &[
    ARTICLES, REVISIONS, HELD, DELIVERIES, FEED_DIGESTS, HEALTH_NOTICES, HEALTH_CONDITIONS,
    HEARTBEATS, SUBSCRIPTIONS, OPEN, UNREADABLE,
];
