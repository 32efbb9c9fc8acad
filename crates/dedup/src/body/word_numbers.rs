//! The numbers of the words of the window by their keys, in one open table: most words of a text are far from
//! the processor, and a table of lists or of marks beside its entries is looked at twice as often.

use crate::codec::prefetch::prefetch;

/// Words of late: most words of a text stood in one of the last, and a small table stays near the processor.
/// A clone begins without any.
#[derive(Debug, Default)]
pub(crate) struct LateNumbers {
    /// Each word of late stands at its place unless another one came after it; empty before the first.
    places: Vec<Slot>,
}

/// Words of late, a power of two.
const LATE: usize = 1 << 15;

impl Clone for LateNumbers {
    fn clone(&self) -> LateNumbers {
        LateNumbers::default()
    }
}

impl LateNumbers {
    /// The number of each key that was noted on `day`, and of the others any; the places of these, in order.
    pub(crate) fn look_up_all(&mut self, keys: &[u64], day: i32) -> (Vec<u32>, Vec<u32>) {
        if self.places.is_empty() {
            self.places = vec![NOBODY; LATE];
        }
        prefetch(keys.iter().map(|key| self.places[late_place(*key)].key));
        let mut numbers = Vec::with_capacity(keys.len());
        let mut others = vec![0; keys.len()];
        let mut count = 0;
        // Nothing is decided by what stands at a place before all were asked for.
        for (at, key) in (0..).zip(keys) {
            let late = &self.places[late_place(*key)];
            numbers.push(late.number);
            others[count] = at;
            let is_known = (late.key == *key) & (late.day == day) & (late.number != VACANT);
            count += usize::from(!is_known);
        }
        others.truncate(count);
        (numbers, others)
    }

    /// Remembers the number of a word that was noted on `day`, where a look-up came before.
    pub(crate) fn set(&mut self, key: u64, number: u32, day: i32) {
        if let Some(late) = self.places.get_mut(late_place(key)) {
            *late = Slot { key, number, day };
        }
    }

    pub(crate) fn clear(&mut self) {
        self.places.clear();
    }
}

fn late_place(key: u64) -> usize {
    usize::try_from(key % LATE as u64).expect("it is below a length")
}

/// The number of each word, with the latest day on which an article had it.
#[derive(Debug, Clone, Default)]
pub(crate) struct WordNumbers {
    /// Each word stands at the place that its key says, or behind it and those that are there.
    places: Vec<Slot>,
    len: usize,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    key: u64,
    /// [`VACANT`] where there is no word.
    number: u32,
    day: i32,
}

const VACANT: u32 = u32::MAX;
const NOBODY: Slot = Slot { key: 0, number: VACANT, day: 0 };

/// Of each five places so many are taken at most, …
const MOST_OF_FIVE: usize = 4;
/// … and so many places there are for each word after the table was made larger.
const ROOMY: usize = 2;
/// Places of the smallest table.
const LEAST: usize = 16;

impl WordNumbers {
    /// A table with room for so many words.
    pub(crate) fn with_room(count: usize) -> WordNumbers {
        WordNumbers { places: vec![NOBODY; (ROOMY * count).max(LEAST)], len: 0 }
    }

    /// The number of a word that an article of `day` has; `new` gives one to a word that has none.
    pub(crate) fn note(&mut self, key: u64, day: i32, new: impl FnOnce() -> u32) -> u32 {
        if MOST_OF_FIVE * self.places.len() < 5 * (self.len + 1) {
            self.rebuild(|_, _| true);
        }
        let at = self.find(key);
        let place = &mut self.places[at];
        if place.number == VACANT {
            *place = Slot { key, number: new(), day };
            self.len += 1;
        }
        place.day = place.day.max(day);
        place.number
    }

    /// Has the places of these words at hand when they are noted.
    pub(crate) fn prefetch(&self, keys: impl Iterator<Item = u64>) {
        if !self.places.is_empty() {
            prefetch(keys.map(|key| self.places[self.first(key)].key));
        }
    }

    /// Where a word stands unless others were there before.
    fn first(&self, key: u64) -> usize {
        let first = (u128::from(key) * self.places.len() as u128) >> u64::BITS;
        usize::try_from(first).expect("it is below a length")
    }

    /// Where a word stands or would stand; some place is vacant.
    fn find(&self, key: u64) -> usize {
        let mut at = self.first(key);
        while self.places[at].number != VACANT && self.places[at].key != key {
            at += 1;
            if at == self.places.len() {
                at = 0;
            }
        }
        at
    }

    /// Keeps the words of which `keep` says so, given their numbers and days.
    pub(crate) fn retain(&mut self, keep: impl FnMut(u32, i32) -> bool) {
        self.rebuild(keep);
    }

    /// Moves the words of which `keep` says so to a table with room for more.
    fn rebuild(&mut self, mut keep: impl FnMut(u32, i32) -> bool) {
        self.places.retain(|place| place.number != VACANT && keep(place.number, place.day));
        self.len = self.places.len();
        let room = (ROOMY * self.len).max(LEAST);
        for place in std::mem::replace(&mut self.places, vec![NOBODY; room]) {
            let at = self.find(place.key);
            self.places[at] = place;
        }
    }

    /// The numbers of all words with their days, in no order that says anything.
    pub(crate) fn days(&self) -> impl Iterator<Item = (u32, i32)> {
        let taken = self.places.iter().filter(|place| place.number != VACANT);
        taken.map(|place| (place.number, place.day))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a map, with keys that crowd at the end of the table.
        #[test]
        fn words_keep_their_numbers_and_latest_days(
            steps in proptest::collection::vec((0_u64..60, 0..9_i32, proptest::bool::weighted(0.02)), 0..300),
        ) {
            let (mut numbers, mut known, mut next) = (WordNumbers::default(), BTreeMap::new(), 0);
            for (word, day, expires) in steps {
                let key = if word < 30 { u64::MAX - word } else { word << 58 };
                let found = numbers.note(key, day, || next);
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
