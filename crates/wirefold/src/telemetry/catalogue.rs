//! The closed list of metrics.

use wirefold_flow::Metric;

use super::metrics;

/// All metrics of the product, those of the binary first.
pub(crate) fn all_metrics() -> Vec<&'static Metric> {
    let tables = [
        metrics::METRICS,
        wirefold_flow_nats::METRICS,
        wirefold_fetcher::METRICS,
        wirefold_detector::METRICS,
        wirefold_enricher::METRICS,
        wirefold_alerter::METRICS,
        wirefold_gateway::METRICS,
    ];
    tables.into_iter().flatten().collect()
}
