//! The words of all queries, each once and by its number.

use crate::term::{Field, marked};
use crate::words::{Words, hash};

/// A slot without a word.
const EMPTY: u64 = u64::MAX;
const FIRST_SLOTS: usize = 16;

/// Words by their numbers. One word of two fields is two words here.
///
/// The table is one of numbers, each beside half of its word's hash: a look takes one cache miss where
/// the word is unknown, and all words of an article are looked up at once, so that the misses of one
/// do not wait for those of another.
#[derive(Debug, Clone, Default)]
pub(super) struct Vocabulary {
    words: Words,
    /// A power of two of slots, of which at most three in four are taken.
    slots: Vec<u64>,
    /// How many terms of queries have had each word.
    uses: Vec<u32>,
    /// Whether stems are among them.
    has_stems: bool,
}

impl Vocabulary {
    pub(super) fn len(&self) -> usize {
        self.uses.len()
    }

    pub(super) fn has_stems(&self) -> bool {
        self.has_stems
    }

    /// The number of a word that stands as it is, whose hash is known.
    fn find(&self, word: &str, hash: u64) -> Option<u32> {
        let mut at = hash as usize;
        loop {
            let (number, found_at) = self.likely(at, hash)?;
            if self.words.get(number) == Some(word) {
                return Some(number);
            }
            at = found_at + 1;
        }
    }

    /// The first word from a slot on that has half of the hash, and its slot.
    fn likely(&self, from: usize, hash: u64) -> Option<(u32, usize)> {
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

    /// Finds many words by their hashes; says the number of each that is known, and what came with it.
    pub(super) fn find_all<'w, T: Copy>(
        &self,
        words: impl Iterator<Item = (&'w str, u64, T)>,
        mut found: impl FnMut(u32, T),
    ) {
        let likely = words.filter_map(|(word, hash, with)| {
            let (number, _) = self.likely(hash as usize, hash)?;
            Some((word, hash, with, number))
        });
        // All slots are read before the first word is.
        let likely: Vec<(&str, u64, T, u32)> = likely.collect();
        for (word, hash, with, number) in likely {
            let number = match self.words.get(number) == Some(word) {
                true => Some(number),
                false => self.find(word, hash),
            };
            number.into_iter().for_each(|number| found(number, with));
        }
    }

    /// The number of a word of a field, from now on if it is new.
    pub(super) fn enter(&mut self, field: Field, word: &str) -> u32 {
        let word = &*marked(field, word);
        let hash_of_word = hash(word);
        if let Some(known) = self.find(word, hash_of_word) {
            let uses = &mut self.uses[known as usize];
            *uses = uses.saturating_add(1);
            return known;
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

    /// A word as it was entered.
    pub(super) fn word(&self, number: u32) -> &str {
        let word = self.words.get(number).unwrap_or_default();
        word.strip_prefix(is_mark).unwrap_or(word)
    }

    /// How many terms of queries have had a word.
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

/// No word of title or text begins with one.
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
                let known = *naive.entry(word.as_str()).or_insert(next);
                prop_assert_eq!(vocabulary.enter(Field::Title, word), known);
                prop_assert_eq!(vocabulary.word(known), word);
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
