//! Words in one piece of memory, with the position of each.

use std::hash::Hasher as _;
use std::ops::Range;
use std::sync::OnceLock;

use rustc_hash::FxHasher;

/// Words one after the other, without an allocation for each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    letters: String,
    /// Where each word ends among the letters.
    ends: Vec<u32>,
}

impl Words {
    pub(crate) fn push(&mut self, word: &str) {
        self.letters.push_str(word);
        self.ends.push(number(self.letters.len()));
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u32 {
        number(self.ends.len())
    }

    pub(crate) fn get(&self, index: u32) -> Option<&str> {
        let index = index as usize;
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.letters.get(start..end)
    }

    /// Some of them, in order.
    pub(crate) fn range(&self, range: Range<u32>) -> impl Iterator<Item = &str> {
        range.filter_map(|index| self.get(index))
    }
}

/// The end of a list.
const NONE: u32 = u32::MAX;

/// Words that can be found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    words: Words,
    /// For each word the next one that is equal.
    next: Vec<u32>,
    distinct: Vec<Distinct>,
    /// Places among the distinct words, by their hash; the length is a power of two.
    slots: Vec<u32>,
    /// The first of each of the distinct words, by the alphabet: made for whoever asks for it.
    sorted: OnceLock<Vec<u32>>,
}

#[derive(Debug, Clone, Copy)]
struct Distinct {
    hash: u64,
    first: u32,
    last: u32,
}

impl Index {
    pub(crate) fn new(words: Words) -> Self {
        let count = words.ends.len();
        let slots = vec![NONE; (count * 2).next_power_of_two()];
        let next = vec![NONE; count];
        let distinct = Vec::with_capacity(count / 2);
        let mut index = Self { words, next, distinct, slots, sorted: OnceLock::new() };
        for place in 0..index.words.len() {
            index.enter(place);
        }
        index
    }

    fn enter(&mut self, place: u32) {
        let word = self.words.get(place).unwrap_or_default();
        let hash = hash(word);
        let slot = self.slot(word, hash);
        match self.slots.get(slot).and_then(|found| self.distinct.get_mut(*found as usize)) {
            Some(known) => {
                self.next[known.last as usize] = place;
                known.last = place;
            }
            None => {
                self.slots[slot] = number(self.distinct.len());
                self.distinct.push(Distinct { hash, first: place, last: place });
            }
        }
    }

    /// The slot of a word, or the free one where it would be. At least half of them are free.
    fn slot(&self, word: &str, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = (hash >> 32) as usize & mask;
        while let Some(known) = self.distinct.get(self.slots[slot] as usize) {
            if known.hash == hash && self.words.get(known.first) == Some(word) {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    pub(crate) fn get(&self, place: u32) -> Option<&str> {
        self.words.get(place)
    }

    /// The places of a word, in order.
    pub(crate) fn places(&self, word: &str) -> impl Iterator<Item = u32> {
        let first = match self.slots.is_empty() {
            true => None,
            false => self.distinct.get(self.slots[self.slot(word, hash(word))] as usize),
        };
        self.from(first.map_or(NONE, |known| known.first))
    }

    /// A place and those of equal words behind it.
    pub(crate) fn from(&self, first: u32) -> impl Iterator<Item = u32> {
        let is_place = |place: &u32| *place != NONE;
        std::iter::successors(Some(first).filter(is_place), move |place| {
            self.next.get(*place as usize).copied().filter(is_place)
        })
    }

    /// How many words there are.
    pub(crate) fn len(&self) -> usize {
        self.next.len()
    }

    /// All words, in order.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.range(0..self.words.len())
    }

    /// Each word once, with its hash and where it stands first.
    pub(crate) fn hashed(&self) -> impl Iterator<Item = (&str, u64, u32)> {
        let word = |known: &Distinct| {
            self.words.get(known.first).map(|word| (word, known.hash, known.first))
        };
        self.distinct.iter().filter_map(word)
    }

    /// How many words there are, each counted once.
    pub(crate) fn distinct_len(&self) -> usize {
        self.distinct.len()
    }

    /// The first place of each word that begins so.
    pub(crate) fn beginning_with(&self, stem: &str) -> &[u32] {
        let sorted = self.sorted.get_or_init(|| {
            let mut sorted: Vec<u32> = self.distinct.iter().map(|known| known.first).collect();
            sorted.sort_unstable_by_key(|place| self.words.get(*place));
            sorted
        });
        let word = |place: &u32| self.words.get(*place).unwrap_or_default();
        let from = sorted.partition_point(|place| word(place) < stem);
        let rest = &sorted[from..];
        &rest[..rest.partition_point(|place| word(place).starts_with(stem))]
    }
}

/// The hash by which words are found.
pub(crate) fn hash(word: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(word.as_bytes());
    hasher.finish()
}

/// Texts are shorter than four billion letters by far.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_word_is_found_where_it_stands(
            words in prop::collection::vec("[ab]{0,3}|é{1,2}|[a-z]{6}", 0..60),
            others in prop::collection::vec("[abc]{0,3}", 0..6),
        ) {
            let mut stored = Words::default();
            let mut naive: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
            for (word, place) in words.iter().zip(0..) {
                stored.push(word);
                naive.entry(word).or_default().push(place);
            }
            let index = Index::new(stored);
            prop_assert_eq!(index.distinct_len(), naive.len());
            prop_assert_eq!(index.hashed().count(), naive.len());
            prop_assert_eq!(index.len(), words.len());
            for (word, hash_of_word, first) in index.hashed() {
                prop_assert_eq!((hash(word), naive[word][0]), (hash_of_word, first));
            }
            for word in words.iter().chain(&others) {
                let expected = naive.get(word.as_str()).cloned().unwrap_or_default();
                prop_assert_eq!(index.places(word).collect::<Vec<_>>(), expected);
                let stem: Vec<u32> = index.beginning_with(word).to_vec();
                let first = naive.iter().filter(|(known, _)| known.starts_with(word.as_str()));
                prop_assert_eq!(stem, first.map(|(_, places)| places[0]).collect::<Vec<_>>());
            }
            for (word, place) in words.iter().zip(0..) {
                prop_assert_eq!(index.get(place), Some(word.as_str()));
            }
        }
    }
}
