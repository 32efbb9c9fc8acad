//! Stores the logarithms of the document frequencies of terms. Computing a logarithm takes longer
//! than everything else about a term.
//!
//! Input: the count of each term. Output: its logarithm. The table has two bytes a term, so that
//! one line of the processor's cache serves as many terms as possible.

use std::sync::LazyLock;

/// Counts below this are small: their logarithms are in a table that all terms share.
const MIN_LARGE: u16 = 1 << 15;
/// Marks a term with a large count for which there is no position left in `large`.
const NOT_STORED: u16 = u16::MAX;

/// [`ln_after`] of each small count.
static SMALL: LazyLock<Vec<f64>> =
    LazyLock::new(|| (0..MIN_LARGE).map(|count| (f64::from(count) + 1.0).ln()).collect());

/// The natural logarithm of `count + 1`.
pub(crate) fn ln_after(count: u32) -> f64 {
    let known = SMALL.get(count as usize);
    known.copied().unwrap_or_else(|| (f64::from(count) + 1.0).ln())
}

/// [`ln_after`] of the counts of all terms, by term id.
#[derive(Debug, Clone)]
pub(crate) struct Logarithms {
    /// The logarithms of small counts, by count.
    small: &'static [f64],
    /// By term id: a small count; or [`MIN_LARGE`] plus the position in `large`; or [`NOT_STORED`].
    counts: Vec<u16>,
    /// The logarithms of large counts. In news a few hundred terms have one.
    large: Vec<f64>,
}

impl Default for Logarithms {
    fn default() -> Logarithms {
        Logarithms { small: &SMALL, counts: Vec::new(), large: Vec::new() }
    }
}

impl Logarithms {
    /// The logarithms of these counts.
    pub(crate) fn new(counts: &[u32]) -> Logarithms {
        let mut logarithms = Logarithms::default();
        for (id, count) in counts.iter().enumerate() {
            logarithms.push();
            logarithms.set(id, *count);
        }
        logarithms
    }

    /// Adds a term that no document has.
    pub(crate) fn push(&mut self) {
        self.counts.push(0);
    }

    /// Changes the count of a term.
    pub(crate) fn set(&mut self, id: usize, count: u32) {
        let known = &mut self.counts[id];
        if let Some(small) = u16::try_from(count).ok().filter(|count| *count < MIN_LARGE) {
            *known = small;
            return;
        }
        if *known < MIN_LARGE {
            // If a count becomes small again, its position stays unused until `new` builds the
            // table again.
            let next =
                u16::try_from(self.large.len()).ok().and_then(|at| MIN_LARGE.checked_add(at));
            *known = next.unwrap_or(NOT_STORED);
            if *known != NOT_STORED {
                self.large.push(0.0);
            }
        }
        if *known != NOT_STORED {
            self.large[usize::from(*known - MIN_LARGE)] = ln_after(count);
        }
    }

    /// The logarithm of the count of a term. `counts` are all counts, from which it is computed if
    /// it is not stored.
    #[inline]
    pub(crate) fn of(&self, id: u32, counts: &[u32]) -> f64 {
        let known = self.counts[id as usize];
        match self.small.get(usize::from(known)) {
            Some(logarithm) => *logarithm,
            None => match self.large.get(usize::from(known - MIN_LARGE)) {
                Some(logarithm) => *logarithm,
                None => ln_after(counts[id as usize]),
            },
        }
    }

    /// The natural logarithm of a number of mentions, which is at least 1.
    #[inline]
    pub(crate) fn of_mentions(&self, mentions: u8) -> f64 {
        self.small[usize::from(mentions) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_logarithms_equal_computed_ones() {
        let few = [0, 1, 2, u32::from(MIN_LARGE) - 1, u32::from(MIN_LARGE), 70_000, u32::MAX];
        // More large counts than have a position.
        let counts: Vec<u32> = few.into_iter().chain((0..40_000).map(|n| 100_000 + n)).collect();
        let mut logarithms = Logarithms::new(&counts);
        let mut counts = counts;
        for (id, count) in [(1, 90_000), (4, 40_000), (5, 3), (9_000, 200_000), (39_000, 300_000)] {
            counts[id] = count;
            logarithms.set(id, count);
        }
        for (id, count) in (0..).zip(&counts) {
            let found = logarithms.of(id, &counts);
            assert_eq!(found.to_bits(), (f64::from(*count) + 1.0).ln().to_bits(), "{count}");
        }
    }
}
