//! A set of word positions in a body.

/// A bit set of positions in a body. It grows when needed; positions beyond its end are not in the set.
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

    /// Adds a position.
    pub fn insert(&mut self, position: usize) {
        self.add(position);
    }

    /// Adds a position. Returns whether it was not in the set.
    pub(crate) fn add(&mut self, position: usize) -> bool {
        self.grow_to(position + 1);
        let (block, bit) = (&mut self.blocks[position / 64], 1 << (position % 64));
        let is_new = *block & bit == 0;
        *block |= bit;
        is_new
    }

    /// Adds `len` neighbouring positions.
    pub(crate) fn insert_all(&mut self, start: usize, len: usize) {
        self.grow_to(start + len);
        for (block, bits) in masks(start, len) {
            self.blocks[block] |= bits;
        }
    }

    /// Whether any of `len` neighbouring positions is in the set.
    pub(crate) fn has_any(&self, start: usize, len: usize) -> bool {
        let mut masks = masks(start, len);
        masks.any(|(block, bits)| self.blocks.get(block).is_some_and(|known| known & bits != 0))
    }

    fn grow_to(&mut self, len: usize) {
        let blocks = len.div_ceil(64);
        if blocks > self.blocks.len() {
            self.blocks.resize(blocks, 0);
        }
    }

    /// Whether a position is in the set.
    #[must_use]
    pub fn contains(&self, position: usize) -> bool {
        self.blocks.get(position / 64).is_some_and(|block| block >> (position % 64) & 1 == 1)
    }

    /// The number of positions in the set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.blocks.iter().map(|block| block.count_ones() as usize).sum()
    }

    /// The number of positions that are in both sets.
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

/// The blocks of `len` neighbouring positions, each with the bits of its positions.
fn masks(start: usize, len: usize) -> impl Iterator<Item = (usize, u64)> {
    let end = start + len;
    (start / 64..end.div_ceil(64)).map(move |block| {
        let from = start.saturating_sub(64 * block);
        let after = (64 * (block + 1)).saturating_sub(end);
        (block, (u64::MAX << from) & (u64::MAX >> after))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn neighbouring_positions_are_as_single_ones(
            runs in proptest::collection::vec((0usize..200, 0usize..150), 0..6),
        ) {
            let (mut whole, mut single) = (Bits::new(400), Bits::new(400));
            for (start, len) in runs {
                let has_any = (start..start + len).any(|position| single.contains(position));
                prop_assert_eq!(whole.has_any(start, len), has_any);
                whole.insert_all(start, len);
                (start..start + len).for_each(|position| single.insert(position));
                prop_assert_eq!(&whole, &single);
            }
        }
    }

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
