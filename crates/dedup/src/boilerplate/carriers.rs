//! The carriers of each hash: the articles of an outlet that have it. Nearly every hash has one carrier.
//!
//! An article with its hashes comes in; the carriers of a hash go out. The module never knows the words
//! behind a hash.

use std::slice;

use crate::codec::postings::Postings;
use crate::codec::prefetch::prefetch;
use crate::codec::{Encode, Reader, Writer, written};
use crate::ids::DocId;

/// The number of carriers that are stored for one hash, the latest ones. More would not change whether it is
/// boilerplate.
const MAX_CARRIERS: usize = 4;

/// The carriers of all hashes of one outlet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Carriers {
    table: HashTable,
    /// The articles by owner number, in the order of arrival.
    docs: Vec<DocId>,
    /// The carriers of the hashes that have had several.
    shared: Postings<u32, DocId>,
}

impl Carriers {
    /// The carriers of a hash, in the order of arrival.
    pub(crate) fn get(&self, hash: u32) -> &[DocId] {
        match self.table.owner(hash) {
            None => &[],
            Some(SHARED) => self.shared.get(&hash),
            Some(owner) => self.docs.get(usize::from(owner)).map_or(&[], slice::from_ref),
        }
    }

    /// Loads the slots of these hashes before they are looked up.
    pub(crate) fn prefetch(&self, hashes: impl Iterator<Item = u32> + Clone) {
        prefetch(
            hashes
                .clone()
                .filter_map(|hash| self.table.owners.get(self.table.home_slot(hash)).copied()),
        );
        prefetch(
            hashes.filter_map(|hash| self.table.hashes.get(self.table.home_slot(hash)).copied()),
        );
    }

    /// Adds an article as a carrier of its hashes, except for hashes that a copy of it carries. Returns the
    /// hashes that have got their second carrier with this article.
    pub(crate) fn learn(
        &mut self,
        doc: DocId,
        hashes: impl Iterator<Item = u32>,
        is_copy: impl Fn(DocId) -> bool,
    ) -> Vec<u32> {
        let mut found = Vec::new();
        // There is no owner number left only with far more articles than are remembered at once.
        let owner = u16::try_from(self.docs.len()).ok().filter(|owner| *owner < SHARED);
        if owner.is_some() {
            self.docs.push(doc);
        }
        for hash in hashes {
            let Some((at, known)) = self.table.find_slot_with_room(hash) else { continue };
            match (known, owner) {
                (VACANT, Some(owner)) => self.table.enter(at, hash, owner),
                (VACANT, None) => {}
                (SHARED, _) => {
                    let carriers = self.shared.get(&hash);
                    if !carriers.iter().any(|other| *other == doc || is_copy(*other)) {
                        // The latest carriers replace the first, so that boilerplate that is still printed
                        // does not expire with its first carriers.
                        self.shared.push_latest(hash, doc, MAX_CARRIERS);
                    }
                }
                (only, _) => {
                    let only = self.docs.get(usize::from(only)).copied().unwrap_or(doc);
                    if only != doc && !is_copy(only) {
                        self.table.owners[at] = SHARED;
                        self.shared.push_latest(hash, only, MAX_CARRIERS);
                        self.shared.push_latest(hash, doc, MAX_CARRIERS);
                        found.push(hash);
                    }
                }
            }
        }
        found
    }

    /// Adds articles as carriers of hashes that are known to be boilerplate, even if the articles are copies of
    /// each other.
    pub(crate) fn enter_shared(&mut self, docs: &[DocId], hashes: &[u32]) {
        for hash in hashes {
            let Some((at, known)) = self.table.find_slot_with_room(*hash) else { continue };
            match known {
                VACANT => self.table.enter(at, *hash, SHARED),
                _ => self.table.owners[at] = SHARED,
            }
            for doc in docs {
                if !self.shared.get(hash).contains(doc) {
                    self.shared.push_latest(*hash, *doc, MAX_CARRIERS);
                }
            }
        }
    }

    /// Whether any carrier came before the article `oldest`.
    pub(crate) fn have_before(&self, oldest: DocId) -> bool {
        self.docs.iter().copied().chain(self.shared.ids()).any(|doc| doc < oldest)
    }

    /// Keeps the carriers for which `keep` is true. Its second argument is the number of carriers of the hash.
    pub(crate) fn retain(&mut self, keep: impl Fn(DocId, usize) -> bool) {
        // The articles that stay get new owner numbers.
        let mut docs = Vec::new();
        let mut new_owner_of = |doc: &DocId| {
            let owner = u16::try_from(docs.len()).ok().filter(|_| keep(*doc, 1))?;
            docs.push(*doc);
            Some(owner)
        };
        let new_owners: Vec<Option<u16>> = self.docs.iter().map(&mut new_owner_of).collect();
        self.shared.retain(keep);
        let shared = &self.shared;
        self.table.retain(|hash, owner| match owner {
            SHARED => (!shared.get(&hash).is_empty()).then_some(SHARED),
            owner => new_owners.get(usize::from(owner)).copied().flatten(),
        });
        self.docs = docs;
    }

    /// Whether no hash has a carrier.
    pub(crate) fn is_empty(&self) -> bool {
        self.table.len == 0
    }
}

/// All hashes of an outlet with the owner of each: the number of its only carrier, or [`SHARED`].
///
/// A table with open addressing. The hashes are evenly distributed, so a hash selects its home slot
/// directly, and the slots are nearly in the order of the hashes. The table takes some eight bytes a hash.
#[derive(Debug, Clone, Default)]
struct HashTable {
    hashes: Vec<u32>,
    /// The owner of each slot; [`VACANT`] if the slot has no hash.
    owners: Vec<u16>,
    len: usize,
}

/// The owner of a slot without a hash.
const VACANT: u16 = u16::MAX;
/// The owner of a hash that has had several carriers.
const SHARED: u16 = u16::MAX - 1;
/// The number of slots that are searched for a hash. A hash that finds no slot is not stored. An attacker
/// who makes pages with colliding hashes thus cannot slow the detector down.
const MAX_PROBES: usize = 128;
/// The table grows if it has fewer slots than this for four hashes, …
const MIN_SLOTS_PER_FOUR: usize = 6;
/// … and then has this many.
const NEW_SLOTS_PER_FOUR: usize = 8;
/// A table that has lost hashes shrinks if it has more than this many times the slots of a new one.
const MAX_SLOTS_PER_NEEDED: usize = 4;

impl HashTable {
    /// The owner of a hash; `None` if the hash is not stored.
    fn owner(&self, hash: u32) -> Option<u16> {
        match self.find_slot(hash)? {
            (_, VACANT) => None,
            (_, owner) => Some(owner),
        }
    }

    /// The slot at which the search for a hash starts.
    fn home_slot(&self, hash: u32) -> usize {
        let firsts = self.hashes.len().saturating_sub(MAX_PROBES);
        let home_slot = (u64::from(hash) * firsts as u64) >> u32::BITS;
        usize::try_from(home_slot).expect("it is below a length")
    }

    /// The slot of a hash, or the vacant slot where it would be inserted, with the owner there; `None` if
    /// all slots for this hash are taken.
    fn find_slot(&self, hash: u32) -> Option<(usize, u16)> {
        let home_slot = self.home_slot(hash);
        let hashes = self.hashes.get(home_slot..home_slot + MAX_PROBES)?;
        let owners = self.owners.get(home_slot..home_slot + MAX_PROBES)?;
        for at in 0..MAX_PROBES {
            if owners[at] == VACANT || hashes[at] == hash {
                return Some((home_slot + at, owners[at]));
            }
        }
        None
    }

    /// Makes room for one more hash if needed, then finds the slot of a hash as [`HashTable::find_slot`] does.
    fn find_slot_with_room(&mut self, hash: u32) -> Option<(usize, u16)> {
        if 4 * self.hashes.len().saturating_sub(MAX_PROBES) < MIN_SLOTS_PER_FOUR * (self.len + 1) {
            self.resize();
        }
        self.find_slot(hash)
    }

    /// Inserts a hash at a vacant slot.
    fn enter(&mut self, at: usize, hash: u32, owner: u16) {
        (self.hashes[at], self.owners[at]) = (hash, owner);
        self.len += 1;
    }

    /// The slots of a new table for `count` hashes. The last ones are no home slots: they are for hashes
    /// whose home slot is taken.
    fn slots_for(count: usize) -> usize {
        (NEW_SLOTS_PER_FOUR * (count + 1)).div_ceil(4) + MAX_PROBES
    }

    /// Moves all hashes to a table of the size of a new one.
    fn resize(&mut self) {
        self.rebuild(HashTable::slots_for(self.len), |_, owner| Some(owner));
    }

    /// Inserts a new hash, if a slot is free.
    fn insert(&mut self, hash: u32, owner: u16) {
        if let Some((at, VACANT)) = self.find_slot(hash) {
            self.enter(at, hash, owner);
        }
    }

    fn entries(&self) -> impl Iterator<Item = (u32, u16)> {
        let all = self.hashes.iter().copied().zip(self.owners.iter().copied());
        all.filter(|(_, owner)| *owner != VACANT)
    }

    /// Sets the owner of each hash to the one that `new_owner` returns, and removes the hashes for which it
    /// is `None`. The table keeps its size: an outlet that goes on fills it again.
    fn retain(&mut self, new_owner: impl Fn(u32, u16) -> Option<u16>) {
        self.rebuild(self.hashes.len(), new_owner);
        if self.hashes.len() > MAX_SLOTS_PER_NEEDED * HashTable::slots_for(self.len) {
            self.resize();
        }
    }

    /// Moves the hashes for which `new_owner` returns an owner to a new table.
    fn rebuild(&mut self, slots: usize, new_owner: impl Fn(u32, u16) -> Option<u16>) {
        let new = HashTable { hashes: vec![0; slots], owners: vec![VACANT; slots], len: 0 };
        let old = std::mem::replace(self, new);
        for (hash, owner) in old.entries() {
            if let Some(owner) = new_owner(hash, owner) {
                self.insert(hash, owner);
            }
        }
    }
}

written!(Carriers { table, docs, shared });

/// Written slot by slot: which hashes found no slot depends on the order of insertion, and must be the same
/// after a restart.
impl Encode for HashTable {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.hashes.write_to(to);
        u16::write_all(&self.owners, to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<HashTable> {
        let hashes = Vec::read_from(from)?;
        let owners = u16::read_all(hashes.len(), from)?;
        let len = owners.iter().filter(|owner| **owner != VACANT).count();
        Some(HashTable { hashes, owners, len })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::body::mix;

    proptest! {
        /// With evenly distributed hashes, hardly one finds no slot.
        #[test]
        fn nearly_all_hashes_find_a_slot(seed in any::<u64>(), count in 1usize..6_000) {
            let hash_at = |at: u64| u32::try_from(mix(seed, mix(seed, at)) >> 32).unwrap();
            let hashes: Vec<u32> = (0..count as u64).map(hash_at).collect();
            let mut carriers = Carriers::default();
            carriers.learn(DocId(7), hashes.iter().copied(), |_| false);
            let lost = hashes.iter().filter(|hash| carriers.get(**hash).is_empty()).count();
            prop_assert!(1_000 * lost <= count, "{} of {}", lost, count);
        }

        /// Compared with plain lists.
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
            for (doc, hashes) in (0..).map(DocId).zip(&articles) {
                let is_copy = |other: DocId| copies.contains(&doc) && copies.contains(&other) && other != doc;
                carriers.learn(doc, hashes.iter().copied(), is_copy);
                for hash in hashes {
                    let list = plain.entry(*hash).or_default();
                    let is_known = list.iter().any(|other| is_copy(*other)) || list.last() == Some(&doc);
                    if !is_known {
                        list.push(doc);
                        list.drain(..list.len().saturating_sub(MAX_CARRIERS));
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
