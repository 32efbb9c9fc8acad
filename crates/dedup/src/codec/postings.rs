//! Lists of ids by hashed key or by position. Most lists have one id, which takes four bytes.
//!
//! Keys with ids of articles or stories come in; the ids under a key go out. The module never knows what
//! the keys are.

use std::hash::Hash;
use std::slice;

use rustc_hash::FxHashMap;

use crate::codec::{Encode, Reader, Writer, bounded_capacity};
use crate::ids::NumberId;

/// A list in four bytes: empty, one id, or, with [`LIST_FLAG`], the position of a longer list in [`Lists`].
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slot<I>(I);

/// The highest bit: an id must be below it.
const LIST_FLAG: u32 = 1 << 31;

impl<I: NumberId> Slot<I> {
    const EMPTY: Slot<I> = Slot(I::LAST);

    fn of(number: u32) -> Slot<I> {
        Slot(I::from_number(number))
    }

    fn only(id: I) -> Slot<I> {
        Slot::of(id.to_number() & !LIST_FLAG)
    }

    /// The position of a longer list; `None` if the slot is empty or has one id.
    fn list(self) -> Option<usize> {
        let number = self.0.to_number();
        (number & LIST_FLAG != 0 && self != Slot::EMPTY).then_some((number & !LIST_FLAG) as usize)
    }
}

/// The lists of two ids and more.
#[derive(Debug, Clone)]
struct Lists<I> {
    lists: Vec<Vec<I>>,
    /// The positions of lists that are empty and can be used again.
    free: Vec<u32>,
}

impl<I> Default for Lists<I> {
    fn default() -> Lists<I> {
        Lists { lists: Vec::new(), free: Vec::new() }
    }
}

impl<I: NumberId> Lists<I> {
    fn get<'a>(&'a self, slot: &'a Slot<I>) -> &'a [I] {
        match slot.list() {
            Some(position) => &self.lists[position],
            None if *slot == Slot::EMPTY => &[],
            None => slice::from_ref(&slot.0),
        }
    }

    /// Appends an id, which must be below [`LIST_FLAG`].
    fn push(&mut self, slot: &mut Slot<I>, id: I) {
        match slot.list() {
            Some(position) => self.lists[position].push(id),
            None if *slot == Slot::EMPTY => *slot = Slot::only(id),
            None => {
                let list = vec![slot.0, id];
                let position = self.free.pop().unwrap_or_else(|| {
                    self.lists.push(Vec::new());
                    u32::try_from(self.lists.len() - 1).expect("fewer lists than articles")
                });
                self.lists[position as usize] = list;
                *slot = Slot::of(position | LIST_FLAG);
            }
        }
    }

    /// Replaces the ids of a list.
    fn set(&mut self, slot: &mut Slot<I>, ids: Vec<I>) {
        match (slot.list(), ids.as_slice()) {
            (Some(position), _) => self.lists[position] = ids,
            (None, [only]) => *slot = Slot::only(*only),
            (None, _) => {
                *slot = Slot::EMPTY;
                ids.into_iter().for_each(|id| self.push(slot, id));
            }
        }
    }

    /// Removes an id from a list.
    fn remove(&mut self, slot: &mut Slot<I>, id: I) {
        match slot.list() {
            Some(position) => self.lists[position].retain(|other| *other != id),
            None if slot.0 == id => *slot = Slot::EMPTY,
            None => {}
        }
    }

    /// Keeps the ids of a list for which `keep` is true. Its second argument is the length of the list.
    fn retain(&mut self, slot: &mut Slot<I>, keep: impl Fn(I, usize) -> bool) {
        let Some(position) = slot.list() else {
            if *slot != Slot::EMPTY && !keep(slot.0, 1) {
                *slot = Slot::EMPTY;
            }
            return;
        };
        let list = &mut self.lists[position];
        let count = list.len();
        list.retain(|id| keep(*id, count));
        if let [] | [_] = list.as_slice() {
            *slot = list.first().map_or(Slot::EMPTY, |only| Slot(*only));
            *list = Vec::new();
            self.free
                .push(u32::try_from(position).expect("positions come from numbers of 31 bits"));
        }
    }
}

/// Lists of ids by key, in a hash map. A list of one id takes its key and four bytes.
#[derive(Debug, Clone)]
pub(crate) struct Postings<K, I> {
    slots: FxHashMap<K, Slot<I>>,
    lists: Lists<I>,
}

impl<K, I> Default for Postings<K, I> {
    fn default() -> Postings<K, I> {
        Postings { slots: FxHashMap::default(), lists: Lists::default() }
    }
}

impl<K: Eq + Hash + Copy, I: NumberId> Postings<K, I> {
    /// The ids under a key, in the order in which they were added.
    pub(crate) fn get(&self, key: &K) -> &[I] {
        self.slots.get(key).map_or(&[], |slot| self.lists.get(slot))
    }

    /// Adds an id under a key, unless it was the last to be added there or the list has `max` ids already.
    pub(crate) fn push(&mut self, key: K, id: I, max: usize) {
        let slot = self.slots.entry(key).or_insert(Slot::EMPTY);
        let known = self.lists.get(slot);
        if known.len() < max && known.last() != Some(&id) {
            self.lists.push(slot, id);
        }
    }

    /// Adds an id under a key, unless it was the last to be added there. If the list then has more than
    /// `max` ids, the first one is removed.
    pub(crate) fn push_latest(&mut self, key: K, id: I, max: usize) {
        let slot = self.slots.entry(key).or_insert(Slot::EMPTY);
        if self.lists.get(slot).last() == Some(&id) {
            return;
        }
        self.lists.push(slot, id);
        if let Some(list) = slot.list().map(|list| &mut self.lists.lists[list])
            && list.len() > max
        {
            list.remove(0);
        }
    }

    /// Replaces the ids under a key.
    pub(crate) fn set(&mut self, key: K, ids: Vec<I>) {
        let slot = self.slots.entry(key).or_insert(Slot::EMPTY);
        self.lists.set(slot, ids);
    }

    /// Keeps the ids for which `keep` is true, and removes keys without ids. The second argument of `keep`
    /// is the length of the list.
    pub(crate) fn retain(&mut self, keep: impl Fn(I, usize) -> bool) {
        let lists = &mut self.lists;
        self.slots.retain(|_, slot| {
            lists.retain(slot, &keep);
            *slot != Slot::EMPTY
        });
        self.slots.shrink_to_fit();
    }

    /// Removes the keys that have one id, and returns them with it, in no particular order.
    pub(crate) fn drain_single(&mut self) -> Vec<(K, I)> {
        let mut lone = Vec::new();
        self.slots.retain(|key, slot| {
            let has_several = slot.list().is_some();
            if !has_several && *slot != Slot::EMPTY {
                lone.push((*key, slot.0));
            }
            has_several
        });
        lone
    }

    /// All ids, each once for every key that it is under, in no particular order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = I> {
        self.slots.values().flat_map(|slot| self.lists.get(slot)).copied()
    }

    /// The number of keys.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The keys, in no particular order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = K> {
        self.slots.keys().copied()
    }

    /// Whether there are no keys.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

/// Lists of ids by position, for keys that are small numbers: the keys are the indices of a vector. Of a
/// long list only the latest ids are stored.
#[derive(Debug, Clone)]
pub(crate) struct DensePostings<I> {
    slots: Vec<Slot<I>>,
    lists: Lists<I>,
}

impl<I> Default for DensePostings<I> {
    fn default() -> DensePostings<I> {
        DensePostings { slots: Vec::new(), lists: Lists::default() }
    }
}

impl<I: NumberId> DensePostings<I> {
    /// The ids at a position, in the order in which they were added.
    pub(crate) fn get(&self, position: u32) -> &[I] {
        self.slots.get(position as usize).map_or(&[], |slot| self.lists.get(slot))
    }

    /// Adds an id at a position. If the list then has twice `max` ids, the first half is removed.
    pub(crate) fn push(&mut self, position: u32, id: I, max: usize) {
        let at = position as usize;
        if at >= self.slots.len() {
            self.slots.resize(at + 1, Slot::EMPTY);
        }
        let slot = &mut self.slots[at];
        self.lists.push(slot, id);
        if let Some(list) = slot.list().map(|list| &mut self.lists.lists[list])
            && list.len() >= 2 * max
        {
            list.drain(..list.len() - max);
        }
    }

    /// Removes an id from the list at a position.
    pub(crate) fn remove(&mut self, position: u32, id: I) {
        if let Some(slot) = self.slots.get_mut(position as usize) {
            self.lists.remove(slot, id);
        }
    }

    /// Keeps the ids for which `keep` is true.
    pub(crate) fn retain(&mut self, keep: impl Fn(I) -> bool) {
        for slot in &mut self.slots {
            self.lists.retain(slot, |id, _| keep(id));
        }
    }
}

impl<I: NumberId + Encode> Lists<I> {
    fn write_list(&self, slot: &Slot<I>, to: &mut Writer<'_>) {
        let ids = self.get(slot);
        to.count(ids.len());
        I::write_all(ids, to);
    }

    fn read_list(&mut self, from: &mut Reader<'_>) -> Option<Slot<I>> {
        Some(match from.count()? {
            0 => Slot::EMPTY,
            1 => Slot(I::read_from(from)?),
            count => {
                let position = u32::try_from(self.lists.len())
                    .ok()
                    .filter(|position| *position < LIST_FLAG)?;
                self.lists.push(I::read_all(count, from)?);
                Slot::of(position | LIST_FLAG)
            }
        })
    }
}

/// Written in the order of the keys, so that the same state gives the same bytes.
impl<K: Eq + Hash + Copy + Ord + Encode, I: NumberId + Encode> Encode for Postings<K, I> {
    fn write_to(&self, to: &mut Writer<'_>) {
        let mut slots: Vec<(&K, &Slot<I>)> = self.slots.iter().collect();
        slots.sort_unstable_by_key(|(key, _)| *key);
        to.count(slots.len());
        for (key, slot) in slots {
            key.write_to(to);
            self.lists.write_list(slot, to);
        }
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let mut postings = Postings::default();
        let count = from.count()?;
        postings.slots.reserve(bounded_capacity::<(K, Slot<I>)>(count));
        for _ in 0..count {
            let key = K::read_from(from)?;
            let slot = postings.lists.read_list(from)?;
            postings.slots.insert(key, slot);
        }
        Some(postings)
    }
}

impl<I: NumberId + Encode> Encode for DensePostings<I> {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.count(self.slots.len());
        self.slots.iter().for_each(|slot| self.lists.write_list(slot, to));
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let mut rows = DensePostings::default();
        for _ in 0..from.count()? {
            let slot = rows.lists.read_list(from)?;
            rows.slots.push(slot);
        }
        Some(rows)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against plain lists.
        #[test]
        fn lists_are_what_was_entered(
            entered in proptest::collection::vec((0u8..6, 0u32..40), 0..80),
            cut in 0u32..40,
        ) {
            let mut entered = entered;
            entered.sort_by_key(|(_, id)| *id);
            let mut postings = Postings::default();
            let mut plain: BTreeMap<u8, Vec<u32>> = BTreeMap::new();
            for (at, (key, id)) in entered.iter().enumerate() {
                if at == entered.len() / 2 {
                    postings.retain(|carrier, _| carrier >= cut);
                    plain.values_mut().for_each(|list| list.retain(|carrier| *carrier >= cut));
                }
                postings.push(*key, *id, 5);
                let list = plain.entry(*key).or_default();
                if list.len() < 5 && list.last() != Some(id) {
                    list.push(*id);
                }
            }
            for key in 0..6 {
                let expected = plain.get(&key).map_or(&[][..], Vec::as_slice);
                prop_assert_eq!(postings.get(&key), expected);
            }
            postings.retain(|_, _| false);
            prop_assert!(postings.is_empty());
        }

        /// Compared with plain lists: the latest ids are stored, and removed ones are not.
        #[test]
        fn rows_have_the_latest(
            entered in proptest::collection::vec(0u32..4, 0..80),
            gone in 0u32..80,
            cut in 0u32..40,
        ) {
            let mut rows = DensePostings::default();
            let mut plain: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for (id, position) in (0..).zip(&entered) {
                rows.push(*position, id, 3);
                plain.entry(*position).or_default().push(id);
            }
            for position in 0..5 {
                rows.remove(position, gone);
            }
            rows.retain(|id| id >= cut);
            plain.values_mut().for_each(|list| list.retain(|id| *id != gone && *id >= cut));
            for position in 0..5 {
                let expected = plain.get(&position).map_or(&[][..], Vec::as_slice);
                let found = rows.get(position);
                prop_assert!(found.len() < 6 && expected.ends_with(found));
                prop_assert!(found.len() >= expected.len().min(2), "{found:?} of {expected:?}");
            }
        }
    }
}
