//! Lists of articles by key, in parts that clones share until one of them changes.

use std::hash::Hash;
use std::sync::Arc;

use crate::index::DocId;
use crate::postings::{Postings, Rows};
use crate::snapshot::{Reader, Writer, Written};

/// Parts, a power of two: of a million articles each takes less than a megabyte.
const PARTS: usize = 1 << 8;

/// A key that says which part it stands in: by bits that a map of that part does not look at first.
pub(crate) trait Spread: Copy {
    fn part(self) -> usize;
}

impl Spread for u128 {
    fn part(self) -> usize {
        usize::try_from(self >> 64 & (PARTS as u128 - 1)).expect("it is below a length")
    }
}

/// [`Postings`] in parts.
#[derive(Debug, Clone)]
pub(crate) struct Parted<K> {
    parts: Vec<Arc<Postings<K>>>,
}

impl<K> Default for Parted<K> {
    fn default() -> Self {
        Self { parts: (0..PARTS).map(|_| Arc::default()).collect() }
    }
}

impl<K: Eq + Hash + Ord + Spread> Parted<K> {
    /// The articles under a key, in the order in which they came.
    pub(crate) fn get(&self, key: K) -> &[DocId] {
        self.parts[key.part()].get(&key)
    }

    /// Enters an article under a key, as [`Postings::push`] does.
    pub(crate) fn push(&mut self, key: K, doc: DocId, most: usize) {
        Arc::make_mut(&mut self.parts[key.part()]).push(key, doc, most);
    }

    /// Puts these in the place of the articles under a key.
    pub(crate) fn set(&mut self, key: K, docs: Vec<DocId>) {
        Arc::make_mut(&mut self.parts[key.part()]).set(key, docs);
    }

    /// Keeps of every list what `keep` says; keys without articles go.
    pub(crate) fn retain(&mut self, keep: impl Fn(DocId) -> bool) {
        for part in &mut self.parts {
            Arc::make_mut(part).retain(|doc, _| keep(doc));
        }
    }
}

impl<K: Eq + Hash + Ord + Spread + Written> Written for Parted<K> {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.parts.iter().for_each(|part| part.write_to(to));
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let parts = (0..PARTS).map(|_| Postings::read_from(from).map(Arc::new));
        Some(Self { parts: parts.collect::<Option<_>>()? })
    }
}

/// [`Rows`] in parts, each of a few places: one article enters its number at many.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartedRows {
    parts: Vec<Arc<Rows>>,
}

/// Places of a part.
const PLACES: u32 = 1 << 6;

impl PartedRows {
    /// The articles at a place, in the order in which they came.
    pub(crate) fn get(&self, place: u32) -> &[DocId] {
        self.parts.get((place / PLACES) as usize).map_or(&[], |part| part.get(place % PLACES))
    }

    /// Enters an article at a place, as [`Rows::push`] does.
    pub(crate) fn push(&mut self, place: u32, doc: DocId, most: usize) {
        let at = (place / PLACES) as usize;
        while self.parts.len() <= at {
            self.parts.push(Arc::default());
        }
        Arc::make_mut(&mut self.parts[at]).push(place % PLACES, doc, most);
    }

    /// Takes an article off a list.
    pub(crate) fn remove(&mut self, place: u32, doc: DocId) {
        if let Some(part) = self.parts.get_mut((place / PLACES) as usize) {
            Arc::make_mut(part).remove(place % PLACES, doc);
        }
    }

    /// Keeps of every list what `keep` says.
    pub(crate) fn retain(&mut self, keep: impl Fn(DocId) -> bool) {
        for part in &mut self.parts {
            Arc::make_mut(part).retain(&keep);
        }
    }
}

impl Written for PartedRows {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.count(self.parts.len());
        self.parts.iter().for_each(|part| part.write_to(to));
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let parts = (0..from.count()?).map(|_| Rows::read_from(from).map(Arc::new));
        Some(Self { parts: parts.collect::<Option<_>>()? })
    }
}
