//! Metrics as a closed list: each crate has a table of [`Metric`]s, and the documentation is
//! generated from these tables.
//!
//! Names follow Prometheus: base units, `_total` for counters. No label is a URL, an id of an
//! article or story, or anything else that grows with the stream.

use metrics::{Label, Unit};

/// How a metric changes over time.
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
    /// How it changes over time.
    pub kind: MetricKind,
    /// Its unit; a base unit.
    pub unit: Unit,
    /// Its meaning in one sentence.
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

    /// Adds `by` to the counter with these label values.
    pub fn add(&self, by: u64, values: &[&'static str]) {
        metrics::counter!(self.name, self.labels_of(values)).increment(by);
    }

    /// Sets the counter to a total that is counted elsewhere. Ignores a total lower than the last.
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

    /// Describes the metric to the recorder, which then lists it before it is first counted.
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
