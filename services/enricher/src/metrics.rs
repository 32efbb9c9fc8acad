//! The metrics of the enricher.

use wirefold_flow::Metric;

/// Every metric of this crate.
pub const METRICS: &[Metric] = &[ARTICLES, CHANGES, COMMANDS];

pub(crate) const ARTICLES: Metric = Metric::counter(
    "wirefold_enricher_articles_total",
    "Articles enriched and published to the output stream, by class.",
    &["class"],
);
pub(crate) const CHANGES: Metric = Metric::counter(
    "wirefold_enricher_changes_total",
    "Changes to stories and events published to the output stream, by kind.",
    &["change"],
);
pub(crate) const COMMANDS: Metric = Metric::counter(
    "wirefold_enricher_commands_total",
    "Commands about stories published to the output stream, by outcome.",
    &["outcome"],
);
