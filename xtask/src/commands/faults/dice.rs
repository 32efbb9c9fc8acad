//! Numbers drawn from a seed.

use wirefold_flow::sim::Random;

/// Draws the numbers of a run.
pub(super) struct Dice(Random);

impl Dice {
    /// Those of this seed for a fault of this name.
    pub(super) fn new(seed: u64, name: &str) -> Dice {
        let seed = seed.wrapping_mul(0x9e37_79b9) ^ name.bytes().map(u64::from).sum::<u64>();
        Dice(Random::new(seed))
    }

    /// A number below this one.
    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.0.below(most.max(1))
    }

    /// An index below `count`.
    pub(super) fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap_or(0)
    }
}
