//! How far the matcher has read the output, and from where it must read again after a restart.
//!
//! Comes in: the position of each message that was read. Goes out: the position to save. It never reads a message.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use wirefold_flow::Position;

/// The position behind which reading begins after a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedProgress {
    /// Everything up to and including this sequence of `WF_OUTPUT` is applied.
    pub(crate) output: u64,
    /// The last message of `WF_OUTPUT` that was read, in its stored form; empty if it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) reached: String,
}

impl SavedProgress {
    /// The last message that was read.
    pub(super) fn reached(&self) -> Position {
        Position::parse(&self.reached).unwrap_or(Position::at_sequence(self.output))
    }
}

/// The progress of reading.
#[derive(Debug)]
pub(super) struct ReadingProgress {
    saved: SavedProgress,
    /// The messages that were read since, and may have to be read again.
    since: VecDeque<u64>,
}

impl ReadingProgress {
    pub(super) fn from(saved: SavedProgress) -> Self {
        Self { saved, since: VecDeque::new() }
    }

    /// Notes the last message that was read, if there is one.
    pub(super) fn reached(&mut self, last: Option<Position>) {
        if let Some(last) = last {
            self.saved.reached = last.to_string();
        }
    }

    /// Notes a message that was read, in the order of the output.
    pub(super) fn read(&mut self, position: u64) {
        self.since.push_back(position);
    }

    pub(super) fn last_read(&self) -> u64 {
        self.since.back().map_or(self.saved.output, |last| *last)
    }

    /// The farthest position after which no revision needs anything. `needed`: the first message that one
    /// still needs.
    pub(super) fn position_to_save(&mut self, needed: Option<u64>) -> SavedProgress {
        let is_done = |read: &u64| needed.is_none_or(|first| *read < first);
        while let Some(done) = self.since.front().copied().filter(is_done) {
            self.saved.output = done;
            self.since.pop_front();
        }
        self.saved.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_needed_is_passed() {
        let mut progress = ReadingProgress::from(SavedProgress::default());
        assert_eq!(progress.position_to_save(None).output, 0);
        (1..=4).for_each(|sequence| progress.read(sequence));
        assert_eq!(progress.last_read(), 4);
        let mut saved = |needed| progress.position_to_save(needed).output;
        assert_eq!((saved(Some(1)), saved(Some(3)), saved(None)), (0, 2, 4));
        assert_eq!(progress.last_read(), 4);
    }
}
