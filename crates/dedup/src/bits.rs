//! A set of word positions.

use crate::snapshot::written;

/// Positions in a body, one bit each. Positions beyond the end are not in the set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bits {
    blocks: Vec<u64>,
}

impl Bits {
    /// An empty set with room for `len` positions.
    #[must_use]
    pub fn new(len: usize) -> Bits {
        Bits { blocks: vec![0; len.div_ceil(64)] }
    }

    /// Adds a position, growing where needed.
    pub fn insert(&mut self, position: usize) {
        let block = position / 64;
        if block >= self.blocks.len() {
            self.blocks.resize(block + 1, 0);
        }
        self.blocks[block] |= 1 << (position % 64);
    }

    /// Whether a position is in the set.
    #[must_use]
    pub fn contains(&self, position: usize) -> bool {
        self.blocks.get(position / 64).is_some_and(|block| block >> (position % 64) & 1 == 1)
    }

    /// How many positions are in the set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.blocks.iter().map(|block| block.count_ones() as usize).sum()
    }

    /// How many positions are in both sets.
    #[must_use]
    pub fn common(&self, other: &Bits) -> usize {
        self.blocks.iter().zip(&other.blocks).map(|(a, b)| (a & b).count_ones() as usize).sum()
    }

    /// Adds every position of `other`.
    pub fn extend(&mut self, other: &Bits) {
        if other.blocks.len() > self.blocks.len() {
            self.blocks.resize(other.blocks.len(), 0);
        }
        for (mine, theirs) in self.blocks.iter_mut().zip(&other.blocks) {
            *mine |= theirs;
        }
    }
}

written!(Bits { blocks });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_positions() {
        let (mut a, mut b) = (Bits::new(3), Bits::default());
        a.insert(1);
        a.insert(200);
        b.insert(200);
        assert!(a.contains(200) && !a.contains(2) && !a.contains(9_999));
        assert_eq!((a.count(), a.common(&b), b.common(&a)), (2, 1, 1));
        b.extend(&a);
        assert_eq!(b, a);
    }
}
