//! What the alerter counts.

use wirefold_flow::Metric;

pub(crate) const ARTICLES: Metric = Metric::counter(
    "wirefold_alerter_articles_total",
    "Output articles compared with the subscriptions.",
    &["outcome"],
);
pub(crate) const REVISIONS: Metric = Metric::counter(
    "wirefold_alerter_revisions_total",
    "Revisions of alerts published, by whether they ring.",
    &["volume"],
);
pub(crate) const HELD: Metric = Metric::counter(
    "wirefold_alerter_held_total",
    "Revisions whose delivery waits, by the reason.",
    &["reason"],
);
pub(crate) const DELIVERIES: Metric = Metric::counter(
    "wirefold_alerter_deliveries_total",
    "Attempts to deliver a revision, by the kind of delivery and what came of it.",
    &["kind", "outcome"],
);
pub(crate) const FEED_DIGESTS: Metric = Metric::counter(
    "wirefold_alerter_feed_digests_total",
    "Weekly digests of feeds that need a look, by the kind of delivery and what came of them.",
    &["kind", "outcome"],
);
pub(crate) const SUBSCRIPTIONS: Metric = Metric::gauge(
    "wirefold_alerter_subscriptions",
    metrics::Unit::Count,
    "Subscriptions in force; those with a problem are not.",
    &[],
);
pub(crate) const OPEN: Metric = Metric::gauge(
    "wirefold_alerter_open_alerts",
    metrics::Unit::Count,
    "Alerts that are neither quiet nor merged.",
    &[],
);
pub(crate) const UNREADABLE: Metric = Metric::counter(
    "wirefold_alerter_unreadable_total",
    "Messages that the alerter could not read and left out.",
    &["stream"],
);

/// Every metric of the alerter.
pub const METRICS: &[Metric] =
    &[ARTICLES, REVISIONS, HELD, DELIVERIES, FEED_DIGESTS, SUBSCRIPTIONS, OPEN, UNREADABLE];
