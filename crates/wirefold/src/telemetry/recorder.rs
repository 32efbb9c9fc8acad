//! Counts in memory, and tells Prometheus in its text format (0.0.4).
//!
//! What a crate for it would bring beside this (summaries, expiry, sharding, a clock of its own)
//! nothing here uses, and it takes a newcomer's first build some five seconds.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Label, Metadata, Recorder, SharedString,
    Unit,
};

/// Everything that was counted. Clones share it.
#[derive(Clone)]
pub(super) struct Counted {
    all: Arc<All>,
}

struct All {
    /// Upper ends of the buckets of every distribution, ascending.
    buckets: &'static [f64],
    help: Mutex<BTreeMap<String, SharedString>>,
    counters: Series<AtomicU64>,
    /// Bits of an `f64`.
    gauges: Series<AtomicU64>,
    distributions: Series<Distribution>,
}

/// By name and labels.
struct Series<T>(RwLock<HashMap<Key, Arc<T>, BuildHasherDefault<DefaultHasher>>>);

/// How many values fell into each bucket, and their sum.
struct Distribution {
    buckets: &'static [f64],
    seen: Mutex<Seen>,
}

#[derive(Clone)]
struct Seen {
    /// One for each bucket, each value in the first that holds it; the last for what is above all.
    counts: Vec<u64>,
    sum: f64,
}

impl Counted {
    /// Nothing yet; distributions have buckets with these upper ends, ascending.
    pub(super) fn new(buckets: &'static [f64]) -> Self {
        let all = All {
            buckets,
            help: Mutex::default(),
            counters: Series::default(),
            gauges: Series::default(),
            distributions: Series::default(),
        };
        Self { all: Arc::new(all) }
    }

    /// As text: names in order, each with its help and its kind.
    pub(super) fn render(&self) -> String {
        let mut out = Text { out: String::new(), help: locked(&self.all.help).clone() };
        for (name, series) in self.all.counters.by_name() {
            out.head(&name, "counter");
            for (labels, counter) in series {
                out.line(&name, "", &labels, None, counter.load(Ordering::Acquire));
            }
        }
        for (name, series) in self.all.gauges.by_name() {
            out.head(&name, "gauge");
            for (labels, gauge) in series {
                let value = f64::from_bits(gauge.load(Ordering::Acquire));
                out.line(&name, "", &labels, None, value);
            }
        }
        for (name, series) in self.all.distributions.by_name() {
            out.head(&name, "histogram");
            for (labels, distribution) in series {
                out.distribution(&name, &labels, &distribution);
            }
        }
        out.out
    }

    fn describe(&self, name: &KeyName, help: SharedString) {
        locked(&self.all.help).entry(name.as_str().to_owned()).or_insert(help);
    }
}

impl Recorder for Counted {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, help);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, help);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.all.counters.of(key, AtomicU64::default))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.all.gauges.of(key, AtomicU64::default))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let buckets = self.all.buckets;
        Histogram::from_arc(self.all.distributions.of(key, || Distribution::new(buckets)))
    }
}

impl<T> Default for Series<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T> Series<T> {
    /// What counts under this key, made where nothing does.
    fn of(&self, key: &Key, new: impl FnOnce() -> T) -> Arc<T> {
        if let Some(found) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return found.clone();
        }
        let mut series = self.0.write().unwrap_or_else(PoisonError::into_inner);
        series.entry(key.clone()).or_insert_with(|| Arc::new(new())).clone()
    }

    /// Names in order, and under each its labels in order.
    fn by_name(&self) -> BTreeMap<String, Vec<(String, Arc<T>)>> {
        let series = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<_> = series.iter().collect();
        sorted.sort_by_key(|(key, _)| *key);
        let mut names: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for (key, one) in sorted {
            let labels: Vec<String> = key.labels().map(written).collect();
            let under = names.entry(key.name().to_owned()).or_default();
            under.push((labels.join(","), one.clone()));
        }
        names
    }
}

impl Distribution {
    fn new(buckets: &'static [f64]) -> Self {
        let seen = Seen { counts: vec![0; buckets.len() + 1], sum: 0.0 };
        Self { buckets, seen: Mutex::new(seen) }
    }
}

impl HistogramFn for Distribution {
    fn record(&self, value: f64) {
        let bucket = self.buckets.partition_point(|upper| *upper < value);
        let mut seen = locked(&self.seen);
        seen.counts[bucket] += 1;
        seen.sum += value;
    }
}

/// What Prometheus reads, as it is written.
struct Text {
    out: String,
    help: BTreeMap<String, SharedString>,
}

impl Text {
    fn head(&mut self, name: &str, kind: &str) {
        if let Some(help) = self.help.get(name) {
            let help = help.replace('\\', "\\\\").replace('\n', "\\n");
            let _ = writeln!(self.out, "# HELP {name} {help}");
        }
        let _ = writeln!(self.out, "# TYPE {name} {kind}");
    }

    fn line(
        &mut self,
        name: &str,
        suffix: &str,
        labels: &str,
        upper: Option<&str>,
        value: impl std::fmt::Display,
    ) {
        let upper = upper.map(|upper| format!("le=\"{upper}\""));
        let labels = [Some(labels), upper.as_deref()];
        let labels: Vec<&str> = labels.into_iter().flatten().filter(|it| !it.is_empty()).collect();
        let labels = match labels.join(",") {
            none if none.is_empty() => none,
            some => format!("{{{some}}}"),
        };
        let _ = writeln!(self.out, "{name}{suffix}{labels} {value}");
    }

    fn distribution(&mut self, name: &str, labels: &str, distribution: &Distribution) {
        let seen = locked(&distribution.seen).clone();
        let mut so_far = 0;
        for (upper, count) in distribution.buckets.iter().zip(&seen.counts) {
            so_far += count;
            self.line(name, "_bucket", labels, Some(&upper.to_string()), so_far);
        }
        let all: u64 = seen.counts.iter().sum();
        self.line(name, "_bucket", labels, Some("+Inf"), all);
        self.line(name, "_sum", labels, None, seen.sum);
        self.line(name, "_count", labels, None, all);
    }
}

/// A label as it stands between braces.
fn written(label: &Label) -> String {
    let value = label.value().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{}=\"{value}\"", label.key())
}

/// What a panic left behind still counts.
fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn render(count: impl FnOnce()) -> String {
        let counted = Counted::new(&[0.1, 1.0]);
        metrics::with_local_recorder(&counted, count);
        counted.render()
    }

    #[test]
    fn counters_add_up_gauges_are_set_and_names_stand_in_order() {
        let text = render(|| {
            metrics::describe_counter!("b_total", Unit::Count, "What b is.\nAnd \\.");
            metrics::counter!("b_total", "of" => "x").increment(2);
            metrics::counter!("b_total", "of" => "a").increment(1);
            metrics::counter!("b_total", "of" => "x").increment(3);
            metrics::counter!("a_total").increment(1);
            metrics::gauge!("level").set(4.0);
            metrics::gauge!("level").set(2.5);
        });
        let expected = "# TYPE a_total counter\na_total 1\n\
            # HELP b_total What b is.\\nAnd \\\\.\n# TYPE b_total counter\n\
            b_total{of=\"a\"} 1\nb_total{of=\"x\"} 5\n\
            # TYPE level gauge\nlevel 2.5\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn buckets_hold_what_is_at_most_their_upper_end_and_all_below() {
        let text = render(|| {
            for value in [0.05, 0.1, 0.5, 7.0] {
                metrics::histogram!("s", "of" => "a").record(value);
            }
        });
        let expected = "# TYPE s histogram\n\
            s_bucket{of=\"a\",le=\"0.1\"} 2\ns_bucket{of=\"a\",le=\"1\"} 3\n\
            s_bucket{of=\"a\",le=\"+Inf\"} 4\ns_sum{of=\"a\"} 7.65\ns_count{of=\"a\"} 4\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn values_of_labels_cannot_end_their_quotes() {
        let text = render(|| metrics::counter!("a", "of" => "x\"} 9\n\\").increment(1));
        assert_eq!(text, "# TYPE a counter\na{of=\"x\\\"} 9\\n\\\\\"} 1\n");
    }

    #[test]
    fn threads_lose_nothing() {
        let counted = Counted::new(&[1.0]);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    metrics::with_local_recorder(&counted, || {
                        for _ in 0..1000 {
                            metrics::counter!("a").increment(1);
                            metrics::histogram!("s").record(0.5);
                        }
                    });
                });
            }
        });
        let text = counted.render();
        assert!(text.contains("\na 4000\n") && text.contains("s_count 4000\n"), "{text}");
    }
}
