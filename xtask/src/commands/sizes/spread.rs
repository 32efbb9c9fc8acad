//! Median, high percentile and maximum of some lengths.

/// Lengths, smallest first.
pub(super) struct Spread {
    sorted: Vec<usize>,
}

impl Spread {
    pub(super) fn of(lengths: impl Iterator<Item = usize>) -> Spread {
        let mut sorted: Vec<usize> = lengths.collect();
        sorted.sort_unstable();
        Spread { sorted }
    }

    /// The smallest length that `percent` of all do not exceed (nearest rank); 0 without lengths.
    fn percentile(&self, percent: usize) -> usize {
        let rank = (self.sorted.len() * percent).div_ceil(100);
        self.sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
    }

    /// In words, with this percentile between median and maximum.
    pub(super) fn summary(&self, percent: usize) -> String {
        let [median, high, most] = [50, percent, 100].map(|percent| self.percentile(percent));
        format!("median {median}, p{percent} {high}, max {most}")
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn takes_the_nearest_rank() {
        assert_eq!(Spread::of(1..=10).summary(90), "median 5, p90 9, max 10");
        assert_eq!(Spread::of([7, 3].into_iter()).summary(99), "median 3, p99 7, max 7");
        assert_eq!(Spread::of(std::iter::empty()).summary(90), "median 0, p90 0, max 0");
    }
}
