//! Random numbers from a seed.

use wirefold_flow::sim::Random;

/// Draws the random numbers of a run.
pub(super) struct RunRandom(Random);

impl RunRandom {
    /// The numbers for this seed and the fault with this name.
    pub(super) fn new(seed: u64, name: &str) -> RunRandom {
        let seed = seed.wrapping_mul(0x9e37_79b9) ^ name.bytes().map(u64::from).sum::<u64>();
        RunRandom(Random::new(seed))
    }

    /// A number below `most`.
    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.0.below(most.max(1))
    }

    /// An index below `count`.
    pub(super) fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap_or(0)
    }
}
