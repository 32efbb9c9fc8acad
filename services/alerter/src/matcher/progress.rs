//! How far the matcher has read the output, and from where it must read again after a restart.
//!
//! Comes in: the position of each message that was read or applied. Goes out: the position to save. It never reads a message.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wirefold_flow::Position;
use wirefold_proto::OutputPosition;

/// The sequence at which reading begins after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedProgress {
    /// Everything up to and including this sequence of `WF_OUTPUT` is applied.
    pub(crate) output: u64,
    /// The sequence in `WF_FETCHED` of the next expected decision.
    pub(crate) next: u64,
    /// The decision before that, if nothing is read again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) judged: Option<u64>,
    /// Decisions after `next` that will not come again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ahead: Vec<u64>,
    /// Decisions before `next` that it stopped waiting for and that have not come since: the first and last
    /// of each range.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) passed: Vec<(u64, u64)>,
    /// The last message of `WF_OUTPUT` that was read, in its stored form; empty if it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) reached: String,
}

impl Default for SavedProgress {
    fn default() -> Self {
        let (ahead, passed, reached) = Default::default();
        Self { output: 0, next: 1, judged: None, ahead, passed, reached }
    }
}

impl SavedProgress {
    /// The last message that was read.
    pub(super) fn reached(&self) -> Position {
        Position::parse(&self.reached).unwrap_or(Position::at_sequence(self.output))
    }

    /// The position up to which everything has been applied, and nothing after it.
    pub(super) fn position(&self) -> OutputPosition {
        OutputPosition { fetched: self.next.saturating_sub(1), output: self.output }
    }
}

/// The progress of reading.
#[derive(Debug)]
pub(super) struct ReadingProgress {
    read: u64,
    next: u64,
    judged: Option<u64>,
    /// The positions of applied messages that may have to be read again: by sequence in the output, with the
    /// decision.
    applied: BTreeMap<u64, u64>,
    /// The same by decision, for the first of them at every save.
    by_decision: BTreeSet<(u64, u64)>,
    /// Decisions after those that were applied and will not be read again.
    ahead: BTreeSet<u64>,
    reached: String,
}

impl ReadingProgress {
    pub(super) fn from(saved: &SavedProgress) -> Self {
        let SavedProgress { output: read, next, judged, ref ahead, .. } = *saved;
        Self {
            read,
            next,
            judged,
            applied: BTreeMap::new(),
            by_decision: BTreeSet::new(),
            ahead: ahead.iter().copied().collect(),
            reached: saved.reached.clone(),
        }
    }

    /// Notes the last message that was read, if there is one.
    pub(super) fn reached(&mut self, last: Option<Position>) {
        if let Some(last) = last {
            self.reached = last.to_string();
        }
    }

    pub(super) fn read(&mut self, output: u64) {
        self.read = self.read.max(output);
    }

    /// Notes that an article was applied. Its decision has the sequence `judged`.
    pub(super) fn applied(&mut self, position: OutputPosition, judged: u64) {
        self.passed_to(position, judged);
        let OutputPosition { fetched, output } = position;
        if let Some(before) = self.applied.insert(output, fetched) {
            self.by_decision.remove(&(before, output));
        }
        self.by_decision.insert((fetched, output));
    }

    /// Notes that a command was applied. Reading it again does no harm.
    pub(super) fn passed_to(&mut self, position: OutputPosition, judged: u64) {
        self.next = self.next.max(position.fetched + 1);
        self.judged = self.judged.max(Some(judged));
    }

    pub(super) fn last_read(&self) -> u64 {
        self.read
    }

    /// The farthest position after which no revision and no waiting message needs anything. Reading from
    /// there gives everything in the same order.
    pub(super) fn position_to_save(
        &mut self,
        needed: Option<u64>,
        waiting: Option<u64>,
        passed: impl IntoIterator<Item = (u64, u64)>,
    ) -> SavedProgress {
        let first_needed = needed.into_iter().chain(waiting).min();
        let output = first_needed.map_or(self.read, |first| first.saturating_sub(1)).min(self.read);
        while let Some(done) = self.applied.first_entry().filter(|first| *first.key() <= output) {
            let (place, fetched) = done.remove_entry();
            self.by_decision.remove(&(fetched, place));
            self.ahead.insert(fetched);
        }
        let first = self.by_decision.first().map(|(first, _)| *first);
        let next = first.map_or(self.next, |first| self.next.min(first));
        while self.ahead.first().is_some_and(|known| *known < next) {
            self.ahead.pop_first();
        }
        let judged = self.judged.filter(|_| next == self.next);
        let (ahead, passed) = (self.ahead.iter().copied().collect(), passed.into_iter().collect());
        SavedProgress { output, next, judged, ahead, passed, reached: self.reached.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_needed_is_passed_and_the_order_stays() {
        let saved = |output, next, judged, ahead: &[u64]| SavedProgress {
            output,
            next,
            judged,
            ahead: ahead.to_vec(),
            passed: Vec::new(),
            reached: String::new(),
        };
        let mut progress = ReadingProgress::from(&SavedProgress::default());
        assert_eq!(progress.position_to_save(None, None, []), saved(0, 1, None, &[]));
        for (output, fetched) in (1..).zip([1, 2, 3, 5, 4, 8, 7, 6, 9]) {
            progress.read(output);
            progress.applied(OutputPosition { fetched, output }, fetched + 20);
        }
        progress.read(12);
        assert_eq!(progress.position_to_save(None, Some(4), []), saved(3, 4, None, &[]));
        assert_eq!(progress.position_to_save(Some(6), Some(11), []), saved(5, 6, None, &[]));
        // 6 comes again; 7 and 8 do not.
        let with_ahead = saved(7, 6, None, &[7, 8]);
        assert_eq!(progress.position_to_save(None, Some(8), []), with_ahead);
        assert_eq!(ReadingProgress::from(&with_ahead).position_to_save(None, None, []), with_ahead);
        assert_eq!(progress.position_to_save(None, None, []), saved(12, 10, Some(29), &[]));
    }
}
