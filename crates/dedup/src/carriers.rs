//! Which articles of an outlet carry which traits, small where nearly every trait has one carrier.

use std::slice;

use crate::index::DocId;
use crate::postings::Postings;

/// Carriers remembered for one trait: more would not change the answer.
const MOST: usize = 4;

/// The carriers of the traits of one outlet.
#[derive(Debug, Default)]
pub(crate) struct Carriers {
    /// Traits with one carrier, in order, and the place of the carrier in `docs`: a third of what a
    /// hash map would take.
    lone: Vec<u32>,
    owners: Vec<u16>,
    /// The carriers of lone traits, in the order in which they came; gaps where they left.
    docs: Vec<DocId>,
    /// Traits that had several.
    shared: Postings<u32>,
}

impl Carriers {
    /// The carriers of a trait, in the order in which they came.
    pub(crate) fn get(&self, hash: u32) -> &[DocId] {
        match self.shared.get(&hash) {
            [] => self.lone_carrier(hash).map_or(&[], slice::from_ref),
            several => several,
        }
    }

    fn lone_carrier(&self, hash: u32) -> Option<&DocId> {
        let at = self.lone.binary_search(&hash).ok()?;
        self.docs.get(usize::from(self.owners[at]))
    }

    /// Enters an article with its traits, those apart that a copy of it carries.
    pub(crate) fn learn(
        &mut self,
        doc: DocId,
        traits: impl Iterator<Item = u32>,
        is_copy: impl Fn(DocId) -> bool,
    ) {
        let mut fresh = Vec::new();
        for hash in traits {
            let known = self.get(hash);
            if known.iter().any(|other| is_copy(*other)) {
                continue;
            }
            match (known, self.lone_carrier(hash).copied()) {
                ([], _) => fresh.push(hash),
                (_, Some(other)) if other != doc && self.shared.get(&hash).is_empty() => {
                    self.shared.push(hash, other, MOST);
                    self.shared.push(hash, doc, MOST);
                }
                _ => self.shared.push(hash, doc, MOST),
            }
        }
        fresh.sort_unstable();
        fresh.dedup();
        self.enter(doc, &fresh);
    }

    /// Enters lone traits, which are in order and not there yet.
    fn enter(&mut self, doc: DocId, fresh: &[u32]) {
        let Ok(owner) = u16::try_from(self.docs.len()) else {
            // Far more articles than are ever learned from at once.
            return;
        };
        self.docs.push(doc);
        let size = self.lone.len() + fresh.len();
        let (mut lone, mut owners) = (Vec::with_capacity(size), Vec::with_capacity(size));
        let mut from = 0;
        for hash in fresh {
            let to = from + self.lone[from..].partition_point(|known| known < hash);
            lone.extend_from_slice(&self.lone[from..to]);
            owners.extend_from_slice(&self.owners[from..to]);
            lone.push(*hash);
            owners.push(owner);
            from = to;
        }
        lone.extend_from_slice(&self.lone[from..]);
        owners.extend_from_slice(&self.owners[from..]);
        (self.lone, self.owners) = (lone, owners);
    }

    /// Keeps of the carriers of each trait what `keep` says, given how many there are.
    pub(crate) fn retain(&mut self, keep: impl Fn(DocId, usize) -> bool) {
        // The places of those that stay, one after the other.
        let mut docs = Vec::new();
        let mut place_of = |doc: &DocId| {
            let place = u16::try_from(docs.len()).ok().filter(|_| keep(*doc, 1))?;
            docs.push(*doc);
            Some(place)
        };
        let places: Vec<Option<u16>> = self.docs.iter().map(&mut place_of).collect();
        let (mut lone, mut owners) = (Vec::new(), Vec::new());
        for (hash, owner) in self.lone.iter().zip(&self.owners) {
            let place = places.get(usize::from(*owner)).copied().flatten();
            if let Some(place) = place.filter(|_| self.shared.get(hash).is_empty()) {
                lone.push(*hash);
                owners.push(place);
            }
        }
        (self.lone, self.owners, self.docs) = (lone, owners, docs);
        self.shared.retain(keep);
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.lone.is_empty() && self.shared.is_empty()
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
        fn carriers_are_those_that_were_entered(
            articles in proptest::collection::vec(proptest::collection::vec(0u32..12, 0..8), 0..20),
            copies in proptest::collection::vec(0u32..20, 0..6),
            cut in 0u32..20,
        ) {
            let mut carriers = Carriers::default();
            let mut plain: BTreeMap<u32, Vec<DocId>> = BTreeMap::new();
            for (doc, traits) in (0..).zip(&articles) {
                let is_copy = |other: DocId| copies.contains(&doc) && copies.contains(&other) && other != doc;
                carriers.learn(doc, traits.iter().copied(), is_copy);
                for hash in traits {
                    let list = plain.entry(*hash).or_default();
                    let is_known = list.iter().any(|other| is_copy(*other)) || list.last() == Some(&doc);
                    if !is_known && list.len() < MOST {
                        list.push(doc);
                    }
                }
                if doc == 10 {
                    carriers.retain(|carrier, count| count > 1 || carrier >= cut);
                    plain.retain(|_, list| list.len() > 1 || list.iter().all(|other| *other >= cut));
                }
            }
            for hash in 0..12 {
                let expected = plain.get(&hash).map_or(&[][..], Vec::as_slice);
                prop_assert_eq!(carriers.get(hash), expected);
            }
            carriers.retain(|_, _| false);
            prop_assert!(carriers.is_empty());
        }
    }
}
