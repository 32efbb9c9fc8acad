//! The positions of the output that were skipped.

use std::collections::BTreeMap;

/// The most ranges. The oldest ones are dropped.
const MAX_RANGES: usize = 1_024;

/// Ranges of sequences. They do not touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Gaps(BTreeMap<u64, u64>);

impl Gaps {
    /// Adds a range, both ends included.
    pub(crate) fn add(&mut self, first: u64, last: u64) {
        if first > last || self.contains(first) {
            return;
        }
        self.0.insert(first, last);
        if self.0.len() > MAX_RANGES {
            self.0.pop_first();
        }
    }

    pub(crate) fn contains(&self, sequence: u64) -> bool {
        self.range_of(sequence).is_some()
    }

    pub(crate) fn remove(&mut self, sequence: u64) {
        let Some((first, last)) = self.range_of(sequence) else {
            return;
        };
        self.0.remove(&first);
        if first < sequence {
            self.0.insert(first, sequence - 1);
        }
        if sequence < last {
            self.0.insert(sequence + 1, last);
        }
    }

    /// The first and the last of each range.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter().map(|(first, last)| (*first, *last))
    }

    fn range_of(&self, sequence: u64) -> Option<(u64, u64)> {
        let (first, last) = self.0.range(..=sequence).next_back()?;
        (sequence <= *last).then_some((*first, *last))
    }
}

impl FromIterator<(u64, u64)> for Gaps {
    fn from_iter<I: IntoIterator<Item = (u64, u64)>>(ranges: I) -> Self {
        let mut gaps = Self::default();
        ranges.into_iter().for_each(|(first, last)| gaps.add(first, last));
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removing_from_a_range_keeps_the_rest() {
        let mut gaps: Gaps = [(3, 6), (9, 9), (12, 11)].into_iter().collect();
        assert!(!gaps.contains(2) && gaps.contains(3) && gaps.contains(6) && !gaps.contains(7));
        for sequence in [4, 9, 3, 7] {
            gaps.remove(sequence);
        }
        assert_eq!(gaps.iter().collect::<Vec<_>>(), [(5, 6)]);
    }

    #[test]
    fn the_oldest_ranges_are_dropped() {
        let many = 0..MAX_RANGES as u64 + 5;
        let gaps: Gaps = many.map(|number| (10 * number, 10 * number)).collect();
        assert_eq!(gaps.iter().next(), Some((50, 50)));
    }
}
