//! How far the output has been read, and how far it need not be read again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::Place;

/// Where reading begins again after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedPlace {
    /// Nothing up to and with this sequence of `WF_OUTPUT` is needed any more.
    pub(crate) output: u64,
    /// The sequence in `WF_FETCHED` whose decision is expected first.
    pub(crate) next: u64,
}

impl Default for SavedPlace {
    fn default() -> Self {
        Self { output: 0, next: 1 }
    }
}

impl SavedPlace {
    /// What has been taken when nothing after this place has.
    pub(super) fn taken(self) -> Place {
        Place { fetched: self.next.saturating_sub(1), output: self.output }
    }
}

/// How far reading has come.
#[derive(Debug)]
pub(super) struct Places {
    read: u64,
    next: u64,
    /// The places of what was applied and may have to be read again: by output, among decisions.
    applied: BTreeMap<u64, u64>,
}

impl Places {
    pub(super) fn from(saved: SavedPlace) -> Self {
        Self { read: saved.output, next: saved.next, applied: BTreeMap::new() }
    }

    pub(super) fn read(&mut self, output: u64) {
        self.read = self.read.max(output);
    }

    pub(super) fn applied(&mut self, place: Place) {
        self.next = self.next.max(place.fetched + 1);
        if place.fetched > 0 {
            self.applied.insert(place.output, place.fetched);
        }
    }

    pub(super) fn last_read(&self) -> u64 {
        self.read
    }

    /// The farthest place behind which nothing is needed: not by a revision, and not by what
    /// waits for its turn. Read again from there, everything comes in the same order.
    pub(super) fn safe(&mut self, needed: Option<Place>, waiting: Option<u64>) -> SavedPlace {
        let first_needed = needed.map(|place| place.output).into_iter().chain(waiting).min();
        let output = first_needed.map_or(self.read, |first| first.saturating_sub(1)).min(self.read);
        self.applied = self.applied.split_off(&(output + 1));
        let next = self.applied.values().min().map_or(self.next, |first| self.next.min(*first));
        SavedPlace { output, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_needed_is_passed_and_the_order_stays() {
        let mut places = Places::from(SavedPlace::default());
        assert_eq!(places.safe(None, None), SavedPlace { output: 0, next: 1 });
        for (output, fetched) in (1..).zip([1, 2, 3, 5, 4, 8, 7, 6, 9]) {
            places.read(output);
            places.applied(Place { fetched, output });
        }
        places.read(12);
        assert_eq!(places.safe(None, Some(4)), SavedPlace { output: 3, next: 4 });
        let needed = Some(Place { fetched: 8, output: 6 });
        assert_eq!(places.safe(needed, Some(11)), SavedPlace { output: 5, next: 6 });
        assert_eq!(places.safe(None, None), SavedPlace { output: 12, next: 10 });
    }
}
