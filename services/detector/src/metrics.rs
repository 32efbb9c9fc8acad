//! What the detector counts.

use wirefold_flow::Metric;

/// Every metric of this crate.
pub const METRICS: &[Metric] =
    &[ARTICLES, REPEATS, COMMANDS, REPLAYED, EXPIRED, DIFFERENCES, IN_WINDOW, SNAPSHOTS];

pub(crate) const ARTICLES: Metric = Metric::counter(
    "wirefold_detector_articles_total",
    "Articles decided on, by class.",
    &["class"],
);
pub(crate) const REPEATS: Metric = Metric::counter(
    "wirefold_detector_repeats_total",
    "Articles and commands that came again under an id that was decided on already.",
    &[],
);
pub(crate) const COMMANDS: Metric = Metric::counter(
    "wirefold_detector_commands_total",
    "Commands about stories that were put in their place among the decisions, by what came of them.",
    &["outcome"],
);
pub(crate) const REPLAYED: Metric =
    Metric::counter("wirefold_detector_replayed_total", "Decisions learnt anew at a start.", &[]);
pub(crate) const EXPIRED: Metric = Metric::counter(
    "wirefold_detector_replayed_without_text_total",
    "Decisions learnt anew whose article, or one that a command is about, is kept no longer.",
    &[],
);
pub(crate) const DIFFERENCES: Metric = Metric::counter(
    "wirefold_detector_replay_differences_total",
    "Decisions that would be another one now, as after a change of settings.",
    &[],
);
pub(crate) const IN_WINDOW: Metric = Metric::gauge(
    "wirefold_detector_window_articles",
    metrics::Unit::Count,
    "Articles in the window of comparison.",
    &[],
);
pub(crate) const SNAPSHOTS: Metric = Metric::counter(
    "wirefold_detector_snapshots_total",
    "Snapshots of what the detector knows that were written or failed to be, used at a start or passed over.",
    &["outcome"],
);
