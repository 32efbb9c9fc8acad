//! The ids that a stream remembers for its window, to recognise duplicates.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::tables::RecentId;
use crate::clock::UnixMillis;

/// The sequences of ids, and the ids by age.
#[derive(Debug, Default)]
pub(super) struct Ids {
    sequences: HashMap<String, u64>,
    by_age: VecDeque<(UnixMillis, String)>,
}

impl Ids {
    pub(super) fn new(known: Vec<RecentId>) -> Self {
        let mut ids = Self::default();
        for RecentId { id, sequence, at } in known {
            ids.add(id, sequence, at);
        }
        ids
    }

    pub(super) fn add(&mut self, id: String, sequence: u64, at: UnixMillis) {
        self.by_age.push_back((at, id.clone()));
        self.sequences.insert(id, sequence);
    }

    /// The sequence of this id within the window. Forgets older ids.
    pub(super) fn find(&mut self, id: &str, window: Duration, now: UnixMillis) -> Option<u64> {
        while let Some((_, old)) = self.by_age.front().filter(|(at, _)| at.plus(window) <= now) {
            self.sequences.remove(old);
            self.by_age.pop_front();
        }
        self.sequences.get(id).copied()
    }
}
