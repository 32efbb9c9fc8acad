//! Words in one piece of memory, with the position of each.

use std::hash::Hasher as _;

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
        // Indices into `distinct`, by hash. At least half of them are free.
        let mut slots = vec![NONE; (count * 2).next_power_of_two()];
        let mut next = vec![NONE; count];
        let mut distinct: Vec<Distinct> = Vec::with_capacity(count / 2);
        for position in 0..words.len() {
            let word = words.get(position).unwrap_or_default();
            let hash = hash(word);
            let is_it = |it: &Distinct| it.hash == hash && words.get(it.first) == Some(word);
            let mask = slots.len() - 1;
            let mut slot = (hash >> 32) as usize & mask;
            while distinct.get(slots[slot] as usize).is_some_and(|other| !is_it(other)) {
                slot = (slot + 1) & mask;
            }
            match distinct.get_mut(slots[slot] as usize) {
                Some(entry) => {
                    next[entry.last as usize] = position;
                    entry.last = position;
                }
                None => {
                    slots[slot] = number(distinct.len());
                    distinct.push(Distinct { hash, first: position, last: position });
                }
            }
        }
        Self { words, next, distinct }
    }

    pub(crate) fn get(&self, position: u32) -> Option<&str> {
        self.words.get(position)
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
        (0..self.words.len()).filter_map(|index| self.words.get(index))
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
                prop_assert_eq!(hash(word), hash_of_word);
                prop_assert_eq!(&index.from(first).collect::<Vec<_>>(), &naive[word]);
            }
            for (word, position) in words.iter().zip(0..) {
                prop_assert_eq!(index.get(position), Some(word.as_str()));
            }
        }
    }
}
