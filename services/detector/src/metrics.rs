//! The metrics of the detector.

use wirefold_flow::Metric;

/// Every metric of this crate.
pub const METRICS: &[Metric] = &[
    ARTICLES, DUPLICATES, COMMANDS, CHANGES, REPLAYED, EXPIRED, DIFFERENCES, IN_WINDOW, EVICTED,
    SNAPSHOTS, SNAPSHOT_BYTES,
];

pub(crate) const ARTICLES: Metric = Metric::counter(
    "wirefold_detector_articles_total",
    "Articles decided on, by class.",
    &["class"],
);
pub(crate) const DUPLICATES: Metric = Metric::counter(
    "wirefold_detector_duplicates_total",
    "Articles and commands skipped because their id had a decision already.",
    &[],
);
pub(crate) const COMMANDS: Metric = Metric::counter(
    "wirefold_detector_commands_total",
    "Commands about stories that the detector decided on, by outcome.",
    &["outcome"],
);
pub(crate) const REPLAYED: Metric =
    Metric::counter("wirefold_detector_replayed_total", "Decisions read again at a start.", &[]);
pub(crate) const EXPIRED: Metric = Metric::counter(
    "wirefold_detector_replayed_without_text_total",
    "Decisions read again at a start whose article is no longer stored.",
    &[],
);
pub(crate) const DIFFERENCES: Metric = Metric::counter(
    "wirefold_detector_replay_differences_total",
    "Decisions read again at a start that the present settings would make otherwise.",
    &[],
);
pub(crate) const IN_WINDOW: Metric = Metric::gauge(
    "wirefold_detector_window_articles",
    metrics::Unit::Count,
    "Articles in the window of comparison.",
    &[],
);
pub(crate) const EVICTED: Metric = Metric::counter(
    "wirefold_detector_evicted_articles_total",
    "Articles that left the window early because it was full, from the sites that have most in it.",
    &[],
);
pub(crate) const SNAPSHOTS: Metric = Metric::counter(
    "wirefold_detector_snapshots_total",
    "Snapshots of the detector's state, by outcome: written, failed, used at a start, or skipped there.",
    &["outcome"],
);
pub(crate) const SNAPSHOT_BYTES: Metric = Metric::counter(
    "wirefold_detector_snapshot_bytes_total",
    "Bytes of snapshots that were written.",
    &[],
);
pub(crate) const CHANGES: Metric = Metric::counter(
    "wirefold_detector_changes_total",
    "Changes to stories and events published to the output stream, by kind.",
    &["change"],
);
