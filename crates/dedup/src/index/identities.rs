//! A table of articles by the 128-bit hash of something that identifies them, such as their text or item.
//!
//! The table is small if nearly every hash has one article. Clones share its parts until one of them changes.
//!
//! A hash with its articles comes in, and they go out again. The module never knows what was hashed.

use std::slice;
use std::sync::Arc;

use crate::codec::postings::Postings;
use crate::codec::{Encode, Reader, Writer, written};
use crate::ids::DocId;

/// The number of parts, a power of two. With a million articles, each part takes less than a tenth of a
/// megabyte.
const PARTS: usize = 1 << 8;

/// Lists of articles by 128-bit hashes.
#[derive(Debug, Clone)]
pub(crate) struct Identities {
    parts: Vec<Arc<Part>>,
}

#[derive(Debug, Clone, Default)]
struct Part {
    /// Hashes with one article, sorted: this takes far less memory than a map.
    sorted: Vec<u128>,
    /// The article of each of the sorted hashes.
    docs: Vec<DocId>,
    /// The recent hashes, and all hashes with several articles. If a hash is here and among the sorted
    /// ones, this entry is valid.
    latest: Postings<u128, DocId>,
    /// The number of changes since the recent hashes were last sorted.
    added: u32,
}

/// The recent hashes are sorted once the changes are one in this many of all hashes.
const LATEST_ONE_IN: usize = 16;

impl Default for Identities {
    fn default() -> Identities {
        Identities { parts: (0..PARTS).map(|_| Arc::default()).collect() }
    }
}

impl Identities {
    /// The articles under a hash, in the order of arrival.
    pub(crate) fn get(&self, hash: u128) -> &[DocId] {
        self.parts[part(hash)].get(hash)
    }

    /// Adds an article under a hash, unless it was the last to be added there.
    pub(crate) fn push(&mut self, hash: u128, doc: DocId) {
        Arc::make_mut(&mut self.parts[part(hash)]).push(hash, doc);
    }

    /// Replaces the articles under a hash.
    pub(crate) fn set(&mut self, hash: u128, docs: Vec<DocId>) {
        Arc::make_mut(&mut self.parts[part(hash)]).set(hash, docs);
    }

    /// Keeps the articles for which `keep` is true, and removes hashes without articles.
    pub(crate) fn retain(&mut self, keep: impl Fn(DocId) -> bool) {
        for part in &mut self.parts {
            Arc::make_mut(part).retain(&keep);
        }
    }
}

/// The part of a hash. It uses other bits than the map inside a part, whose slots would otherwise be used
/// unevenly.
fn part(hash: u128) -> usize {
    usize::try_from(hash >> 64 & (PARTS as u128 - 1)).expect("it is below a length")
}

impl Part {
    fn get(&self, hash: u128) -> &[DocId] {
        match self.latest.get(&hash) {
            [] => {
                self.sorted.binary_search(&hash).map_or(&[], |at| slice::from_ref(&self.docs[at]))
            }
            latest => latest,
        }
    }

    fn push(&mut self, hash: u128, doc: DocId) {
        if self.latest.get(&hash).is_empty() {
            let docs = self.get(hash).to_vec();
            self.latest.set(hash, docs);
        }
        self.latest.push(hash, doc, usize::MAX);
        self.count_added();
    }

    fn set(&mut self, hash: u128, docs: Vec<DocId>) {
        if docs.is_empty()
            && let Ok(at) = self.sorted.binary_search(&hash)
        {
            self.sorted.remove(at);
            self.docs.remove(at);
        }
        self.latest.set(hash, docs);
        self.count_added();
    }

    /// Counts a change. From time to time sorts the recent hashes.
    fn count_added(&mut self) {
        self.added += 1;
        if self.added as usize * LATEST_ONE_IN > self.sorted.len() + self.latest.len() {
            self.sort_latest();
        }
    }

    /// Merges the recent hashes with one article into the sorted ones.
    fn sort_latest(&mut self) {
        self.added = 0;
        let mut single = self.latest.drain_single();
        single.sort_unstable();
        let size = self.sorted.len() + single.len();
        let known = std::mem::replace(&mut self.sorted, Vec::with_capacity(size));
        let docs = std::mem::replace(&mut self.docs, Vec::with_capacity(size));
        let mut single = single.into_iter().peekable();
        for (hash, doc) in known.into_iter().zip(docs) {
            while let Some((younger, its_doc)) = single.next_if(|(other, _)| *other < hash) {
                self.push_sorted(younger, its_doc);
            }
            let doc = single.next_if(|(other, _)| *other == hash).map_or(doc, |(_, latest)| latest);
            self.push_sorted(hash, doc);
        }
        single.for_each(|(hash, doc)| self.push_sorted(hash, doc));
    }

    /// Appends a hash, which is greater than all sorted ones.
    fn push_sorted(&mut self, hash: u128, doc: DocId) {
        self.sorted.push(hash);
        self.docs.push(doc);
    }

    fn retain(&mut self, keep: impl Fn(DocId) -> bool) {
        let known = std::mem::take(&mut self.sorted);
        let docs = std::mem::take(&mut self.docs);
        for (hash, doc) in known.into_iter().zip(docs) {
            if keep(doc) && self.latest.get(&hash).is_empty() {
                self.push_sorted(hash, doc);
            }
        }
        self.latest.retain(|doc, _| keep(doc));
        self.sort_latest();
    }
}

written!(Part { sorted, docs, latest, added });

impl Encode for Identities {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.parts.iter().for_each(|part| part.write_to(to));
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let parts = (0..PARTS).map(|_| Part::read_from(from).map(Arc::new));
        let parts: Vec<Arc<Part>> = parts.collect::<Option<_>>()?;
        let is_whole =
            |part: &Arc<Part>| part.sorted.is_sorted() && part.sorted.len() == part.docs.len();
        parts.iter().all(is_whole).then_some(Self { parts })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Compared with plain lists.
        #[test]
        fn lists_are_what_was_entered(
            steps in proptest::collection::vec((0u8..9, 0u128..12), 0..150),
        ) {
            let mut identities = Identities::default();
            let mut plain: BTreeMap<u128, Vec<DocId>> = BTreeMap::new();
            for (number, (step, hash)) in (0..).zip(steps) {
                let doc = DocId(number);
                match step {
                    0 => {
                        let leaves = DocId(number / 2);
                        identities.retain(|other| other >= leaves);
                        plain.values_mut().for_each(|list| list.retain(|other| *other >= leaves));
                    }
                    1..4 => {
                        let docs: Vec<DocId> = (number..number + u32::from(step) - 1).map(DocId).collect();
                        identities.set(hash, docs.clone());
                        plain.insert(hash, docs);
                    }
                    _ => {
                        identities.push(hash, doc);
                        identities.push(hash, doc);
                        let list = plain.entry(hash).or_default();
                        if list.last() != Some(&doc) {
                            list.push(doc);
                        }
                    }
                }
                for known in 0..12 {
                    let expected = plain.get(&known).map_or(&[][..], Vec::as_slice);
                    prop_assert_eq!(identities.get(known), expected);
                }
            }
        }
    }
}
