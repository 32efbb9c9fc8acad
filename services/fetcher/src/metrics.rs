//! The metrics of the fetcher. docs/metrics.md is generated from this table.

use wirefold_flow::Metric;

/// Every metric of the fetcher.
pub const METRICS: &[Metric] = &[
    POLLS, POLL_SECONDS, ITEMS, ARTICLES, PAGES, COMMANDS, FEEDS, SET_ASIDE, LISTS, MESSAGES,
    OVERSIZED, BEYOND_BUDGET, FORGOTTEN,
];

/// Polls that ended.
pub(crate) const POLLS: Metric =
    Metric::counter("wirefold_fetcher_polls_total", "polls of feeds, by outcome", &["outcome"]);

/// How long polls took.
pub(crate) const POLL_SECONDS: Metric = Metric::seconds(
    "wirefold_fetcher_poll_seconds",
    "time from the start of a poll to its last publish",
    &[],
);

/// Items seen in feeds.
pub(crate) const ITEMS: Metric = Metric::counter(
    "wirefold_fetcher_items_total",
    "items listed by feeds, by kind: new, changed or known",
    &["kind"],
);

/// Articles published.
pub(crate) const ARTICLES: Metric = Metric::counter(
    "wirefold_fetcher_articles_total",
    "articles published, by the source of their text",
    &["text"],
);

/// Article pages.
pub(crate) const PAGES: Metric = Metric::counter(
    "wirefold_fetcher_pages_total",
    "article pages wanted, by outcome",
    &["outcome"],
);

/// Commands of people.
pub(crate) const COMMANDS: Metric = Metric::counter(
    "wirefold_fetcher_commands_total",
    "commands about feeds, by outcome",
    &["outcome"],
);

/// Feeds by health.
pub(crate) const FEEDS: Metric =
    Metric::gauge("wirefold_fetcher_feeds", ITEMS.unit, "feeds, by health", &["health"]);

/// Feeds that are set aside, because wirefold crashed twice while it read them.
pub(crate) const SET_ASIDE: Metric = Metric::gauge(
    "wirefold_fetcher_feeds_set_aside",
    ITEMS.unit,
    "feeds that are no longer polled because wirefold crashed twice while it read them",
    &[],
);

/// Lists of feeds.
pub(crate) const LISTS: Metric = Metric::counter(
    "wirefold_fetcher_lists_total",
    "requests for lists of feeds (OPML), by outcome",
    &["outcome"],
);

/// Messages of subjects.
pub(crate) const MESSAGES: Metric = Metric::counter(
    "wirefold_fetcher_messages_total",
    "messages read from NATS subjects (`[[nats]]`), by outcome",
    &["outcome"],
);

/// Articles too large for a message.
pub(crate) const OVERSIZED: Metric = Metric::counter(
    "wirefold_fetcher_oversized_total",
    "articles skipped because they are too large for a message",
    &[],
);

/// Articles beyond a budget.
pub(crate) const BEYOND_BUDGET: Metric = Metric::counter(
    "wirefold_fetcher_beyond_budget_total",
    "articles whose alerts are held because their feed or site sent more in the hour, by budget",
    &["budget"],
);

/// Articles that people had wirefold forget, and that came again.
pub(crate) const FORGOTTEN: Metric = Metric::counter(
    "wirefold_fetcher_forgotten_total",
    "articles left out because their address or outlet was forgotten",
    &[],
);
