//! Sets of words with a fast lookup, for questions about nearly every word of a text.

use rustc_hash::FxHashMap;

/// Words with what they mean. Nearly all words that it does not have are told by their first byte, their last
/// and their length, before anything is hashed.
#[derive(Debug)]
pub(crate) struct WordMap<T> {
    /// A bit for each shape that words have.
    shapes: [u64; SHAPES / 64],
    words: FxHashMap<Box<str>, T>,
}

impl<T> Default for WordMap<T> {
    fn default() -> Self {
        Self { shapes: [0; SHAPES / 64], words: FxHashMap::default() }
    }
}

impl<T> WordMap<T> {
    /// Enters a word, in place of the same one before, and says what that meant.
    pub(crate) fn insert(&mut self, word: &str, meaning: T) -> Option<T> {
        self.enter(word);
        self.words.insert(word.into(), meaning)
    }

    pub(crate) fn get(&self, word: &str) -> Option<&T> {
        if self.is_likely(word.as_bytes()) { self.words.get(word) } else { None }
    }

    /// Whether a word of these bytes may be one of them.
    pub(crate) fn is_likely(&self, word: &[u8]) -> bool {
        let shape = shape(word);
        self.shapes[shape / 64] & (1 << (shape % 64)) != 0
    }

    fn enter(&mut self, word: &str) {
        let shape = shape(word.as_bytes());
        self.shapes[shape / 64] |= 1 << (shape % 64);
    }

    pub(crate) fn contains(&self, word: &str) -> bool {
        self.get(word).is_some()
    }
}

impl<T: Default> WordMap<T> {
    /// What a word means, entered if it is new.
    pub(crate) fn entry(&mut self, word: &str) -> &mut T {
        self.enter(word);
        self.words.entry(word.into()).or_default()
    }
}

impl<T> WordMap<T> {
    /// All meanings, in no order.
    pub(crate) fn meanings_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.words.values_mut()
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.words.iter().map(|(word, meaning)| (word.as_ref(), meaning))
    }
}

/// How many shapes of words are told apart; a power of two.
const SHAPES: usize = 1 << SHAPE_BITS;
const SHAPE_BITS: u32 = 12;

/// The first byte of a word, its last and their number, mixed by the golden ratio.
fn shape(word: &[u8]) -> usize {
    let (first, last) = match word {
        [first, .., last] => (u32::from(*first), u32::from(*last)),
        [first] => (u32::from(*first), 0),
        [] => (0, 0),
    };
    let joined = first | last << 8 | (word.len().min(255) as u32) << 16;
    (joined.wrapping_mul(0x9e37_79b9) >> (32 - SHAPE_BITS)) as usize
}

/// Words, and nothing about them.
pub(crate) type WordSet = WordMap<()>;

impl WordSet {
    /// The words between the spaces of `words`.
    pub(crate) fn of(words: &str) -> Self {
        let mut set = Self::default();
        set.extend(words);
        set
    }

    /// The words of a list.
    pub(crate) fn of_all<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut set = Self::default();
        words.into_iter().for_each(|word| _ = set.insert(word, ()));
        set
    }

    /// Enters the words between the spaces of `words`.
    pub(crate) fn extend(&mut self, words: &str) {
        words.split_whitespace().for_each(|word| _ = self.insert(word, ()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_its_words_and_no_others() {
        let long = "a".repeat(40);
        let set = WordSet::of(&format!("port порт  {long}\nпо"));
        for word in ["port", "порт", "по", &long] {
            assert!(set.contains(word), "{word}");
        }
        for word in ["", "p", "poet", "ports", "пор", &"a".repeat(41), &"a".repeat(31)] {
            assert!(!set.contains(word), "{word}");
        }
    }
}
