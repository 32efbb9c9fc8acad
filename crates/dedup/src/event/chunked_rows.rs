//! Lists of stories by place, in chunks that clones share until one of them changes.

use std::sync::Arc;

use crate::codec::postings::Rows;
use crate::codec::{Reader, Writer, Written};
use crate::ids::StoryId;

/// [`Rows`] in parts, each of a few places: one story enters its id at many.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChunkedRows {
    parts: Vec<Arc<Rows<StoryId>>>,
}

/// Places of a part.
const PLACES: u32 = 1 << 6;

impl ChunkedRows {
    /// The stories at a place, in the order in which they came.
    pub(crate) fn get(&self, place: u32) -> &[StoryId] {
        self.parts.get((place / PLACES) as usize).map_or(&[], |part| part.get(place % PLACES))
    }

    /// Enters a story at a place, as [`Rows::push`] does.
    pub(crate) fn push(&mut self, place: u32, story: StoryId, most: usize) {
        let at = (place / PLACES) as usize;
        while self.parts.len() <= at {
            self.parts.push(Arc::default());
        }
        Arc::make_mut(&mut self.parts[at]).push(place % PLACES, story, most);
    }

    /// Takes a story off a list.
    pub(crate) fn remove(&mut self, place: u32, story: StoryId) {
        if let Some(part) = self.parts.get_mut((place / PLACES) as usize) {
            Arc::make_mut(part).remove(place % PLACES, story);
        }
    }

    /// Keeps of every list what `keep` says.
    pub(crate) fn retain(&mut self, keep: impl Fn(StoryId) -> bool) {
        for part in &mut self.parts {
            Arc::make_mut(part).retain(&keep);
        }
    }
}

/// Parts that [`ChunkedRows::divide`] leaves together.
const DIVIDED: usize = 1 << 8;

impl ChunkedRows {
    /// Divides them into rows of neighbouring places, which [`ChunkedRows::append`] makes one again.
    pub(crate) fn divide(self) -> Vec<ChunkedRows> {
        self.parts.chunks(DIVIDED).map(|parts| ChunkedRows { parts: parts.to_vec() }).collect()
    }

    /// Appends the rows of the places that follow.
    pub(crate) fn append(&mut self, next: ChunkedRows) {
        self.parts.extend(next.parts);
    }
}

impl Written for ChunkedRows {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.count(self.parts.len());
        self.parts.iter().for_each(|part| part.write_to(to));
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let parts = (0..from.count()?).map(|_| Rows::read_from(from).map(Arc::new));
        Some(Self { parts: parts.collect::<Option<_>>()? })
    }
}
