//! What the enricher counts.

use wirefold_flow::Metric;

/// Every metric of this crate.
pub const METRICS: &[Metric] = &[ARTICLES, CHANGES, COMMANDS];

pub(crate) const ARTICLES: Metric = Metric::counter(
    "wirefold_enricher_articles_total",
    "Articles enriched for the output, by class.",
    &["class"],
);
pub(crate) const CHANGES: Metric = Metric::counter(
    "wirefold_enricher_changes_total",
    "Changes to stories and events put into the output, by sort.",
    &["change"],
);
pub(crate) const COMMANDS: Metric = Metric::counter(
    "wirefold_enricher_commands_total",
    "Commands about stories put into the output, by what came of them.",
    &["outcome"],
);
