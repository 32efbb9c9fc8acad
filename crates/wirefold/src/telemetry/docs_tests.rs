//! Writes `docs/metrics.md` from the tables. A test keeps the two equal.

use std::collections::BTreeSet;

use wirefold_flow::{Metric, MetricKind};

use super::all_metrics;
use crate::generated_page_tests::assert_up_to_date;

const HEAD: &str = "\
# Metrics

<!-- Generated: `WIREFOLD_BLESS=1 cargo test -p wirefold telemetry` rewrites this file. -->

The operations port, 127.0.0.1:9787 by default, serves these metrics for Prometheus at `/metrics`. The \
list is complete. Names have base units; distributions have buckets from 1 ms to 10 min. No label is \
an address, an article or a story.

| metric | type | labels | meaning |
|---|---|---|---|
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for metric in all_metrics() {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let kind = match metric.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        let (name, labels, help) = (metric.name, labels.join(", "), sentence(metric.help));
        page.push_str(&format!("| `{name}` | {kind} | {labels} | {help} |\n"));
    }
    page
}

/// Names that all programs use, as Prometheus' client libraries write them.
const STANDARD: [&str; 2] = ["process_start_time_seconds", "process_resident_memory_bytes"];

/// A help text as a sentence.
fn sentence(help: &str) -> String {
    let mut letters = help.trim_end_matches('.').chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str()).replace('|', "\\|")
}

#[test]
fn the_page_about_metrics_is_up_to_date() {
    assert_up_to_date("metrics.md", &page());
}

#[test]
fn names_and_labels_keep_the_rules() {
    let mut names = BTreeSet::new();
    for metric in all_metrics() {
        let Metric { name, kind, help, labels, .. } = metric;
        let is_snake = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let is_ours = name.starts_with("wirefold_") || STANDARD.contains(name);
        assert!(is_ours && is_snake(name), "{name}");
        assert!(names.insert(name), "{name} stands twice");
        assert_eq!(*kind == MetricKind::Counter, name.ends_with("_total"), "{name}");
        assert!(*kind != MetricKind::Histogram || name.ends_with("_seconds"), "{name}");
        assert!(help.len() > 10, "{name}: {help}");
        for label in *labels {
            let grows = ["url", "feed", "story", "article", "event", "id", "delivery", "host"];
            assert!(is_snake(label) && !grows.contains(label), "{name}: {label}");
        }
    }
}
