//! The metrics of the enricher.

use wirefold_flow::Metric;

/// Every metric of this crate.
pub const METRICS: &[Metric] = &[ARTICLES, WRONG_CLOCK];

pub(crate) const ARTICLES: Metric =
    Metric::counter("wirefold_enricher_articles_total", "Articles enriched.", &[]);
pub(crate) const WRONG_CLOCK: Metric = Metric::counter(
    "wirefold_enricher_wrong_clock_total",
    "Articles from a clock that differs from the broker's by minutes, whose time was corrected.",
    &[],
);
