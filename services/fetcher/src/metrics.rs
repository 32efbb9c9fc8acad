//! What the fetcher counts. docs/metrics.md is generated from this table.

use wirefold_flow::{Metric, MetricKind};

/// Every metric of the fetcher.
pub const METRICS: &[Metric] = &[
    POLLS,
    POLL_SECONDS,
    ITEMS,
    ARTICLES,
    PAGES,
    COMMANDS,
    FEEDS,
    LISTS,
    BACKFILL,
    MESSAGES,
    OVERSIZED,
];

/// Polls that ended.
pub(crate) const POLLS: Metric = Metric::counter(
    "wirefold_fetcher_polls_total",
    "polls of feeds by how they ended",
    &["outcome"],
);

/// How long polls took.
pub(crate) const POLL_SECONDS: Metric = Metric::seconds(
    "wirefold_fetcher_poll_seconds",
    "time from the start of a poll to its last publish",
    &[],
);

/// Items seen in feeds.
pub(crate) const ITEMS: Metric = Metric::counter(
    "wirefold_fetcher_items_total",
    "items that feeds listed: new ones, changed ones, known ones",
    &["kind"],
);

/// Articles published.
pub(crate) const ARTICLES: Metric = Metric::counter(
    "wirefold_fetcher_articles_total",
    "articles published by where their text comes from",
    &["text"],
);

/// Article pages.
pub(crate) const PAGES: Metric = Metric::counter(
    "wirefold_fetcher_pages_total",
    "article pages wanted, by what became of them",
    &["outcome"],
);

/// Commands of people.
pub(crate) const COMMANDS: Metric = Metric::counter(
    "wirefold_fetcher_commands_total",
    "commands on feeds, by whether they were carried out",
    &["outcome"],
);

/// Feeds by health.
pub(crate) const FEEDS: Metric = Metric {
    name: "wirefold_fetcher_feeds",
    kind: MetricKind::Gauge,
    unit: ITEMS.unit,
    help: "feeds by how they are doing",
    labels: &["health"],
};

/// Lists of feeds.
pub(crate) const LISTS: Metric = Metric::counter(
    "wirefold_fetcher_lists_total",
    "questions for lists of feeds (OPML) by how they ended",
    &["outcome"],
);

/// Pages of archives.
pub(crate) const BACKFILL: Metric = Metric::counter(
    "wirefold_fetcher_backfill_pages_total",
    "pages of feeds' archives that were asked for, by how that ended",
    &["outcome"],
);

/// Messages of subjects.
pub(crate) const MESSAGES: Metric = Metric::counter(
    "wirefold_fetcher_messages_total",
    "messages of NATS subjects that are sources, by whether they were articles",
    &["outcome"],
);

/// Articles too large for a message.
pub(crate) const OVERSIZED: Metric = Metric::counter(
    "wirefold_fetcher_oversized_total",
    "articles that no message can carry, left out",
    &[],
);
