//! The number of each word of the window, by the key of the word.
//!
//! The table uses open addressing in one array. Most words of a text are in far memory, and a table with
//! separate lists or control bytes would read far memory twice for each word.
//!
//! Keys of words come in; their numbers go out. The module never knows the words.

use crate::codec::prefetch::prefetch;

/// A direct-mapped cache of recent words and their numbers. Most words of a text are in a recent text, and this
/// small table stays near the processor. A clone starts empty.
#[derive(Debug, Default)]
pub(crate) struct RecentNumbers {
    /// Each key has one slot, where a newer word replaces an older one. Empty until the first look-up.
    slots: Vec<Slot>,
}

/// The number of slots, a power of two.
const RECENT_SLOTS: usize = 1 << 15;

impl Clone for RecentNumbers {
    fn clone(&self) -> RecentNumbers {
        RecentNumbers::default()
    }
}

impl RecentNumbers {
    /// The number of each key, and the indices of the keys whose number is not cached for `day`, in order. The
    /// numbers at these indices are arbitrary.
    pub(crate) fn look_up_all(&mut self, keys: &[u64], day: i32) -> (Vec<u32>, Vec<u32>) {
        if self.slots.is_empty() {
            self.slots = vec![EMPTY_SLOT; RECENT_SLOTS];
        }
        prefetch(keys.iter().map(|key| self.slots[recent_slot(*key)].key));
        let mut numbers = Vec::with_capacity(keys.len());
        let mut missing = vec![0; keys.len()];
        let mut count = 0;
        // The loop has no branch that depends on a slot, so that the processor loads all slots at the same
        // time.
        for (at, key) in (0..).zip(keys) {
            let cached = &self.slots[recent_slot(*key)];
            numbers.push(cached.number);
            missing[count] = at;
            let is_cached = (cached.key == *key) & (cached.day == day) & (cached.number != VACANT);
            count += usize::from(!is_cached);
        }
        missing.truncate(count);
        (numbers, missing)
    }

    /// Caches the number of a word that an article of `day` has. Does nothing before the first look-up.
    pub(crate) fn set(&mut self, key: u64, number: u32, day: i32) {
        if let Some(cached) = self.slots.get_mut(recent_slot(key)) {
            *cached = Slot { key, number, day };
        }
    }

    /// Removes all words.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
    }
}

fn recent_slot(key: u64) -> usize {
    usize::try_from(key % RECENT_SLOTS as u64).expect("it is below a length")
}

/// The number of each word, with the latest day of an article that has the word.
#[derive(Debug, Clone, Default)]
pub(crate) struct WordNumbers {
    /// Open addressing with linear probing: a word is in its home slot, or in the next free one behind it.
    slots: Vec<Slot>,
    len: usize,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    key: u64,
    /// [`VACANT`] if the slot has no word.
    number: u32,
    day: i32,
}

const VACANT: u32 = u32::MAX;
const EMPTY_SLOT: Slot = Slot { key: 0, number: VACANT, day: 0 };

/// At most this many of five slots are used; with more, the table grows.
const MAX_LOAD_FIFTHS: usize = 4;
/// The slots for each word after the table was rebuilt.
const SLOTS_PER_WORD: usize = 2;
/// The slots of the smallest table.
const MIN_SLOTS: usize = 16;

impl WordNumbers {
    /// An empty table with room for `count` words.
    pub(crate) fn with_capacity(count: usize) -> WordNumbers {
        WordNumbers { slots: vec![EMPTY_SLOT; (SLOTS_PER_WORD * count).max(MIN_SLOTS)], len: 0 }
    }

    /// The number of a word that an article of `day` has. A new word gets the number that `new` returns.
    pub(crate) fn get_or_insert(&mut self, key: u64, day: i32, new: impl FnOnce() -> u32) -> u32 {
        if MAX_LOAD_FIFTHS * self.slots.len() < 5 * (self.len + 1) {
            self.rebuild(|_, _| true);
        }
        let at = self.find_slot(key);
        let slot = &mut self.slots[at];
        if slot.number == VACANT {
            *slot = Slot { key, number: new(), day };
            self.len += 1;
        }
        slot.day = slot.day.max(day);
        slot.number
    }

    /// Loads the slots of these words before they are looked up.
    pub(crate) fn prefetch(&self, keys: impl Iterator<Item = u64>) {
        if !self.slots.is_empty() {
            prefetch(keys.map(|key| self.slots[self.home_slot(key)].key));
        }
    }

    /// The slot at which the search for a word starts.
    fn home_slot(&self, key: u64) -> usize {
        let home_slot = (u128::from(key) * self.slots.len() as u128) >> u64::BITS;
        usize::try_from(home_slot).expect("it is below a length")
    }

    /// The slot of a word, or the vacant slot where it would be inserted. The table always has a vacant slot.
    fn find_slot(&self, key: u64) -> usize {
        let mut at = self.home_slot(key);
        while self.slots[at].number != VACANT && self.slots[at].key != key {
            at += 1;
            if at == self.slots.len() {
                at = 0;
            }
        }
        at
    }

    /// Keeps the words for whose number and day `keep` is true.
    pub(crate) fn retain(&mut self, keep: impl FnMut(u32, i32) -> bool) {
        self.rebuild(keep);
    }

    /// Moves the words for which `keep` is true to a new table with room for more.
    fn rebuild(&mut self, mut keep: impl FnMut(u32, i32) -> bool) {
        self.slots.retain(|slot| slot.number != VACANT && keep(slot.number, slot.day));
        self.len = self.slots.len();
        let room = (SLOTS_PER_WORD * self.len).max(MIN_SLOTS);
        for slot in std::mem::replace(&mut self.slots, vec![EMPTY_SLOT; room]) {
            let at = self.find_slot(slot.key);
            self.slots[at] = slot;
        }
    }

    /// The numbers of all words with their days, in no particular order.
    pub(crate) fn days(&self) -> impl Iterator<Item = (u32, i32)> {
        let used = self.slots.iter().filter(|slot| slot.number != VACANT);
        used.map(|slot| (slot.number, slot.day))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Compared with a map, with keys whose slots crowd at the end of the table.
        #[test]
        fn words_keep_their_numbers_and_latest_days(
            steps in proptest::collection::vec((0_u64..60, 0..9_i32, proptest::bool::weighted(0.02)), 0..300),
        ) {
            let (mut numbers, mut known, mut next) = (WordNumbers::default(), BTreeMap::new(), 0);
            for (word, day, expires) in steps {
                let key = if word < 30 { u64::MAX - word } else { word << 58 };
                let found = numbers.get_or_insert(key, day, || next);
                let (number, latest) = known.entry(key).or_insert((next, day));
                *latest = day.max(*latest);
                prop_assert_eq!(found, *number);
                next += u32::from(found == next);
                if expires {
                    numbers.retain(|_, seen| seen > 4);
                    known.retain(|_, (_, seen)| *seen > 4);
                }
            }
            let mut days: Vec<(u32, i32)> = numbers.days().collect();
            let mut expected: Vec<(u32, i32)> = known.into_values().collect();
            days.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(days, expected);
        }
    }
}
