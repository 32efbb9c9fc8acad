//! Which articles of an outlet carry which traits, small where nearly every trait has one carrier.

use std::slice;

use crate::index::DocId;
use crate::postings::Postings;
use crate::snapshot::{Reader, Writer, Written};

/// Carriers remembered for one trait: more would not change the answer.
const MOST: usize = 4;

/// The carriers of the traits of one outlet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Carriers {
    /// Traits with one carrier …
    settled: Lone,
    /// … and those of the latest articles, so that not all are moved for each article.
    latest: Lone,
    /// The carriers of lone traits, in the order in which they came; gaps where they left.
    docs: Vec<DocId>,
    /// Traits that had several.
    shared: Postings<u32>,
    /// A bit for each trait, by its last bits: nearly all traits of a new article have none.
    seen: Vec<u64>,
}

/// Traits with one carrier, in order, and the place of the carrier: a third of what a hash map
/// would take.
#[derive(Debug, Clone, Default)]
struct Lone {
    traits: Vec<u32>,
    owners: Vec<u16>,
}

/// At least so many bits of `seen` for each trait.
const BITS: usize = 4;
/// As many of the latest traits are kept apart as one in so many of all.
const LATEST: usize = 16;

impl Lone {
    fn owner(&self, hash: u32) -> Option<u16> {
        self.traits.binary_search(&hash).ok().map(|at| self.owners[at])
    }

    /// Enters others that are not there yet.
    fn enter(&mut self, other: &Lone) {
        let size = self.traits.len() + other.traits.len();
        let (mut traits, mut owners) = (Vec::with_capacity(size), Vec::with_capacity(size));
        let mut from = 0;
        for (hash, owner) in other.traits.iter().zip(&other.owners) {
            let to = from + self.traits[from..].partition_point(|known| known < hash);
            traits.extend_from_slice(&self.traits[from..to]);
            owners.extend_from_slice(&self.owners[from..to]);
            traits.push(*hash);
            owners.push(*owner);
            from = to;
        }
        traits.extend_from_slice(&self.traits[from..]);
        owners.extend_from_slice(&self.owners[from..]);
        (self.traits, self.owners) = (traits, owners);
    }

    /// Keeps the traits whose owners have a place, and that `stays` says so of.
    fn retain(&mut self, places: &[Option<u16>], stays: impl Fn(u32) -> bool) {
        let (mut traits, mut owners) = (Vec::new(), Vec::new());
        for (hash, owner) in self.traits.iter().zip(&self.owners) {
            let place = places.get(usize::from(*owner)).copied().flatten();
            if let Some(place) = place.filter(|_| stays(*hash)) {
                traits.push(*hash);
                owners.push(place);
            }
        }
        (self.traits, self.owners) = (traits, owners);
    }
}

impl Carriers {
    /// The carriers of a trait, in the order in which they came.
    pub(crate) fn get(&self, hash: u32) -> &[DocId] {
        if !self.may_have(hash) {
            return &[];
        }
        match self.shared.get(&hash) {
            [] => self.lone_carrier(hash).map_or(&[], slice::from_ref),
            several => several,
        }
    }

    fn lone_carrier(&self, hash: u32) -> Option<&DocId> {
        let owner = self.settled.owner(hash).or_else(|| self.latest.owner(hash))?;
        self.docs.get(usize::from(owner))
    }

    fn may_have(&self, hash: u32) -> bool {
        let bits = 64 * self.seen.len();
        bits > 0 && {
            let bit = hash as usize & (bits - 1);
            self.seen[bit / 64] >> (bit % 64) & 1 == 1
        }
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
            if known.is_empty() {
                fresh.push(hash);
                continue;
            }
            match self.lone_carrier(hash).copied() {
                Some(other) if other != doc && self.shared.get(&hash).is_empty() => {
                    self.shared.push(hash, other, MOST);
                    self.shared.push(hash, doc, MOST);
                }
                _ => self.shared.push(hash, doc, MOST),
            }
        }
        fresh.sort_unstable();
        fresh.dedup();
        self.make_room(fresh.len());
        fresh.iter().for_each(|hash| self.mark(*hash));
        self.enter(doc, fresh);
    }

    /// Enters lone traits, which are in order and not there yet.
    fn enter(&mut self, doc: DocId, fresh: Vec<u32>) {
        let Ok(owner) = u16::try_from(self.docs.len()) else {
            // Far more articles than are ever learned from at once.
            return;
        };
        self.docs.push(doc);
        let owners = vec![owner; fresh.len()];
        self.latest.enter(&Lone { traits: fresh, owners });
        if self.latest.traits.len() * LATEST > self.settled.traits.len() {
            self.settled.enter(&std::mem::take(&mut self.latest));
        }
    }

    /// Marks a trait as seen.
    fn mark(&mut self, hash: u32) {
        let bit = hash as usize & (64 * self.seen.len() - 1);
        self.seen[bit / 64] |= 1 << (bit % 64);
    }

    /// Makes room for more marks where few are left.
    fn make_room(&mut self, more: usize) {
        let lone = self.settled.traits.len() + self.latest.traits.len() + more;
        if 64 * self.seen.len() < BITS * lone {
            self.seen = vec![0; (2 * BITS * lone / 64).next_power_of_two()];
            let known = self.settled.traits.iter().chain(&self.latest.traits);
            let known: Vec<u32> = known.copied().chain(self.shared.keys()).collect();
            known.into_iter().for_each(|hash| self.mark(hash));
        }
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
        self.settled.enter(&std::mem::take(&mut self.latest));
        let shared = &self.shared;
        self.settled.retain(&places, |hash| shared.get(&hash).is_empty());
        self.docs = docs;
        self.shared.retain(keep);
        self.seen = Vec::new();
        self.make_room(1);
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.settled.traits.is_empty() && self.latest.traits.is_empty() && self.shared.is_empty()
    }
}

impl Written for Lone {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.traits.write_to(to);
        u16::write_all(&self.owners, to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Lone> {
        let traits = Vec::read_from(from)?;
        let owners = u16::read_all(traits.len(), from)?;
        Some(Lone { traits, owners })
    }
}

impl Written for Carriers {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.settled.write_to(to);
        self.latest.write_to(to);
        self.docs.write_to(to);
        self.shared.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Carriers> {
        let (settled, latest) = (Lone::read_from(from)?, Lone::read_from(from)?);
        let (docs, shared) = (Vec::read_from(from)?, Postings::read_from(from)?);
        let mut carriers = Carriers { settled, latest, docs, shared, seen: Vec::new() };
        carriers.make_room(1);
        Some(carriers)
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
