//! Lists of articles under hashed keys, small where most lists have one entry.

use std::hash::Hash;
use std::slice;

use rustc_hash::FxHashMap;

use crate::index::DocId;

/// Lists of articles by key. A list of one article costs its key and four bytes.
#[derive(Debug)]
pub(crate) struct Postings<K> {
    slots: FxHashMap<K, Slot>,
    /// The lists of two and more; those given up are empty and used again.
    lists: Vec<Vec<DocId>>,
    free: Vec<u32>,
}

/// An article, or with the highest bit set the place of a list.
#[derive(Debug, Clone, Copy)]
struct Slot(u32);

const LIST: u32 = 1 << 31;

impl<K> Default for Postings<K> {
    fn default() -> Postings<K> {
        Postings { slots: FxHashMap::default(), lists: Vec::new(), free: Vec::new() }
    }
}

impl<K: Eq + Hash + Copy> Postings<K> {
    /// The articles under a key, in the order in which they came.
    pub(crate) fn get(&self, key: &K) -> &[DocId] {
        match self.slots.get(key) {
            Some(slot) if slot.0 & LIST == 0 => slice::from_ref(&slot.0),
            Some(slot) => &self.lists[(slot.0 & !LIST) as usize],
            None => &[],
        }
    }

    /// Enters an article under a key, unless it was the last to be entered there or `most` are
    /// there already. Numbers of articles stay below 2^31.
    pub(crate) fn push(&mut self, key: K, doc: DocId, most: usize) {
        let known = self.get(&key);
        let (count, last) = (known.len(), known.last().copied());
        if count >= most || last == Some(doc) {
            return;
        }
        match (last, self.slots.get(&key).copied()) {
            (Some(first), Some(slot)) if slot.0 & LIST == 0 => {
                let place = self.place_for(vec![first, doc]);
                self.slots.insert(key, Slot(place | LIST));
            }
            (Some(_), Some(slot)) => self.lists[(slot.0 & !LIST) as usize].push(doc),
            _ => drop(self.slots.insert(key, Slot(doc & !LIST))),
        }
    }

    /// Takes an article off a key's list.
    pub(crate) fn remove(&mut self, key: &K, doc: DocId) {
        let Some(slot) = self.slots.get(key).copied() else {
            return;
        };
        if slot.0 == doc {
            self.slots.remove(key);
        } else if slot.0 & LIST != 0 {
            self.lists[(slot.0 & !LIST) as usize].retain(|other| *other != doc);
        }
    }

    /// Keeps of every list what `keep` says, given how many are on it; keys without articles go.
    pub(crate) fn retain(&mut self, keep: impl Fn(DocId, usize) -> bool) {
        let (lists, free) = (&mut self.lists, &mut self.free);
        self.slots.retain(|_, slot| {
            if slot.0 & LIST == 0 {
                return keep(slot.0, 1);
            }
            let place = slot.0 & !LIST;
            let list = &mut lists[place as usize];
            let count = list.len();
            list.retain(|doc| keep(*doc, count));
            match list.as_slice() {
                [] => free.push(place),
                [only] => {
                    *slot = Slot(*only);
                    *list = Vec::new();
                    free.push(place);
                    return true;
                }
                _ => return true,
            }
            false
        });
        self.slots.shrink_to_fit();
    }

    /// Whether there is no key.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn place_for(&mut self, list: Vec<DocId>) -> u32 {
        if let Some(place) = self.free.pop() {
            self.lists[place as usize] = list;
            return place;
        }
        self.lists.push(list);
        u32::try_from(self.lists.len() - 1).expect("more lists than articles have numbers")
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
            let mut plain: BTreeMap<u8, Vec<DocId>> = BTreeMap::new();
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
            if let Some((key, doc)) = entered.first() {
                postings.remove(key, *doc);
                prop_assert!(!postings.get(key).contains(doc));
            }
            postings.retain(|_, _| false);
            prop_assert!(postings.is_empty());
        }
    }
}
