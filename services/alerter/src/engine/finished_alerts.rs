//! Finished alerts: alerts without a next revision unless news comes.
//!
//! Comes in: the sequence of the last revision of an alert, and its target. Goes out: those sequences again.
//! It stores eight bytes for each alert and no revision. If news comes for an alert, its revisions are read
//! again, and it continues with the next one.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use wirefold_proto::Target;

/// How many bits of an entry are the sequence of the last revision. The bits above are of a hash of the
/// target. If two targets share a hash, one revision too many is read.
const SEQUENCE_BITS: u32 = 40;
const LAST_SEQUENCE: u64 = (1 << SEQUENCE_BITS) - 1;

/// The sequences of the last revisions of finished alerts, by target.
#[derive(Debug, Default)]
pub(super) struct FinishedAlerts(BTreeSet<u64>);

impl FinishedAlerts {
    pub(super) fn insert(&mut self, target: Target, sequence: u64) {
        self.0.insert(first(target) | sequence.min(LAST_SEQUENCE));
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, target: Target, sequence: u64) -> bool {
        self.0.remove(&(first(target) | sequence.min(LAST_SEQUENCE)))
    }

    /// The last revisions of the alerts about this target, and perhaps of some others.
    pub(super) fn about(&self, target: Target) -> Vec<u64> {
        let first = first(target);
        let found = self.0.range(first..=first | LAST_SEQUENCE);
        found.map(|entry| entry & LAST_SEQUENCE).collect()
    }

    /// Drops alerts whose last revision has a smaller sequence: it is no longer stored.
    pub(super) fn expire(&mut self, kept: u64) {
        self.0.retain(|entry| entry & LAST_SEQUENCE >= kept);
    }
}

fn first(target: Target) -> u64 {
    let mut hasher = DefaultHasher::new();
    target.hash(&mut hasher);
    hasher.finish() & !LAST_SEQUENCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finished_alerts_are_found_by_target() {
        let targets = ["e-00000000000000000000000001", "s-00000000000000000000000001"];
        let [event, story]: [Target; 2] = targets.map(|text| text.parse().unwrap());
        let mut finished = FinishedAlerts::default();
        finished.insert(event, 7);
        finished.insert(event, LAST_SEQUENCE);
        finished.insert(story, 9);
        assert_eq!(finished.about(event), [7, LAST_SEQUENCE]);
        assert_eq!(finished.about(story), [9]);
        assert!(finished.remove(event, LAST_SEQUENCE) && !finished.remove(event, 9));
        finished.expire(8);
        assert_eq!((finished.about(event), finished.about(story)), (vec![], vec![9]));
    }
}
