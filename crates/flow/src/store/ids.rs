//! The ids that a stream remembers for its window.
//!
//! Comes in: ids with their times. Goes out: the sequence of a message with the same id. It never remembers longer than
//! the window.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::tables::KnownId;
use crate::clock::UnixMillis;

/// Ids in the order in which they were stored, found by name.
#[derive(Debug, Default)]
pub(super) struct Ids {
    sequences: HashMap<String, u64>,
    by_age: VecDeque<(UnixMillis, String)>,
}

impl Ids {
    pub(super) fn new(known: Vec<KnownId>) -> Self {
        let mut ids = Self::default();
        for KnownId { id, sequence, at } in known {
            ids.add(id, sequence, at);
        }
        ids
    }

    pub(super) fn add(&mut self, id: String, sequence: u64, at: UnixMillis) {
        self.by_age.push_back((at, id.clone()));
        self.sequences.insert(id, sequence);
    }

    /// The message with this id, once ids older than the window are forgotten.
    pub(super) fn find(&mut self, id: &str, window: Duration, now: UnixMillis) -> Option<u64> {
        while let Some((_, old)) = self.by_age.front().filter(|(at, _)| at.plus(window) <= now) {
            self.sequences.remove(old);
            self.by_age.pop_front();
        }
        self.sequences.get(id).copied()
    }
}
