//! Lists of stories by term, in chunks that clones share until one of them changes.

use std::sync::Arc;

use crate::codec::postings::DensePostings;
use crate::codec::{Encode, Reader, Writer};
use crate::ids::StoryId;

/// [`DensePostings`] in parts of a few terms each. A new story changes the lists of many terms, but copies only
/// the parts with these terms.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChunkedRows {
    parts: Vec<Arc<DensePostings<StoryId>>>,
}

/// Terms of a part.
const TERMS_PER_PART: u32 = 1 << 6;

impl ChunkedRows {
    /// The stories of a term, in the order in which they were added.
    pub(crate) fn get(&self, term: u32) -> &[StoryId] {
        self.parts
            .get((term / TERMS_PER_PART) as usize)
            .map_or(&[], |part| part.get(term % TERMS_PER_PART))
    }

    /// Adds a story to the list of a term; see [`DensePostings::push`].
    pub(crate) fn push(&mut self, term: u32, story: StoryId, most: usize) {
        let at = (term / TERMS_PER_PART) as usize;
        while self.parts.len() <= at {
            self.parts.push(Arc::default());
        }
        Arc::make_mut(&mut self.parts[at]).push(term % TERMS_PER_PART, story, most);
    }

    /// Removes a story from the list of a term.
    pub(crate) fn remove(&mut self, term: u32, story: StoryId) {
        if let Some(part) = self.parts.get_mut((term / TERMS_PER_PART) as usize) {
            Arc::make_mut(part).remove(term % TERMS_PER_PART, story);
        }
    }

    /// Keeps in every list the stories for which `keep` is true.
    pub(crate) fn retain(&mut self, keep: impl Fn(StoryId) -> bool) {
        for part in &mut self.parts {
            Arc::make_mut(part).retain(&keep);
        }
    }
}

/// The number of parts that [`ChunkedRows::divide`] leaves together.
const PARTS_PER_PIECE: usize = 1 << 8;

impl ChunkedRows {
    /// Divides the table into pieces of neighbouring terms. [`ChunkedRows::append`] joins them
    /// again.
    pub(crate) fn divide(self) -> Vec<ChunkedRows> {
        self.parts
            .chunks(PARTS_PER_PIECE)
            .map(|parts| ChunkedRows { parts: parts.to_vec() })
            .collect()
    }

    /// Appends the lists of the terms that follow.
    pub(crate) fn append(&mut self, next: ChunkedRows) {
        self.parts.extend(next.parts);
    }
}

impl Encode for ChunkedRows {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.count(self.parts.len());
        self.parts.iter().for_each(|part| part.write_to(to));
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let parts = (0..from.count()?).map(|_| DensePostings::read_from(from).map(Arc::new));
        Some(Self { parts: parts.collect::<Option<_>>()? })
    }
}
