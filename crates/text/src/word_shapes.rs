//! A filter for sets of words: it excludes nearly all other words before anything is hashed.
//!
//! It is built from the words of a set, but stores only their shapes. It may let through a word
//! that is not in the set.

/// The shapes of some words: first byte, last byte and number of bytes, mixed into a few bits.
#[derive(Debug, Clone)]
pub struct WordShapes([u64; SHAPES / 64]);

/// How many shapes there are; a power of two.
const SHAPES: usize = 1 << SHAPE_BITS;
const SHAPE_BITS: u32 = 12;

impl Default for WordShapes {
    fn default() -> WordShapes {
        WordShapes([0; SHAPES / 64])
    }
}

impl WordShapes {
    /// Adds the shape of a word.
    pub fn insert(&mut self, word: &[u8]) {
        let shape = shape(word);
        self.0[shape / 64] |= 1 << (shape % 64);
    }

    /// Whether a word may have been inserted. Never false for an inserted word.
    #[inline]
    #[must_use]
    pub fn may_contain(&self, word: &[u8]) -> bool {
        let shape = shape(word);
        self.0[shape / 64] & (1 << (shape % 64)) != 0
    }
}

/// The first byte, the last byte and the length of a word, mixed by the golden ratio.
#[inline]
fn shape(word: &[u8]) -> usize {
    let (first, last) = match word {
        [first, .., last] => (u32::from(*first), u32::from(*last)),
        [first] => (u32::from(*first), 0),
        [] => (0, 0),
    };
    let joined = first | last << 8 | (word.len().min(255) as u32) << 16;
    (joined.wrapping_mul(0x9e37_79b9) >> (32 - SHAPE_BITS)) as usize
}
