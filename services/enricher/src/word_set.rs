//! Sets of words with a fast lookup, for questions about nearly every word of a text.

use rustc_hash::FxHashMap;
use wirefold_text::WordShapes;

/// Words with what they mean. Nearly all words that it does not have are told by their first byte, their last
/// and their length, before anything is hashed.
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
        self.shapes.may_contain(word)
    }

    fn enter(&mut self, word: &str) {
        self.shapes.insert(word.as_bytes());
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
