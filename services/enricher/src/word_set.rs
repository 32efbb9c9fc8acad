//! Sets of words with a fast lookup, for checks of nearly every word of a text.

use rustc_hash::FxHashMap;
use wirefold_text::WordShapes;

/// Words with their meanings. Nearly all other words are excluded by first byte, last byte and
/// length, before anything is hashed.
#[derive(Debug)]
pub(crate) struct WordMap<T> {
    shapes: WordShapes,
    words: FxHashMap<Box<str>, T>,
}

impl<T> Default for WordMap<T> {
    fn default() -> Self {
        Self { shapes: WordShapes::default(), words: FxHashMap::default() }
    }
}

impl<T> WordMap<T> {
    /// Adds a word and returns its previous meaning.
    pub(crate) fn insert(&mut self, word: &str, meaning: T) -> Option<T> {
        self.add_shape(word);
        self.words.insert(word.into(), meaning)
    }

    pub(crate) fn get(&self, word: &str) -> Option<&T> {
        if self.may_contain(word.as_bytes()) { self.words.get(word) } else { None }
    }

    /// Whether a word of these bytes may be in the map.
    pub(crate) fn may_contain(&self, word: &[u8]) -> bool {
        self.shapes.may_contain(word)
    }

    fn add_shape(&mut self, word: &str) {
        self.shapes.insert(word.as_bytes());
    }

    pub(crate) fn contains(&self, word: &str) -> bool {
        self.get(word).is_some()
    }
}

impl<T: Default> WordMap<T> {
    /// The meaning of a word, which is added if it is new.
    pub(crate) fn entry(&mut self, word: &str) -> &mut T {
        self.add_shape(word);
        self.words.entry(word.into()).or_default()
    }
}

impl<T> WordMap<T> {
    /// All meanings, in any order.
    pub(crate) fn meanings_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.words.values_mut()
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.words.iter().map(|(word, meaning)| (word.as_ref(), meaning))
    }
}

/// Defines tests for sets of words, each of which is built once: `fn is_port = "port harbour";`.
macro_rules! word_sets {
    ($($(#[$doc:meta])* $visibility:vis fn $name:ident = $words:literal;)+) => {$(
        $(#[$doc])*
        $visibility fn $name(normal: &str) -> bool {
            static SET: std::sync::LazyLock<$crate::word_set::WordSet> =
                std::sync::LazyLock::new(|| $crate::word_set::WordSet::of($words));
            SET.contains(normal)
        }
    )+};
}
pub(crate) use word_sets;

/// Words without meanings.
pub(crate) type WordSet = WordMap<()>;

impl WordSet {
    /// The words between the spaces of `words`.
    pub(crate) fn of(words: &str) -> Self {
        let mut set = Self::default();
        set.extend(words);
        set
    }

    /// Adds the words between the spaces of `words`.
    pub(crate) fn extend(&mut self, words: &str) {
        words.split_whitespace().for_each(|word| _ = self.insert(word, ()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_contains_exactly_its_words() {
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
