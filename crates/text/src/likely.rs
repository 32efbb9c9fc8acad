//! A fast test whether a word can be in a small set: first byte and length exclude nearly all
//! others.

/// The first bytes and lengths of some words.
pub(crate) struct Likely {
    /// By the first byte, one bit for each length in bytes, the last for all that are longer.
    lengths: [u32; 256],
}

impl Likely {
    pub(crate) fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Likely {
        let mut lengths = [0; 256];
        for word in words {
            if let Some(first) = word.bytes().next() {
                lengths[usize::from(first)] |= bit(word.len());
            }
        }
        Likely { lengths }
    }

    /// Whether a word of this first byte and length may be one of them.
    pub(crate) fn has(&self, (first, len): (u8, usize)) -> bool {
        self.lengths[usize::from(first)] & bit(len) != 0
    }
}

fn bit(len: usize) -> u32 {
    1 << len.min(31)
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
    }
}
