//! A set of word positions in a body.

/// A bit set of positions in a body. It grows when needed; positions beyond its end are not in the set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    blocks: Vec<u64>,
}

impl Bits {
    /// An empty set with room for `len` positions.
    #[must_use]
    pub(crate) fn new(len: usize) -> Bits {
        Bits { blocks: vec![0; len.div_ceil(64)] }
    }

    /// Adds a position.
    pub(crate) fn insert(&mut self, position: usize) {
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
    pub(crate) fn contains(&self, position: usize) -> bool {
        self.blocks.get(position / 64).is_some_and(|block| block >> (position % 64) & 1 == 1)
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
        let mut a = Bits::new(3);
        a.insert(1);
        a.insert(200);
        assert!(a.contains(200) && !a.contains(2) && !a.contains(9_999));
    }
}
