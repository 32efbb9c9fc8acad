//! Times of articles, by the processor time of the thread.

use serde::{Deserialize, Serialize};

use super::method::{STEPS, STEPS_UNTIL_JUDGED};
use super::set::is_hostile;
use crate::generator::Kind;
use crate::machine::ThreadWatch;

/// The speed is reported at these numbers of stored articles, over the last articles before each.
const SIZES: [usize; 5] = [4_000, 20_000, 50_000, 100_000, 1_000_000];
const SAMPLE: usize = 2_000;
/// The growth is the time of the last of this many parts of a run divided by that of the first.
const PARTS: usize = 10;

/// Collects times.
pub(super) struct Times {
    /// The microseconds of all articles except hostile ones, in order.
    news: Vec<f64>,
    hostile: Vec<f64>,
    steps: [f64; STEPS],
    /// The microseconds of the first step, and of all others together, of each article. Small, because the memory of
    /// a run is measured.
    parts: [Vec<f32>; 2],
    /// The mean in microseconds by the number of stored articles.
    by_size: Vec<(usize, f64)>,
    /// The cost of reading the clock, which is subtracted.
    cost: f64,
}

/// The distribution of the times of a run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Spread {
    /// The mean over all articles except hostile ones, in microseconds.
    pub(super) mean: f64,
    /// The number of hostile articles, their mean in microseconds and the slowest in milliseconds.
    pub(super) hostile: (usize, f64, f64),
    /// In milliseconds, over all articles.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// The p99 of the first step alone, and of all others together.
    pub(super) p99_of_parts: [f64; 2],
    /// The mean of each step, in microseconds.
    pub(super) steps: [f64; STEPS],
    /// The mean in microseconds by the number of stored articles.
    pub(super) by_size: Vec<(usize, f64)>,
    /// The mean of the last tenth divided by that of the first.
    pub(super) growth: f64,
}

impl Spread {
    /// The microseconds until the story is judged.
    pub(super) fn judged(&self) -> f64 {
        self.steps[..STEPS_UNTIL_JUDGED].iter().sum()
    }
}

impl Times {
    /// With room for this many, so that it does not grow while memory is measured.
    pub(super) fn new(articles: usize) -> Times {
        Times {
            news: Vec::with_capacity(articles),
            hostile: Vec::new(),
            steps: [0.0; STEPS],
            parts: [Vec::with_capacity(articles), Vec::with_capacity(articles)],
            by_size: Vec::new(),
            cost: ThreadWatch::cost(),
        }
    }

    /// Does the work for an article and records its time.
    pub(super) fn time<T>(&mut self, kind: Kind, work: impl FnOnce() -> T) -> T {
        let watch = ThreadWatch::start();
        let done = work();
        let micros = (watch.micros() - self.cost).max(0.0);
        self.note(kind, micros);
        done
    }

    fn note(&mut self, kind: Kind, micros: f64) {
        let of_kind = if is_hostile(kind) { &mut self.hostile } else { &mut self.news };
        of_kind.push(micros);
        let held = self.news.len() + self.hostile.len();
        if SIZES.contains(&held) {
            self.by_size.push((held, mean(&self.news[self.news.len().saturating_sub(SAMPLE)..])));
        }
    }

    /// Records the steps of the last article.
    pub(super) fn steps(&mut self, kind: Kind, steps: [f64; STEPS]) {
        let [first, others] = &mut self.parts;
        first.push(steps[0] as f32);
        others.push(steps[1..].iter().sum::<f64>() as f32);
        if !is_hostile(kind) {
            self.steps.iter_mut().zip(steps).for_each(|(all, step)| *all += step);
        }
    }

    /// The distribution of all times.
    pub(super) fn spread(&self) -> Spread {
        let every = sorted(self.news.iter().chain(&self.hostile).copied());
        let slowest = self.hostile.iter().copied().fold(0.0, f64::max) / 1e3;
        let part = self.news.len() / PARTS;
        let last = mean(&self.news[self.news.len() - part..]);
        Spread {
            mean: mean(&self.news),
            hostile: (self.hostile.len(), mean(&self.hostile), slowest),
            p50: percentile(&every, 50) / 1e3,
            p99: percentile(&every, 99) / 1e3,
            p99_of_parts: self
                .parts
                .each_ref()
                .map(|times| percentile(&sorted(times.iter().copied().map(f64::from)), 99) / 1e3),
            steps: self.steps.map(|step| step / self.news.len().max(1) as f64),
            by_size: self.by_size.clone(),
            growth: last / mean(&self.news[..part]).max(f64::MIN_POSITIVE),
        }
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The value that this many percent of the sorted values do not exceed; 0 if there are none.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_articles_are_told_apart_and_growth_is_last_by_first() {
        let mut times = Times::new(100);
        for at in 0..100 {
            times.note(Kind::Original, if at < 50 { 10.0 } else { 30.0 });
        }
        times.note(Kind::Hostile, 5_000.0);
        let mut steps = [1.0; STEPS];
        steps[0] = 7_000.0;
        times.steps(Kind::Original, steps);
        let spread = times.spread();
        assert!((spread.mean - 20.0).abs() < 1e-9);
        assert!((spread.growth - 3.0).abs() < 1e-9);
        assert_eq!(spread.hostile, (1, 5_000.0, 5.0));
        assert!((spread.p50 - 0.03).abs() < 1e-9);
        let [first, others] = spread.p99_of_parts;
        assert!((first - 7.0).abs() < 1e-9);
        assert!((others - (STEPS - 1) as f64 / 1e3).abs() < 1e-9);
    }
}
