//! Metrics as a closed type: whoever counts, counts on a [`Metric`] of a table, and the tables of
//! all crates together are what the documentation is generated from.
//!
//! Names follow Prometheus: base units, `_total` for counters. No label is ever a URL, an id of an
//! article or story, or anything else that grows with the stream.

use metrics::{Label, Unit};

/// What a metric does over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Goes up.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// One metric of the closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name, such as `wirefold_fetcher_polls_total`.
    pub name: &'static str,
    /// What it does over time.
    pub kind: MetricKind,
    /// Its unit; a base unit.
    pub unit: Unit,
    /// What it tells, in one sentence.
    pub help: &'static str,
    /// The names of its labels, in the order in which values are given.
    pub labels: &'static [&'static str],
}

impl Metric {
    /// A counter of things.
    #[must_use]
    pub const fn counter(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Self {
        Self { name, kind: MetricKind::Counter, unit: Unit::Count, help, labels }
    }

    /// A gauge.
    #[must_use]
    pub const fn gauge(
        name: &'static str,
        unit: Unit,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Self {
        Self { name, kind: MetricKind::Gauge, unit, help, labels }
    }

    /// A distribution of durations in seconds.
    #[must_use]
    pub const fn seconds(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Self {
        Self { name, kind: MetricKind::Histogram, unit: Unit::Seconds, help, labels }
    }

    /// Counts `by` more, under these label values.
    pub fn add(&self, by: u64, values: &[&'static str]) {
        metrics::counter!(self.name, self.labels_of(values)).increment(by);
    }

    /// Sets the counter to a total that somebody else counts; a lower one than before is left out.
    pub fn set_total(&self, total: u64, values: &[&'static str]) {
        metrics::counter!(self.name, self.labels_of(values)).absolute(total);
    }

    /// Sets the gauge.
    pub fn set(&self, value: f64, values: &[&'static str]) {
        metrics::gauge!(self.name, self.labels_of(values)).set(value);
    }

    /// Records one value of the distribution.
    pub fn record(&self, value: f64, values: &[&'static str]) {
        metrics::histogram!(self.name, self.labels_of(values)).record(value);
    }

    /// Tells the recorder what this metric is, so that it is listed before it is first counted.
    pub fn describe(&self) {
        let (name, unit, help) = (self.name, self.unit, self.help);
        match self.kind {
            MetricKind::Counter => metrics::describe_counter!(name, unit, help),
            MetricKind::Gauge => metrics::describe_gauge!(name, unit, help),
            MetricKind::Histogram => metrics::describe_histogram!(name, unit, help),
        }
    }

    fn labels_of(&self, values: &[&'static str]) -> Vec<Label> {
        debug_assert_eq!(self.labels.len(), values.len(), "{}", self.name);
        let pairs = self.labels.iter().zip(values);
        pairs.map(|(name, value)| Label::from_static_parts(name, value)).collect()
    }
}
