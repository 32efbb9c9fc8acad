//! A fast test whether a word can be in a small set: first byte and length exclude nearly all
//! others, with the last byte nearly all of a set with many words.

use crate::word_shapes::WordShapes;

/// The first bytes, last bytes and lengths of some words.
pub(crate) struct Likely {
    /// By the first byte, one bit for each length in bytes, the last for all that are longer.
    lengths: [u32; 256],
    shapes: WordShapes,
}

impl Likely {
    pub(crate) fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Likely {
        let mut lengths = [0; 256];
        let mut shapes = WordShapes::default();
        for word in words {
            if let Some(first) = word.bytes().next() {
                lengths[usize::from(first)] |= bit(word.len());
            }
            shapes.insert(word.as_bytes());
        }
        Likely { lengths, shapes }
    }

    /// All words whose first byte and length, be it the longest that is told apart, `is` says so of.
    pub(crate) fn of_shapes(is: impl Fn((u8, usize)) -> bool) -> Likely {
        let lengths = |first: usize| {
            let has = |len: &usize| is((first as u8, *len));
            (0..=LONGEST).filter(has).fold(0, |lengths, len| lengths | bit(len))
        };
        Likely { lengths: std::array::from_fn(lengths), shapes: WordShapes::of_all_words() }
    }

    /// Whether a word of this first byte, this last byte and this length may be one of them.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        self.shapes.may_contain(word.as_bytes())
    }

    /// Whether a word of this first byte and length may be one of them.
    pub(crate) fn has(&self, (first, len): (u8, usize)) -> bool {
        self.lengths[usize::from(first)] & bit(len) != 0
    }
}

/// The greatest length that is told apart: longer words are as those.
const LONGEST: usize = 31;

fn bit(len: usize) -> u32 {
    1 << len.min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_are_likely_that_begin_so_and_are_as_long() {
        let long = "a".repeat(40);
        let likely = Likely::new(["port", "", "порт", &long]);
        let has = |word: &str| likely.has((word.as_bytes()[0], word.len()));
        assert_eq!(
            ["port", "poet", "pore?", "town", "порт"].map(has),
            [true, true, false, false, true]
        );
        assert!(has(&"a".repeat(31)) && !has(&"a".repeat(30)));
        let words = ["port", "", "порт", &long].map(|word| likely.has_word(word));
        assert_eq!(words, [true; 4]);
        assert_eq!(
            ["pore", "poet's", "p", &long[1..]].map(|word| likely.has_word(word)),
            [false; 4]
        );
    }
}
