//! Articles by 128-bit hashes of what they are known by, small where nearly every hash has one
//! article, in parts that clones share until one of them changes.

use std::slice;
use std::sync::Arc;

use crate::codec::postings::Postings;
use crate::codec::{Reader, Writer, Written, written};
use crate::ids::DocId;

/// Parts, a power of two: of a million articles each takes less than a tenth of a megabyte.
const PARTS: usize = 1 << 8;

/// Lists of articles by 128-bit hashes.
#[derive(Debug, Clone)]
pub(crate) struct Identities {
    parts: Vec<Arc<Part>>,
}

#[derive(Debug, Clone, Default)]
struct Part {
    /// Hashes with one article, in order, and their articles …
    settled: Vec<u128>,
    docs: Vec<DocId>,
    /// … and those with several, and of late. What stands here too is out of date there.
    latest: Postings<u128, DocId>,
    /// Entered since hashes were last settled.
    fresh: u32,
}

/// As many of the latest hashes are kept apart as one in so many of all.
const LATEST: usize = 16;

impl Default for Identities {
    fn default() -> Identities {
        Identities { parts: (0..PARTS).map(|_| Arc::default()).collect() }
    }
}

impl Identities {
    /// The articles under a hash, in the order in which they came.
    pub(crate) fn get(&self, hash: u128) -> &[DocId] {
        self.parts[part(hash)].get(hash)
    }

    /// Enters an article under a hash, unless it was the last to be entered there.
    pub(crate) fn push(&mut self, hash: u128, doc: DocId) {
        Arc::make_mut(&mut self.parts[part(hash)]).push(hash, doc);
    }

    /// Puts these in the place of the articles under a hash.
    pub(crate) fn set(&mut self, hash: u128, docs: Vec<DocId>) {
        Arc::make_mut(&mut self.parts[part(hash)]).set(hash, docs);
    }

    /// Keeps of every list what `keep` says; hashes without articles go.
    pub(crate) fn retain(&mut self, keep: impl Fn(DocId) -> bool) {
        for part in &mut self.parts {
            Arc::make_mut(part).retain(&keep);
        }
    }
}

/// By bits that a map of one part does not look at first.
fn part(hash: u128) -> usize {
    usize::try_from(hash >> 64 & (PARTS as u128 - 1)).expect("it is below a length")
}

impl Part {
    fn get(&self, hash: u128) -> &[DocId] {
        match self.latest.get(&hash) {
            [] => {
                self.settled.binary_search(&hash).map_or(&[], |at| slice::from_ref(&self.docs[at]))
            }
            latest => latest,
        }
    }

    fn push(&mut self, hash: u128, doc: DocId) {
        if self.latest.get(&hash).is_empty() {
            let settled = self.get(hash).to_vec();
            self.latest.set(hash, settled);
        }
        self.latest.push(hash, doc, usize::MAX);
        self.count();
    }

    fn set(&mut self, hash: u128, docs: Vec<DocId>) {
        if docs.is_empty()
            && let Ok(at) = self.settled.binary_search(&hash)
        {
            self.settled.remove(at);
            self.docs.remove(at);
        }
        self.latest.set(hash, docs);
        self.count();
    }

    /// Counts what was entered, and now and then settles what has one article.
    fn count(&mut self) {
        self.fresh += 1;
        if self.fresh as usize * LATEST > self.settled.len() + self.latest.len() {
            self.move_lone_to_settled();
        }
    }

    /// Moves the hashes with one article from the map to the sorted list.
    fn move_lone_to_settled(&mut self) {
        self.fresh = 0;
        let mut lone = self.latest.drain_lone();
        lone.sort_unstable();
        let size = self.settled.len() + lone.len();
        let known = std::mem::replace(&mut self.settled, Vec::with_capacity(size));
        let docs = std::mem::replace(&mut self.docs, Vec::with_capacity(size));
        let mut lone = lone.into_iter().peekable();
        for (hash, doc) in known.into_iter().zip(docs) {
            while let Some((younger, its)) = lone.next_if(|(other, _)| *other < hash) {
                self.enter(younger, its);
            }
            let doc = lone.next_if(|(other, _)| *other == hash).map_or(doc, |(_, latest)| latest);
            self.enter(hash, doc);
        }
        lone.for_each(|(hash, doc)| self.enter(hash, doc));
    }

    /// Enters the last of the settled hashes.
    fn enter(&mut self, hash: u128, doc: DocId) {
        self.settled.push(hash);
        self.docs.push(doc);
    }

    fn retain(&mut self, keep: impl Fn(DocId) -> bool) {
        let known = std::mem::take(&mut self.settled);
        let docs = std::mem::take(&mut self.docs);
        for (hash, doc) in known.into_iter().zip(docs) {
            if keep(doc) && self.latest.get(&hash).is_empty() {
                self.enter(hash, doc);
            }
        }
        self.latest.retain(|doc, _| keep(doc));
        self.move_lone_to_settled();
    }
}

written!(Part { settled, docs, latest, fresh });

impl Written for Identities {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.parts.iter().for_each(|part| part.write_to(to));
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let parts = (0..PARTS).map(|_| Part::read_from(from).map(Arc::new));
        let parts: Vec<Arc<Part>> = parts.collect::<Option<_>>()?;
        let is_whole =
            |part: &Arc<Part>| part.settled.is_sorted() && part.settled.len() == part.docs.len();
        parts.iter().all(is_whole).then_some(Self { parts })
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
