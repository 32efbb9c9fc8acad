//! Lists of articles or stories by hashed key or by place. Most lists have one entry, which takes four bytes.

use std::hash::Hash;
use std::slice;

use rustc_hash::FxHashMap;

use crate::codec::{Reader, Writer, Written, room_of};
use crate::ids::NumberId;

/// No id, an id, or with the highest bit set the number of a list.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slot<I>(I);

const LIST: u32 = 1 << 31;

impl<I: NumberId> Slot<I> {
    const EMPTY: Slot<I> = Slot(I::LAST);

    fn of(number: u32) -> Slot<I> {
        Slot(I::from_number(number))
    }

    fn only(id: I) -> Slot<I> {
        Slot::of(id.to_number() & !LIST)
    }

    fn list(self) -> Option<usize> {
        let number = self.0.to_number();
        (number & LIST != 0 && self != Slot::EMPTY).then_some((number & !LIST) as usize)
    }
}

/// The lists of two and more; those given up are empty and used again.
#[derive(Debug, Clone)]
struct Lists<I> {
    lists: Vec<Vec<I>>,
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
            Some(place) => &self.lists[place],
            None if *slot == Slot::EMPTY => &[],
            None => slice::from_ref(&slot.0),
        }
    }

    /// Numbers of articles stay below 2^31.
    fn push(&mut self, slot: &mut Slot<I>, doc: I) {
        match slot.list() {
            Some(place) => self.lists[place].push(doc),
            None if *slot == Slot::EMPTY => *slot = Slot::only(doc),
            None => {
                let list = vec![slot.0, doc];
                let place = self.free.pop().unwrap_or_else(|| {
                    self.lists.push(Vec::new());
                    u32::try_from(self.lists.len() - 1).expect("fewer lists than articles")
                });
                self.lists[place as usize] = list;
                *slot = Slot::of(place | LIST);
            }
        }
    }

    fn set(&mut self, slot: &mut Slot<I>, docs: Vec<I>) {
        match (slot.list(), docs.as_slice()) {
            (Some(place), _) => self.lists[place] = docs,
            (None, [only]) => *slot = Slot::only(*only),
            (None, _) => {
                *slot = Slot::EMPTY;
                docs.into_iter().for_each(|doc| self.push(slot, doc));
            }
        }
    }

    fn remove(&mut self, slot: &mut Slot<I>, doc: I) {
        match slot.list() {
            Some(place) => self.lists[place].retain(|other| *other != doc),
            None if slot.0 == doc => *slot = Slot::EMPTY,
            None => {}
        }
    }

    /// Keeps of a list what `keep` says, given how many are on it.
    fn retain(&mut self, slot: &mut Slot<I>, keep: impl Fn(I, usize) -> bool) {
        let Some(place) = slot.list() else {
            if *slot != Slot::EMPTY && !keep(slot.0, 1) {
                *slot = Slot::EMPTY;
            }
            return;
        };
        let list = &mut self.lists[place];
        let count = list.len();
        list.retain(|doc| keep(*doc, count));
        if let [] | [_] = list.as_slice() {
            *slot = list.first().map_or(Slot::EMPTY, |only| Slot(*only));
            *list = Vec::new();
            self.free.push(u32::try_from(place).expect("places come from numbers of 31 bits"));
        }
    }
}

/// Lists of articles by key. A list of one article costs its key and four bytes.
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
    /// The articles under a key, in the order in which they came.
    pub(crate) fn get(&self, key: &K) -> &[I] {
        self.slots.get(key).map_or(&[], |slot| self.lists.get(slot))
    }

    /// Enters an article under a key, unless it was the last to be entered there or `most` are
    /// there already.
    pub(crate) fn push(&mut self, key: K, doc: I, most: usize) {
        let slot = self.slots.entry(key).or_insert(Slot::EMPTY);
        let known = self.lists.get(slot);
        if known.len() < most && known.last() != Some(&doc) {
            self.lists.push(slot, doc);
        }
    }

    /// Enters an article under a key, unless it was the last to be entered there. Of more than `most`
    /// the latest stay.
    pub(crate) fn push_latest(&mut self, key: K, doc: I, most: usize) {
        let slot = self.slots.entry(key).or_insert(Slot::EMPTY);
        if self.lists.get(slot).last() == Some(&doc) {
            return;
        }
        self.lists.push(slot, doc);
        if let Some(list) = slot.list().map(|list| &mut self.lists.lists[list])
            && list.len() > most
        {
            list.remove(0);
        }
    }

    /// Puts these in the place of the articles under a key.
    pub(crate) fn set(&mut self, key: K, docs: Vec<I>) {
        let slot = self.slots.entry(key).or_insert(Slot::EMPTY);
        self.lists.set(slot, docs);
    }

    /// Keeps of every list what `keep` says, given how many are on it; keys without articles go.
    pub(crate) fn retain(&mut self, keep: impl Fn(I, usize) -> bool) {
        let lists = &mut self.lists;
        self.slots.retain(|_, slot| {
            lists.retain(slot, &keep);
            *slot != Slot::EMPTY
        });
        self.slots.shrink_to_fit();
    }

    /// Takes the keys out that have one article, in no order.
    pub(crate) fn drain_lone(&mut self) -> Vec<(K, I)> {
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

    /// All articles, as often as they stand under keys, in no order.
    pub(crate) fn docs(&self) -> impl Iterator<Item = I> {
        self.slots.values().flat_map(|slot| self.lists.get(slot)).copied()
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The keys, in no order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = K> {
        self.slots.keys().copied()
    }

    /// Whether there is no key.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

/// Lists of articles by place: the latest ones.
#[derive(Debug, Clone)]
pub(crate) struct Rows<I> {
    slots: Vec<Slot<I>>,
    lists: Lists<I>,
}

impl<I> Default for Rows<I> {
    fn default() -> Rows<I> {
        Rows { slots: Vec::new(), lists: Lists::default() }
    }
}

impl<I: NumberId> Rows<I> {
    /// The articles at a place, in the order in which they came.
    pub(crate) fn get(&self, place: u32) -> &[I] {
        self.slots.get(place as usize).map_or(&[], |slot| self.lists.get(slot))
    }

    /// Enters an article at a place. Where twice as many as `most` are there, the first half goes.
    pub(crate) fn push(&mut self, place: u32, doc: I, most: usize) {
        let at = place as usize;
        if at >= self.slots.len() {
            self.slots.resize(at + 1, Slot::EMPTY);
        }
        let slot = &mut self.slots[at];
        self.lists.push(slot, doc);
        if let Some(list) = slot.list().map(|list| &mut self.lists.lists[list])
            && list.len() >= 2 * most
        {
            list.drain(..list.len() - most);
        }
    }

    /// Takes an article off a list.
    pub(crate) fn remove(&mut self, place: u32, doc: I) {
        if let Some(slot) = self.slots.get_mut(place as usize) {
            self.lists.remove(slot, doc);
        }
    }

    /// Keeps of every list what `keep` says.
    pub(crate) fn retain(&mut self, keep: impl Fn(I) -> bool) {
        for slot in &mut self.slots {
            self.lists.retain(slot, |doc, _| keep(doc));
        }
    }
}

impl<I: NumberId + Written> Lists<I> {
    fn write_list(&self, slot: &Slot<I>, to: &mut Writer<'_>) {
        let docs = self.get(slot);
        to.count(docs.len());
        I::write_all(docs, to);
    }

    fn read_list(&mut self, from: &mut Reader<'_>) -> Option<Slot<I>> {
        Some(match from.count()? {
            0 => Slot::EMPTY,
            1 => Slot(I::read_from(from)?),
            count => {
                let place = u32::try_from(self.lists.len()).ok().filter(|place| *place < LIST)?;
                self.lists.push(I::read_all(count, from)?);
                Slot::of(place | LIST)
            }
        })
    }
}

/// In the order of the keys.
impl<K: Eq + Hash + Copy + Ord + Written, I: NumberId + Written> Written for Postings<K, I> {
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
        postings.slots.reserve(room_of::<(K, Slot<I>)>(count));
        for _ in 0..count {
            let key = K::read_from(from)?;
            let slot = postings.lists.read_list(from)?;
            postings.slots.insert(key, slot);
        }
        Some(postings)
    }
}

impl<I: NumberId + Written> Written for Rows<I> {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.count(self.slots.len());
        self.slots.iter().for_each(|slot| self.lists.write_list(slot, to));
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let mut rows = Rows::default();
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
            entered.sort_by_key(|(_, doc)| *doc);
            let mut postings = Postings::default();
            let mut plain: BTreeMap<u8, Vec<u32>> = BTreeMap::new();
            for (at, (key, doc)) in entered.iter().enumerate() {
                if at == entered.len() / 2 {
                    postings.retain(|carrier, _| carrier >= cut);
                    plain.values_mut().for_each(|list| list.retain(|carrier| *carrier >= cut));
                }
                postings.push(*key, *doc, 5);
                let list = plain.entry(*key).or_default();
                if list.len() < 5 && list.last() != Some(doc) {
                    list.push(*doc);
                }
            }
            for key in 0..6 {
                let expected = plain.get(&key).map_or(&[][..], Vec::as_slice);
                prop_assert_eq!(postings.get(&key), expected);
            }
            postings.retain(|_, _| false);
            prop_assert!(postings.is_empty());
        }

        /// Against plain lists: the latest stand there, and what was taken off does not.
        #[test]
        fn rows_have_the_latest(
            entered in proptest::collection::vec(0u32..4, 0..80),
            gone in 0u32..80,
            cut in 0u32..40,
        ) {
            let mut rows = Rows::default();
            let mut plain: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for (doc, place) in (0..).zip(&entered) {
                rows.push(*place, doc, 3);
                plain.entry(*place).or_default().push(doc);
            }
            for place in 0..5 {
                rows.remove(place, gone);
            }
            rows.retain(|doc| doc >= cut);
            plain.values_mut().for_each(|list| list.retain(|doc| *doc != gone && *doc >= cut));
            for place in 0..5 {
                let expected = plain.get(&place).map_or(&[][..], Vec::as_slice);
                let found = rows.get(place);
                prop_assert!(found.len() < 6 && expected.ends_with(found));
                prop_assert!(found.len() >= expected.len().min(2), "{found:?} of {expected:?}");
            }
        }
    }
}
