//! Words in one piece of memory, with the position of each.

use std::hash::Hasher as _;
use std::ops::Range;
use std::sync::OnceLock;

use rustc_hash::FxHasher;

/// Words in one string, without an allocation for each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    letters: String,
    /// The end of each word in `letters`.
    ends: Vec<u32>,
}

impl Words {
    pub(crate) fn push(&mut self, word: &str) {
        self.letters.push_str(word);
        self.ends.push(number(self.letters.len()));
    }

    /// The number of words.
    pub(crate) fn len(&self) -> u32 {
        number(self.ends.len())
    }

    pub(crate) fn get(&self, index: u32) -> Option<&str> {
        let index = index as usize;
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.letters.get(start..end)
    }

    /// The words of a range, in order.
    pub(crate) fn range(&self, range: Range<u32>) -> impl Iterator<Item = &str> {
        range.filter_map(|index| self.get(index))
    }
}

/// The end of a list.
const NONE: u32 = u32::MAX;

/// Words with an index by word.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    words: Words,
    /// For each word, the position of the next equal word.
    next: Vec<u32>,
    distinct: Vec<Distinct>,
    /// Indices into `distinct`, by hash. The length is a power of two.
    slots: Vec<u32>,
    /// The first position of each distinct word, sorted by word. Computed when first needed.
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
        for position in 0..index.words.len() {
            index.enter(position);
        }
        index
    }

    fn enter(&mut self, position: u32) {
        let word = self.words.get(position).unwrap_or_default();
        let hash = hash(word);
        let slot = self.slot(word, hash);
        match self.slots.get(slot).and_then(|found| self.distinct.get_mut(*found as usize)) {
            Some(entry) => {
                self.next[entry.last as usize] = position;
                entry.last = position;
            }
            None => {
                self.slots[slot] = number(self.distinct.len());
                self.distinct.push(Distinct { hash, first: position, last: position });
            }
        }
    }

    /// The slot of a word, or the free slot for it. At least half of the slots are free.
    fn slot(&self, word: &str, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = (hash >> 32) as usize & mask;
        while let Some(entry) = self.distinct.get(self.slots[slot] as usize) {
            if entry.hash == hash && self.words.get(entry.first) == Some(word) {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    pub(crate) fn get(&self, position: u32) -> Option<&str> {
        self.words.get(position)
    }

    /// The positions of a word, in order.
    pub(crate) fn positions(&self, word: &str) -> impl Iterator<Item = u32> {
        let first = match self.slots.is_empty() {
            true => None,
            false => self.distinct.get(self.slots[self.slot(word, hash(word))] as usize),
        };
        self.from(first.map_or(NONE, |entry| entry.first))
    }

    /// A position and those of the equal words after it.
    pub(crate) fn from(&self, first: u32) -> impl Iterator<Item = u32> {
        let is_place = |position: &u32| *position != NONE;
        std::iter::successors(Some(first).filter(is_place), move |position| {
            self.next.get(*position as usize).copied().filter(is_place)
        })
    }

    /// The number of words.
    pub(crate) fn len(&self) -> usize {
        self.next.len()
    }

    /// All words, in order.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.range(0..self.words.len())
    }

    /// Each word once, with its hash and its first position.
    pub(crate) fn hashed(&self) -> impl Iterator<Item = (&str, u64, u32)> {
        let word = |entry: &Distinct| {
            self.words.get(entry.first).map(|word| (word, entry.hash, entry.first))
        };
        self.distinct.iter().filter_map(word)
    }

    /// The number of distinct words.
    pub(crate) fn distinct_len(&self) -> usize {
        self.distinct.len()
    }

    /// The first position of each word with this beginning.
    pub(crate) fn beginning_with(&self, beginning: &str) -> &[u32] {
        let sorted = self.sorted.get_or_init(|| {
            let mut sorted: Vec<u32> = self.distinct.iter().map(|entry| entry.first).collect();
            sorted.sort_unstable_by_key(|position| self.words.get(*position));
            sorted
        });
        let word = |position: &u32| self.words.get(*position).unwrap_or_default();
        let from = sorted.partition_point(|position| word(position) < beginning);
        let rest = &sorted[from..];
        &rest[..rest.partition_point(|position| word(position).starts_with(beginning))]
    }
}

/// The hash of a word in all tables of this crate.
pub(crate) fn hash(word: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(word.as_bytes());
    hasher.finish()
}

/// Converts a count. Texts are far shorter than four billion letters.
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
        fn every_word_is_found_at_its_positions(
            words in prop::collection::vec("[ab]{0,3}|é{1,2}|[a-z]{6}", 0..60),
            others in prop::collection::vec("[abc]{0,3}", 0..6),
        ) {
            let mut stored = Words::default();
            let mut naive: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
            for (word, position) in words.iter().zip(0..) {
                stored.push(word);
                naive.entry(word).or_default().push(position);
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
                prop_assert_eq!(index.positions(word).collect::<Vec<_>>(), expected);
                let beginning: Vec<u32> = index.beginning_with(word).to_vec();
                let first = naive.iter().filter(|(entry, _)| entry.starts_with(word.as_str()));
                prop_assert_eq!(beginning, first.map(|(_, positions)| positions[0]).collect::<Vec<_>>());
            }
            for (word, position) in words.iter().zip(0..) {
                prop_assert_eq!(index.get(position), Some(word.as_str()));
            }
        }
    }
}
