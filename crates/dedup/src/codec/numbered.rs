//! A table by the numbers of articles, stories or events, in parts that clones share until one of them changes:
//! a clone costs a few bytes a number, however large the values are.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::codec::{Reader, Writer, Written};
use crate::ids::NumberId;

/// Values by numbers that come one after the other and leave from the front.
#[derive(Debug, Clone)]
pub struct Numbered<K, T> {
    parts: VecDeque<Arc<Part<T>>>,
    /// The number of the first part.
    first: u32,
    len: usize,
    key: PhantomData<K>,
}

/// Numbers of a part.
const PART: u32 = u64::BITS;
/// Room is made for so many values at a time: where few numbers of a part have one, twice as much
/// as there was would stay empty.
const ROOM: usize = 8;

/// Parts of a table that [`Numbered::divide`] makes: the values of some ten thousand numbers.
const DIVIDED: u32 = if cfg!(test) { 2 } else { 1 << 8 };

/// Values of neighbouring numbers, with a bit for each number that has one.
#[derive(Debug, Clone)]
struct Part<T> {
    taken: u64,
    values: Vec<T>,
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self { taken: 0, values: Vec::new() }
    }
}

impl<T> Part<T> {
    /// The position of the value at a bit among the values, and whether there is one.
    fn position_of(&self, bit: u32) -> (usize, bool) {
        let before = self.taken & ((1 << bit) - 1);
        (before.count_ones() as usize, self.taken >> bit & 1 == 1)
    }

    fn bits(&self) -> impl Iterator<Item = u32> + '_ {
        (0..PART).filter(|bit| self.taken >> bit & 1 == 1)
    }
}

impl<K, T> Default for Numbered<K, T> {
    fn default() -> Self {
        Self { parts: VecDeque::new(), first: 0, len: 0, key: PhantomData }
    }
}

impl<K: NumberId, T> Numbered<K, T> {
    /// The value of a number.
    #[must_use]
    pub fn get(&self, id: K) -> Option<&T> {
        let number = id.to_number();
        let part = self.parts.get((number / PART).checked_sub(self.first)? as usize)?;
        let (place, is_taken) = part.position_of(number % PART);
        if is_taken { part.values.get(place) } else { None }
    }

    /// Whether a number has a value.
    #[must_use]
    pub fn contains(&self, id: K) -> bool {
        self.get(id).is_some()
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The numbers with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (K, &T)> {
        let parts = self.parts.iter().zip(self.first..);
        parts.flat_map(|(part, at)| {
            part.bits().map(move |bit| K::from_number(at * PART + bit)).zip(&part.values)
        })
    }

    /// The values, in the order of their numbers.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.parts.iter().flat_map(|part| &part.values)
    }

    /// The first number that has a value, and the last.
    #[must_use]
    pub fn ends(&self) -> Option<(K, K)> {
        let is_taken = |part: &Arc<Part<T>>| part.taken != 0;
        let (first, last) =
            (self.parts.iter().position(is_taken)?, self.parts.iter().rposition(is_taken)?);
        let start = |at: usize| (self.first + u32::try_from(at).unwrap_or(u32::MAX)) * PART;
        let (head, tail) = (self.parts[first].taken, self.parts[last].taken);
        let first_number = start(first) + head.trailing_zeros();
        let last_number = start(last) + PART - 1 - tail.leading_zeros();
        Some((K::from_number(first_number), K::from_number(last_number)))
    }
}

impl<K: NumberId, T: Clone> Numbered<K, T> {
    /// The value of a number, to be changed.
    pub fn get_mut(&mut self, id: K) -> Option<&mut T> {
        let number = id.to_number();
        let at = (number / PART).checked_sub(self.first)? as usize;
        let part = self.parts.get_mut(at)?;
        let (place, is_taken) = part.position_of(number % PART);
        if is_taken { Arc::make_mut(part).values.get_mut(place) } else { None }
    }

    /// Gives a number a value; the one that it had.
    pub fn insert(&mut self, id: K, value: T) -> Option<T> {
        let number = id.to_number();
        let at = number / PART;
        if self.parts.is_empty() {
            self.first = at;
        }
        while at < self.first {
            self.parts.push_front(Arc::default());
            self.first -= 1;
        }
        let at = (at - self.first) as usize;
        while self.parts.len() <= at {
            self.parts.push_back(Arc::default());
        }
        let part = Arc::make_mut(&mut self.parts[at]);
        let (place, is_taken) = part.position_of(number % PART);
        if is_taken {
            return Some(std::mem::replace(&mut part.values[place], value));
        }
        part.taken |= 1 << (number % PART);
        if part.values.len() == part.values.capacity() {
            part.values.reserve_exact(ROOM);
        }
        part.values.insert(place, value);
        self.len += 1;
        None
    }

    /// Takes the value of a number away.
    pub fn remove(&mut self, id: K) -> Option<T> {
        let number = id.to_number();
        let at = (number / PART).checked_sub(self.first)? as usize;
        let part = self.parts.get_mut(at)?;
        let (place, is_taken) = part.position_of(number % PART);
        if !is_taken {
            return None;
        }
        let part = Arc::make_mut(part);
        part.taken &= !(1 << (number % PART));
        self.len -= 1;
        Some(part.values.remove(place))
    }

    /// Keeps what `stays` says so of.
    pub fn retain(&mut self, mut stays: impl FnMut(K, &T) -> bool) {
        for (part, at) in self.parts.iter_mut().zip(self.first..) {
            let mut kept = 0;
            for (bit, value) in part.bits().zip(&part.values) {
                kept |= u64::from(stays(K::from_number(at * PART + bit), value)) << bit;
            }
            if kept == part.taken {
                continue;
            }
            self.len -= (part.taken & !kept).count_ones() as usize;
            let part = Arc::make_mut(part);
            let mut bits = (0..PART).filter(|bit| part.taken >> bit & 1 == 1);
            part.values.retain(|_| bits.next().is_some_and(|bit| kept >> bit & 1 == 1));
            part.values.shrink_to_fit();
            part.taken = kept;
        }
        while self.parts.front().is_some_and(|part| part.taken == 0) {
            self.parts.pop_front();
            self.first += 1;
        }
    }
}

impl<K, T> Numbered<K, T> {
    /// Divides it into tables of neighbouring numbers, which [`Numbered::append`] makes one again. The same
    /// numbers end up in the same table, whatever comes before or behind them.
    #[must_use]
    pub fn divide(self) -> Vec<Self> {
        let mut divided: Vec<Self> = Vec::new();
        for (part, at) in self.parts.into_iter().zip(self.first..) {
            if divided.is_empty() || at.is_multiple_of(DIVIDED) {
                divided.push(Self { first: at, ..Self::default() });
            }
            if let Some(last) = divided.last_mut() {
                last.len += part.values.len();
                last.parts.push_back(part);
            }
        }
        divided
    }

    /// Appends the table of the numbers that follow, or an empty one; `None` where they do not follow.
    pub fn append(&mut self, next: Self) -> Option<()> {
        if next.parts.is_empty() {
            return Some(());
        }
        if self.parts.is_empty() {
            *self = next;
            return Some(());
        }
        let end = self.first.checked_add(u32::try_from(self.parts.len()).ok()?)?;
        self.len += next.len;
        self.parts.extend(next.parts);
        (end == next.first).then_some(())
    }
}

impl<K: NumberId, T: Clone + Written> Written for Numbered<K, T> {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.first.write_to(to);
        to.count(self.parts.len());
        for part in &self.parts {
            part.taken.write_to(to);
            T::write_all(&part.values, to);
        }
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let mut numbered = Self { first: u32::read_from(from)?, ..Self::default() };
        let count = from.count()?;
        // The last number must be one.
        u32::try_from(count).ok()?.checked_add(numbered.first)?.checked_mul(PART)?;
        for _ in 0..count {
            let taken = u64::read_from(from)?;
            let values = T::read_all(taken.count_ones() as usize, from)?;
            numbered.len += values.len();
            numbered.parts.push_back(Arc::new(Part { taken, values }));
        }
        Some(numbered)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_table_of_the_numbers_that_follow_is_appended() {
        let mut numbered = Numbered::<u32, u32>::default();
        (0..9 * PART).for_each(|number| assert_eq!(numbered.insert(number, number), None));
        let divided = numbered.divide();
        let [first, second, third, ..] = divided.as_slice() else { panic!("it is divided") };
        let appended = |next: &Numbered<u32, u32>| first.clone().append(next.clone());
        assert_eq!(appended(second), Some(()));
        assert_eq!((appended(third), appended(first)), (None, None));
    }

    proptest! {
        /// Against a map; and a clone keeps what it had.
        #[test]
        fn values_are_those_of_a_map(
            steps in proptest::collection::vec((0u32..4, 0u32..300, any::<u8>()), 0..80),
            cut in 0u32..300,
        ) {
            let (mut numbered, mut plain) = (Numbered::default(), BTreeMap::new());
            let (mut clone, mut then) = (numbered.clone(), plain.clone());
            for (step, number, value) in steps {
                match step {
                    0 => prop_assert_eq!(numbered.remove(number), plain.remove(&number)),
                    1 => {
                        if let Some(stands) = numbered.get_mut(number) {
                            *stands = value;
                        }
                        plain.entry(number).and_modify(|stands| *stands = value);
                    }
                    2 => (clone, then) = (numbered.clone(), plain.clone()),
                    _ => prop_assert_eq!(numbered.insert(number, value), plain.insert(number, value)),
                }
                prop_assert_eq!(numbered.get(number), plain.get(&number));
            }
            let all = |of: &Numbered<u32, u8>| of.iter().map(|(n, v)| (n, *v)).collect::<Vec<_>>();
            let expected = |of: &BTreeMap<u32, u8>| of.iter().map(|(n, v)| (*n, *v)).collect::<Vec<_>>();
            prop_assert_eq!(all(&clone), expected(&then));
            numbered.retain(|number, value| number >= cut && *value != 7);
            plain.retain(|number, value| *number >= cut && *value != 7);
            prop_assert_eq!(all(&numbered), expected(&plain));
            prop_assert_eq!(numbered.len(), plain.len());
            let divided = numbered.clone().divide();
            let mut appended = Numbered::default();
            prop_assert!(divided.into_iter().all(|next| appended.append(next).is_some()));
            prop_assert!(appended.append(Numbered::default()).is_some());
            prop_assert_eq!(all(&appended), expected(&plain));
            prop_assert_eq!(appended.len(), plain.len());
            let ends = plain.first_key_value().zip(plain.last_key_value());
            prop_assert_eq!(numbered.ends(), ends.map(|((first, _), (last, _))| (*first, *last)));
        }
    }
}
