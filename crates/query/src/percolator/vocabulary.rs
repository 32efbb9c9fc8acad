//! The words of all queries, each once and with a number.

use crate::term::{Field, marked};
use crate::words::{Words, hash};

/// A slot without a word.
const EMPTY: u64 = u64::MAX;
const FIRST_SLOTS: usize = 16;

/// Words and their numbers. A word of two fields is two words here.
///
/// The hash table stores numbers, each with half of the hash of its word. A lookup of an unknown
/// word costs one cache miss. All words of an article are looked up together, so that their cache
/// misses overlap.
#[derive(Debug, Clone, Default)]
pub(super) struct Vocabulary {
    words: Words,
    /// The slots. Their number is a power of two, and at most three in four are used.
    slots: Vec<u64>,
    /// The number of query terms that have contained each word.
    uses: Vec<u32>,
    /// Whether it contains stems.
    has_stems: bool,
}

impl Vocabulary {
    pub(super) fn len(&self) -> usize {
        self.uses.len()
    }

    pub(super) fn has_stems(&self) -> bool {
        self.has_stems
    }

    /// The number of a marked word with a known hash.
    fn find(&self, word: &str, hash: u64) -> Option<u32> {
        let mut at = hash as usize;
        loop {
            let (number, found_at) = self.candidate(at, hash)?;
            if self.words.get(number) == Some(word) {
                return Some(number);
            }
            at = found_at + 1;
        }
    }

    /// The first word from a slot on with the same half of the hash, and its slot.
    fn candidate(&self, from: usize, hash: u64) -> Option<(u32, usize)> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = from & mask;
        while self.slots[at] >> 32 != hash >> 32 || self.slots[at] == EMPTY {
            if self.slots[at] == EMPTY {
                return None;
            }
            at = (at + 1) & mask;
        }
        Some((self.slots[at] as u32, at))
    }

    /// Finds many words by their hashes. Calls `found` with the number of each known word and its
    /// data.
    pub(super) fn find_all<'w, T: Copy>(
        &self,
        words: impl Iterator<Item = (&'w str, u64, T)>,
        mut found: impl FnMut(u32, T),
    ) {
        let candidate = words.filter_map(|(word, hash, with)| {
            let (number, _) = self.candidate(hash as usize, hash)?;
            Some((word, hash, with, number))
        });
        // All slots are read before the first word is compared.
        let candidate: Vec<(&str, u64, T, u32)> = candidate.collect();
        for (word, hash, with, number) in candidate {
            let number = match self.words.get(number) == Some(word) {
                true => Some(number),
                false => self.find(word, hash),
            };
            number.into_iter().for_each(|number| found(number, with));
        }
    }

    /// Adds a word of a field, if it is new, and returns its number.
    pub(super) fn enter(&mut self, field: Field, word: &str) -> u32 {
        let word = &*marked(field, word);
        let hash_of_word = hash(word);
        if let Some(number) = self.find(word, hash_of_word) {
            let uses = &mut self.uses[number as usize];
            *uses = uses.saturating_add(1);
            return number;
        }
        self.has_stems |= field == Field::Stem;
        let number = self.words.len();
        self.words.push(word);
        self.uses.push(1);
        match self.uses.len() * 4 > self.slots.len() * 3 {
            true => self.grow(),
            false => self.insert_slot(hash_of_word, number),
        }
        number
    }

    fn grow(&mut self) {
        self.slots = vec![EMPTY; (self.slots.len() * 2).max(FIRST_SLOTS)];
        for number in 0..self.words.len() {
            let hash_of_word = hash(self.words.get(number).unwrap_or_default());
            self.insert_slot(hash_of_word, number);
        }
    }

    fn insert_slot(&mut self, hash: u64, number: u32) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != EMPTY {
            at = (at + 1) & mask;
        }
        self.slots[at] = hash >> 32 << 32 | u64::from(number);
    }

    /// A word without the mark of its field.
    pub(super) fn word(&self, number: u32) -> &str {
        let word = self.words.get(number).unwrap_or_default();
        word.strip_prefix(is_mark).unwrap_or(word)
    }

    /// The number of query terms that have contained a word.
    pub(super) fn uses(&self, field: Field, word: &str) -> u32 {
        let number = self.find_in(field, word);
        number.and_then(|number| self.uses.get(number as usize)).copied().unwrap_or(0)
    }

    /// The number of a word of a field.
    pub(super) fn find_in(&self, field: Field, word: &str) -> Option<u32> {
        let word = marked(field, word);
        self.find(&word, hash(&word))
    }
}

/// Whether a character is the mark of a field. No word of title or text begins with one.
fn is_mark(letter: char) -> bool {
    letter.is_ascii_control()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_vocabulary_is_a_map(
            words in prop::collection::vec("[ab]{0,3}|[a-z]{6}", 0..200),
            others in prop::collection::vec("[abc]{0,3}", 0..20),
        ) {
            let (mut vocabulary, mut naive) = (Vocabulary::default(), HashMap::new());
            for word in &words {
                let next = u32::try_from(naive.len()).unwrap();
                let number = *naive.entry(word.as_str()).or_insert(next);
                prop_assert_eq!(vocabulary.enter(Field::Title, word), number);
                prop_assert_eq!(vocabulary.word(number), word);
            }
            prop_assert_eq!(vocabulary.len(), naive.len());
            let asked: Vec<&str> = words.iter().chain(&others).map(String::as_str).collect();
            let mut found = Vec::new();
            vocabulary.find_all(asked.iter().map(|word| (*word, hash(word), *word)), |number, word| {
                found.push((word, number));
            });
            let expected = asked.iter().filter_map(|word| Some((*word, *naive.get(word)?)));
            prop_assert_eq!(found, expected.collect::<Vec<_>>());
            for word in asked {
                prop_assert_eq!(vocabulary.find_in(Field::Text, word), naive.get(word).copied());
                prop_assert_eq!(vocabulary.find_in(Field::Entity, word), None);
            }
        }
    }
}
