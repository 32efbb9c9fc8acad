//! The logarithms of how many documents have each term: a logarithm costs more than all else about a term.
//!
//! Counts come in; their logarithms go out, from two bytes a term, so that far memory answers for as many terms as it
//! can.

use std::sync::LazyLock;

/// Counts below are looked up among all numbers.
const OFTEN: u16 = 1 << 15;
/// The term's count is one of many, and its logarithm is not stored.
const UNKNOWN: u16 = u16::MAX;

/// [`ln_after`] of the counts below [`OFTEN`].
static SMALL: LazyLock<Vec<f64>> =
    LazyLock::new(|| (0..OFTEN).map(|count| (f64::from(count) + 1.0).ln()).collect());

/// The natural logarithm of the number after `count`.
pub(crate) fn ln_after(count: u32) -> f64 {
    let known = SMALL.get(count as usize);
    known.copied().unwrap_or_else(|| (f64::from(count) + 1.0).ln())
}

/// [`ln_after`] of the counts of all terms, by their places.
#[derive(Debug, Clone)]
pub(crate) struct Logarithms {
    /// Those of small counts, by count.
    small: &'static [f64],
    /// A count below [`OFTEN`], or that and the position among `often`.
    counts: Vec<u16>,
    /// Those of larger counts. In news a few hundred terms have such.
    often: Vec<f64>,
}

impl Default for Logarithms {
    fn default() -> Logarithms {
        Logarithms { small: &SMALL, counts: Vec::new(), often: Vec::new() }
    }
}

impl Logarithms {
    /// Those of these counts.
    pub(crate) fn new(counts: &[u32]) -> Logarithms {
        let mut logarithms = Logarithms::default();
        for (place, count) in counts.iter().enumerate() {
            logarithms.push();
            logarithms.set(place, *count);
        }
        logarithms
    }

    /// Adds a term that no document has.
    pub(crate) fn push(&mut self) {
        self.counts.push(0);
    }

    /// Notes the count of a term.
    pub(crate) fn set(&mut self, place: usize, count: u32) {
        let known = &mut self.counts[place];
        if let Some(small) = u16::try_from(count).ok().filter(|count| *count < OFTEN) {
            *known = small;
            return;
        }
        if *known < OFTEN {
            // A term with a smaller count than before leaves its position behind, which counts anew make good.
            let next = u16::try_from(self.often.len()).ok().and_then(|at| OFTEN.checked_add(at));
            *known = next.unwrap_or(UNKNOWN);
            if *known != UNKNOWN {
                self.often.push(0.0);
            }
        }
        if *known != UNKNOWN {
            self.often[usize::from(*known - OFTEN)] = ln_after(count);
        }
    }

    /// The logarithm of the count of a term, given all counts.
    #[inline]
    pub(crate) fn of(&self, place: u32, counts: &[u32]) -> f64 {
        let known = self.counts[place as usize];
        match self.small.get(usize::from(known)) {
            Some(logarithm) => *logarithm,
            None => match self.often.get(usize::from(known - OFTEN)) {
                Some(logarithm) => *logarithm,
                None => ln_after(counts[place as usize]),
            },
        }
    }

    /// The natural logarithm of how often a term is mentioned, at least once.
    #[inline]
    pub(crate) fn of_mentions(&self, mentions: u8) -> f64 {
        self.small[usize::from(mentions) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_of_all_counts_are_those_of_the_numbers() {
        let few = [0, 1, 2, u32::from(OFTEN) - 1, u32::from(OFTEN), 70_000, u32::MAX];
        // More large counts than have a position.
        let counts: Vec<u32> = few.into_iter().chain((0..40_000).map(|n| 100_000 + n)).collect();
        let mut logarithms = Logarithms::new(&counts);
        let mut counts = counts;
        for (place, count) in
            [(1, 90_000), (4, 40_000), (5, 3), (9_000, 200_000), (39_000, 300_000)]
        {
            counts[place] = count;
            logarithms.set(place, count);
        }
        for (place, count) in (0..).zip(&counts) {
            let found = logarithms.of(place, &counts);
            assert_eq!(found.to_bits(), (f64::from(*count) + 1.0).ln().to_bits(), "{count}");
        }
    }
}
