//! How far the matcher has read the output, and from where it must read again after a restart.
//!
//! Comes in: the position of each message that was read. Goes out: the position to save. It never reads a message.

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
    /// The sequence of the last message that was read.
    pub(super) last_read: u64,
}

impl ReadingProgress {
    pub(super) fn from(saved: SavedProgress) -> Self {
        Self { last_read: saved.output, saved }
    }

    /// Whether a message at this position is read again, after a restart.
    pub(super) fn is_again(&self, place: u64) -> bool {
        place <= self.saved.reached().sequence
    }

    /// Notes the last message that was read.
    pub(super) fn reached(&mut self, last: &Position) {
        self.last_read = last.sequence;
        self.saved.reached = last.to_string();
    }

    /// The farthest position after which no revision needs anything. `needed`: the first message that one
    /// still needs.
    pub(super) fn position_to_save(&mut self, needed: Option<u64>) -> SavedProgress {
        let done =
            needed.map_or(self.last_read, |first| self.last_read.min(first.saturating_sub(1)));
        self.saved.output = self.saved.output.max(done);
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
        progress.reached(&Position::at_sequence(4));
        assert_eq!(progress.last_read, 4);
        let mut saved = |needed| progress.position_to_save(needed).output;
        assert_eq!((saved(Some(1)), saved(Some(3)), saved(Some(2)), saved(None)), (0, 2, 2, 4));
        assert_eq!(progress.position_to_save(Some(9)).output, 4);
    }
}
