//! The times of articles.

use serde::{Deserialize, Serialize};

/// With up to this many matches, an article may not take longer.
const FREE_MATCHES: f64 = 100.0;
/// The time that each further match may take, in microseconds.
const MICROS_PER_MATCH: f64 = 1.0;

/// The time of one article: processor time in microseconds, its words, and the number of matching
/// subscriptions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    pub(super) micros: f64,
    pub(super) words: f64,
    pub(super) matches: f64,
}

/// The distribution of all times.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TimeSpread {
    /// In milliseconds.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// In milliseconds, less one microsecond for each match above a hundred.
    pub(super) p99_of_few: f64,
    /// The mean number of matches of an article.
    pub(super) matches: f64,
    /// The nanoseconds of a further match, among articles of one length. It is the slope of time over matches by
    /// least squares, after the part that depends on the length is removed from both.
    pub(super) further: f64,
}

impl TimeSpread {
    pub(super) fn of(times: &[Time]) -> Self {
        let all = times.iter().map(|time| time.micros);
        let few = times
            .iter()
            .map(|time| time.micros - (time.matches - FREE_MATCHES).max(0.0) * MICROS_PER_MATCH);
        let all: Vec<f64> = all.collect();
        Self {
            p50: quantile(&all, 0.5) / 1e3,
            p99: quantile(&all, 0.99) / 1e3,
            p99_of_few: quantile(&few.collect::<Vec<f64>>(), 0.99) / 1e3,
            matches: mean(times, |time| time.matches),
            further: further(times) * 1e3,
        }
    }
}

/// The value below which this share of all values lies.
pub(super) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len() as f64 * share) as usize).copied().unwrap_or_default()
}

fn mean<T>(values: &[T], of: impl Fn(&T) -> f64) -> f64 {
    values.iter().map(of).sum::<f64>() / values.len().max(1) as f64
}

fn further(times: &[Time]) -> f64 {
    let by_words = |of: &dyn Fn(&Time) -> f64| {
        let slope = slope(times, |time| time.words, of);
        let (words, value) = (mean(times, |time| time.words), mean(times, of));
        let above = |time: &Time| of(time) - value - slope * (time.words - words);
        times.iter().map(above).collect::<Vec<f64>>()
    };
    let (micros, matches) = (by_words(&|time| time.micros), by_words(&|time| time.matches));
    let pairs: Vec<(f64, f64)> = matches.into_iter().zip(micros).collect();
    slope(&pairs, |pair| pair.0, |pair| pair.1)
}

fn slope<T>(values: &[T], over: impl Fn(&T) -> f64, of: impl Fn(&T) -> f64) -> f64 {
    let (middle, level) = (mean(values, &over), mean(values, &of));
    let both = mean(values, |value| (over(value) - middle) * (of(value) - level));
    let square = mean(values, |value| (over(value) - middle).powi(2));
    if square > 0.0 { both / square } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_further_match_is_the_slope() {
        let times: Vec<Time> = (0..1_000)
            .map(|at| {
                let (words, matches) = (f64::from(at * 7 % 600), f64::from(at));
                Time { micros: 50.0 + 0.1 * words + 0.5 * matches, words, matches }
            })
            .collect();
        let spread = TimeSpread::of(&times);
        assert!((spread.further - 500.0).abs() < 1e-6, "{spread:?}");
        assert!((0.32..0.34).contains(&spread.p50), "{spread:?}");
        assert!((0.55..0.61).contains(&spread.p99), "{spread:?}");
        assert!((0.1..0.17).contains(&spread.p99_of_few), "{spread:?}");
        assert!((spread.matches - 499.5).abs() < 1e-9, "{spread:?}");
    }
}
