//! Which articles of an outlet carry which traits. Nearly every trait has one carrier.
//!
//! An article with its traits comes in; the carriers of a trait go out. It never knows the words of a trait.

use std::slice;

use crate::codec::postings::Postings;
use crate::codec::prefetch::prefetch;
use crate::codec::{Reader, Writer, Written, written};
use crate::ids::DocId;

/// Carriers remembered for one trait, the latest: more would not change the answer.
const MOST: usize = 4;

/// The carriers of the traits of one outlet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Carriers {
    lone: Lone,
    /// The carriers of lone traits, in the order in which they came; gaps where they left.
    docs: Vec<DocId>,
    /// Traits that had several.
    shared: Postings<u32, DocId>,
}

impl Carriers {
    /// The carriers of a trait, in the order in which they came.
    pub(crate) fn get(&self, hash: u32) -> &[DocId] {
        match self.lone.owner(hash) {
            None => &[],
            Some(SHARED) => self.shared.get(&hash),
            Some(owner) => self.docs.get(usize::from(owner)).map_or(&[], slice::from_ref),
        }
    }

    /// Has what is known of these traits at hand when it is asked for.
    pub(crate) fn prefetch(&self, traits: impl Iterator<Item = u32> + Clone) {
        prefetch(
            traits.clone().filter_map(|hash| self.lone.owners.get(self.lone.first(hash)).copied()),
        );
        prefetch(traits.filter_map(|hash| self.lone.traits.get(self.lone.first(hash)).copied()));
    }

    /// Enters an article with its traits, those apart that a copy of it carries. Those of them that
    /// have several carriers from now on.
    pub(crate) fn learn(
        &mut self,
        doc: DocId,
        traits: impl Iterator<Item = u32>,
        is_copy: impl Fn(DocId) -> bool,
    ) -> Vec<u32> {
        let mut found = Vec::new();
        // None with far more articles than are ever learned from at once.
        let owner = u16::try_from(self.docs.len()).ok().filter(|owner| *owner < SHARED);
        if owner.is_some() {
            self.docs.push(doc);
        }
        for hash in traits {
            let Some((at, known)) = self.lone.room_for(hash) else { continue };
            match (known, owner) {
                (VACANT, Some(owner)) => self.lone.enter(at, hash, owner),
                (VACANT, None) => {}
                (SHARED, _) => {
                    let carriers = self.shared.get(&hash);
                    if !carriers.iter().any(|other| *other == doc || is_copy(*other)) {
                        // What is still printed stays known when its first carriers leave.
                        self.shared.push_latest(hash, doc, MOST);
                    }
                }
                (only, _) => {
                    let only = self.docs.get(usize::from(only)).copied().unwrap_or(doc);
                    if only != doc && !is_copy(only) {
                        self.lone.owners[at] = SHARED;
                        self.shared.push_latest(hash, only, MOST);
                        self.shared.push_latest(hash, doc, MOST);
                        found.push(hash);
                    }
                }
            }
        }
        found
    }

    /// Enters articles as carriers of these traits, copies of each other or not.
    pub(crate) fn teach(&mut self, docs: &[DocId], traits: &[u32]) {
        for hash in traits {
            let Some((at, known)) = self.lone.room_for(*hash) else { continue };
            match known {
                VACANT => self.lone.enter(at, *hash, SHARED),
                _ => self.lone.owners[at] = SHARED,
            }
            for doc in docs {
                if !self.shared.get(hash).contains(doc) {
                    self.shared.push_latest(*hash, *doc, MOST);
                }
            }
        }
    }

    /// Whether any carrier came before this article.
    pub(crate) fn have_before(&self, oldest: DocId) -> bool {
        self.docs.iter().copied().chain(self.shared.docs()).any(|doc| doc < oldest)
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
        self.shared.retain(keep);
        let shared = &self.shared;
        self.lone.retain(|hash, owner| match owner {
            SHARED => (!shared.get(&hash).is_empty()).then_some(SHARED),
            owner => places.get(usize::from(owner)).copied().flatten(),
        });
        self.docs = docs;
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.lone.len == 0
    }
}

/// All traits, with the place of the carrier of each that has one: a hash table whose places are in
/// the order of the hashes, which are spread evenly. It takes some eight bytes a trait.
#[derive(Debug, Clone, Default)]
struct Lone {
    traits: Vec<u32>,
    /// [`VACANT`] where there is no trait, [`SHARED`] where it has had several carriers.
    owners: Vec<u16>,
    len: usize,
}

const VACANT: u16 = u16::MAX;
const SHARED: u16 = u16::MAX - 1;
/// Places looked at for one trait. One that finds none is not entered, so that pages made to have
/// traits that meet cost nobody time.
const PLACES: usize = 128;
/// Places for each four traits at least, and after a table was made larger.
const LEAST: usize = 6;
const ROOMY: usize = 8;

impl Lone {
    fn owner(&self, hash: u32) -> Option<u16> {
        match self.find_slot(hash)? {
            (_, VACANT) => None,
            (_, owner) => Some(owner),
        }
    }

    /// Where a trait stands unless others were there before.
    fn first(&self, hash: u32) -> usize {
        let firsts = self.traits.len().saturating_sub(PLACES);
        let first = (u64::from(hash) * firsts as u64) >> u32::BITS;
        usize::try_from(first).expect("it is below a length")
    }

    /// Where a trait stands or would stand, and its owner there.
    fn find_slot(&self, hash: u32) -> Option<(usize, u16)> {
        let first = self.first(hash);
        let traits = self.traits.get(first..first + PLACES)?;
        let owners = self.owners.get(first..first + PLACES)?;
        for at in 0..PLACES {
            if owners[at] == VACANT || traits[at] == hash {
                return Some((first + at, owners[at]));
            }
        }
        None
    }

    /// The same, after there is room for one more.
    fn room_for(&mut self, hash: u32) -> Option<(usize, u16)> {
        if 4 * self.traits.len().saturating_sub(PLACES) < LEAST * (self.len + 1) {
            self.make_room();
        }
        self.find_slot(hash)
    }

    /// Enters a trait at a vacant place.
    fn enter(&mut self, at: usize, hash: u32, owner: u16) {
        (self.traits[at], self.owners[at]) = (hash, owner);
        self.len += 1;
    }

    /// A table with room for so many; the last places are for those that find theirs taken.
    fn with_room(count: usize) -> Lone {
        let room = (ROOMY * (count + 1)).div_ceil(4) + PLACES;
        Lone { traits: vec![0; room], owners: vec![VACANT; room], len: 0 }
    }

    /// Moves all to a table with more room.
    fn make_room(&mut self) {
        let smaller = std::mem::replace(self, Lone::with_room(self.len));
        smaller.entries().for_each(|(hash, owner)| self.insert(hash, owner));
    }

    /// Inserts a trait that is not there yet, if a place is free.
    fn insert(&mut self, hash: u32, owner: u16) {
        if let Some((at, VACANT)) = self.find_slot(hash) {
            self.enter(at, hash, owner);
        }
    }

    fn entries(&self) -> impl Iterator<Item = (u32, u16)> {
        let all = self.traits.iter().copied().zip(self.owners.iter().copied());
        all.filter(|(_, owner)| *owner != VACANT)
    }

    /// Keeps the traits that `owner` gives an owner, given the one that each has.
    fn retain(&mut self, owner: impl Fn(u32, u16) -> Option<u16>) {
        let kept = self.entries().filter_map(|(hash, known)| Some((hash, owner(hash, known)?)));
        let kept: Vec<(u32, u16)> = kept.collect();
        *self = Lone::with_room(kept.len());
        kept.into_iter().for_each(|(hash, place)| self.insert(hash, place));
    }
}

written!(Carriers { lone, docs, shared });

/// As it stands: where traits stand says which ones found no place.
impl Written for Lone {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.traits.write_to(to);
        u16::write_all(&self.owners, to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Lone> {
        let traits = Vec::read_from(from)?;
        let owners = u16::read_all(traits.len(), from)?;
        let len = owners.iter().filter(|owner| **owner != VACANT).count();
        Some(Lone { traits, owners, len })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::body::mix;

    proptest! {
        /// Hashes as spread as those of traits are: hardly one finds no place.
        #[test]
        fn nearly_all_traits_find_a_place(seed in any::<u64>(), count in 1usize..6_000) {
            let trait_at = |at: u64| u32::try_from(mix(seed, mix(seed, at)) >> 32).unwrap();
            let traits: Vec<u32> = (0..count as u64).map(trait_at).collect();
            let mut carriers = Carriers::default();
            carriers.learn(DocId(7), traits.iter().copied(), |_| false);
            let lost = traits.iter().filter(|hash| carriers.get(**hash).is_empty()).count();
            prop_assert!(1_000 * lost <= count, "{} of {}", lost, count);
        }

        /// Against plain lists.
        #[test]
        fn carriers_are_those_that_were_entered(
            articles in proptest::collection::vec(proptest::collection::vec(0u32..12, 0..8), 0..20),
            copies in proptest::collection::vec(0u32..20, 0..6),
            cut in 0u32..20,
        ) {
            let mut carriers = Carriers::default();
            let mut plain: BTreeMap<u32, Vec<DocId>> = BTreeMap::new();
            let copies: Vec<DocId> = copies.into_iter().map(DocId).collect();
            let cut = DocId(cut);
            for (doc, traits) in (0..).map(DocId).zip(&articles) {
                let is_copy = |other: DocId| copies.contains(&doc) && copies.contains(&other) && other != doc;
                carriers.learn(doc, traits.iter().copied(), is_copy);
                for hash in traits {
                    let list = plain.entry(*hash).or_default();
                    let is_known = list.iter().any(|other| is_copy(*other)) || list.last() == Some(&doc);
                    if !is_known {
                        list.push(doc);
                        list.drain(..list.len().saturating_sub(MOST));
                    }
                }
                if doc == DocId(10) {
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
