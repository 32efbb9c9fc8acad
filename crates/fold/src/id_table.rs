//! A table of values by the ids of articles, stories or events.
//!
//! Clones share the parts of the table until one of them changes (copy on write). A clone thus costs a few
//! bytes an id, however large the values are.
//!
//! Ids with values come in, and the values go out again. The module never knows what the values are.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::NumberId;

/// Values by ids. It is efficient if ids are added in order and removed from the front.
#[derive(Debug, Clone)]
pub struct IdTable<K, T> {
    parts: VecDeque<Arc<Part<T>>>,
    /// The number of the part in front. The part with number n has the ids from n times [`IDS_PER_PART`] on.
    first: u32,
    len: usize,
    key: PhantomData<K>,
}

/// The ids of a part: one for each bit of [`Part::has_value`].
const IDS_PER_PART: u32 = u64::BITS;
/// A part grows by room for this many values. Doubling would leave much of it empty if few ids of a part
/// have a value.
const GROWTH: usize = 8;

/// The values of [`IDS_PER_PART`] neighbouring ids.
#[derive(Debug, Clone)]
struct Part<T> {
    /// A bit for each id that has a value.
    has_value: u64,
    /// The values, in the order of their ids.
    values: Vec<T>,
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self { has_value: 0, values: Vec::new() }
    }
}

impl<T> Part<T> {
    /// The position in `values` of the value at a bit, and whether there is one.
    fn position_of(&self, bit: u32) -> (usize, bool) {
        let before = self.has_value & ((1 << bit) - 1);
        (before.count_ones() as usize, self.has_value >> bit & 1 == 1)
    }

    /// The bits of the ids that have a value.
    fn bits(&self) -> impl Iterator<Item = u32> + '_ {
        (0..IDS_PER_PART).filter(|bit| self.has_value >> bit & 1 == 1)
    }
}

impl<K, T> Default for IdTable<K, T> {
    fn default() -> Self {
        Self { parts: VecDeque::new(), first: 0, len: 0, key: PhantomData }
    }
}

impl<K: NumberId, T> IdTable<K, T> {
    /// The value of an id.
    #[must_use]
    pub fn get(&self, id: K) -> Option<&T> {
        let number = id.to_number();
        let part = self.parts.get((number / IDS_PER_PART).checked_sub(self.first)? as usize)?;
        let (position, is_set) = part.position_of(number % IDS_PER_PART);
        if is_set { part.values.get(position) } else { None }
    }

    /// Whether an id has a value.
    #[must_use]
    pub fn contains(&self, id: K) -> bool {
        self.get(id).is_some()
    }

    /// The number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The ids that have a value, with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (K, &T)> {
        let parts = self.parts.iter().zip(self.first..);
        parts.flat_map(|(part, at)| {
            part.bits().map(move |bit| K::from_number(at * IDS_PER_PART + bit)).zip(&part.values)
        })
    }

    /// The values, in the order of their ids.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.parts.iter().flat_map(|part| &part.values)
    }
}

impl<K: NumberId, T: Clone> IdTable<K, T> {
    /// The value of an id, to change it.
    pub fn get_mut(&mut self, id: K) -> Option<&mut T> {
        let number = id.to_number();
        let at = (number / IDS_PER_PART).checked_sub(self.first)? as usize;
        let part = self.parts.get_mut(at)?;
        let (position, is_set) = part.position_of(number % IDS_PER_PART);
        if is_set { Arc::make_mut(part).values.get_mut(position) } else { None }
    }

    /// Sets the value of an id, and returns the previous one.
    pub fn insert(&mut self, id: K, value: T) -> Option<T> {
        let number = id.to_number();
        let at = number / IDS_PER_PART;
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
        let (position, is_set) = part.position_of(number % IDS_PER_PART);
        if is_set {
            return Some(std::mem::replace(&mut part.values[position], value));
        }
        part.has_value |= 1 << (number % IDS_PER_PART);
        if part.values.len() == part.values.capacity() {
            part.values.reserve_exact(GROWTH);
        }
        part.values.insert(position, value);
        self.len += 1;
        None
    }

    /// Removes the value of an id, and returns it.
    pub fn remove(&mut self, id: K) -> Option<T> {
        let number = id.to_number();
        let at = (number / IDS_PER_PART).checked_sub(self.first)? as usize;
        let part = self.parts.get_mut(at)?;
        let (position, is_set) = part.position_of(number % IDS_PER_PART);
        if !is_set {
            return None;
        }
        let part = Arc::make_mut(part);
        part.has_value &= !(1 << (number % IDS_PER_PART));
        self.len -= 1;
        Some(part.values.remove(position))
    }

    /// Keeps the values for which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(K, &T) -> bool) {
        for (part, at) in self.parts.iter_mut().zip(self.first..) {
            let mut kept = 0;
            for (bit, value) in part.bits().zip(&part.values) {
                kept |= u64::from(keep(K::from_number(at * IDS_PER_PART + bit), value)) << bit;
            }
            if kept == part.has_value {
                continue;
            }
            self.len -= (part.has_value & !kept).count_ones() as usize;
            let part = Arc::make_mut(part);
            let mut bits = (0..IDS_PER_PART).filter(|bit| part.has_value >> bit & 1 == 1);
            part.values.retain(|_| bits.next().is_some_and(|bit| kept >> bit & 1 == 1));
            part.values.shrink_to_fit();
            part.has_value = kept;
        }
        while self.parts.front().is_some_and(|part| part.has_value == 0) {
            self.parts.pop_front();
            self.first += 1;
        }
    }
}

impl<K: NumberId, T: Serialize> Serialize for IdTable<K, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut sequence = to.serialize_seq(Some(self.len))?;
        for (id, value) in self.iter() {
            sequence.serialize_element(&(id.to_number(), value))?;
        }
        sequence.end()
    }
}

impl<'de, K: NumberId, T: Clone + Deserialize<'de>> Deserialize<'de> for IdTable<K, T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Entries(PhantomData))
    }
}

/// Reads the entries of a table one by one.
struct Entries<K, T>(PhantomData<(K, T)>);

impl<'de, K: NumberId, T: Clone + Deserialize<'de>> Visitor<'de> for Entries<K, T> {
    type Value = IdTable<K, T>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("ids with their values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<IdTable<K, T>, A::Error> {
        let mut table = IdTable::default();
        while let Some((number, value)) = from.next_element::<(u32, T)>()? {
            table.insert(K::from_number(number), value);
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Compared with a map. A clone is not changed by later steps.
        #[test]
        fn values_are_those_of_a_map(
            steps in proptest::collection::vec((0u32..4, 0u32..300, any::<u8>()), 0..80),
            cut in 0u32..300,
        ) {
            let (mut table, mut plain) = (IdTable::default(), BTreeMap::new());
            let (mut clone, mut then) = (table.clone(), plain.clone());
            for (step, number, value) in steps {
                match step {
                    0 => prop_assert_eq!(table.remove(number), plain.remove(&number)),
                    1 => {
                        if let Some(present) = table.get_mut(number) {
                            *present = value;
                        }
                        plain.entry(number).and_modify(|present| *present = value);
                    }
                    2 => (clone, then) = (table.clone(), plain.clone()),
                    _ => prop_assert_eq!(table.insert(number, value), plain.insert(number, value)),
                }
                prop_assert_eq!(table.get(number), plain.get(&number));
            }
            let all = |of: &IdTable<u32, u8>| of.iter().map(|(n, v)| (n, *v)).collect::<Vec<_>>();
            let expected = |of: &BTreeMap<u32, u8>| of.iter().map(|(n, v)| (*n, *v)).collect::<Vec<_>>();
            prop_assert_eq!(all(&clone), expected(&then));
            table.retain(|number, value| number >= cut && *value != 7);
            plain.retain(|number, value| *number >= cut && *value != 7);
            prop_assert_eq!(all(&table), expected(&plain));
            prop_assert_eq!(table.len(), plain.len());
        }
    }
}
