//! A fast filter for small sets of words. First byte and length exclude nearly all other words. In
//! a set of many words, the last byte is needed too.

use crate::word_shapes::WordShapes;

/// The first bytes, last bytes and lengths of some words.
pub(crate) struct WordFilter {
    /// For each first byte, one bit for each length in bytes. The last bit stands for all greater
    /// lengths.
    lengths: [u32; 256],
    shapes: WordShapes,
}

impl WordFilter {
    pub(crate) fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> WordFilter {
        let mut lengths = [0; 256];
        let mut shapes = WordShapes::default();
        for word in words {
            if let Some(first) = word.bytes().next() {
                lengths[usize::from(first)] |= bit(word.len());
            }
            shapes.insert(word.as_bytes());
        }
        WordFilter { lengths, shapes }
    }

    /// Whether the first byte, the last byte and the length of a word allow it to be in the set.
    #[inline]
    pub(crate) fn may_contain(&self, word: &[u8]) -> bool {
        self.shapes.may_contain(word)
    }

    /// Whether a word of this first byte and this length may be in the set.
    pub(crate) fn may_contain_shape(&self, (first, len): (u8, usize)) -> bool {
        self.lengths[usize::from(first)] & bit(len) != 0
    }
}

/// All lengths from this one on share a bit.
const LONGEST: usize = 31;

fn bit(len: usize) -> u32 {
    1 << len.min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excludes_words_by_their_first_byte_last_byte_and_length() {
        let long = "a".repeat(40);
        let filter = WordFilter::new(["port", "", "порт", &long]);
        let has = |word: &str| filter.may_contain_shape((word.as_bytes()[0], word.len()));
        assert_eq!(
            ["port", "poet", "pore?", "town", "порт"].map(has),
            [true, true, false, false, true]
        );
        assert!(has(&"a".repeat(31)) && !has(&"a".repeat(30)));
        let words = ["port", "", "порт", &long].map(|word| filter.may_contain(word.as_bytes()));
        assert_eq!(words, [true; 4]);
        assert_eq!(
            ["pore", "poet's", "p", &long[1..]].map(|word| filter.may_contain(word.as_bytes())),
            [false; 4]
        );
    }
}
