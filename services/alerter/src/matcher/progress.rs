//! How far the matcher has read the output, and from where it must read again after a restart.
//!
//! Comes in: the position of each message that was read. Goes out: the position to save. It never reads a message.

use serde::{Deserialize, Serialize};
use wirefold_flow::Position;

/// The progress of reading, as it is stored.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Everything up to and including this sequence of `WF_OUTPUT` is applied. Reading begins behind it after a restart.
    pub(super) output: u64,
    /// The farthest message of `WF_OUTPUT` that was ever read, in its stored form; empty if it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reached: String,
    /// The sequence of the last message that was read since the start.
    #[serde(skip)]
    pub(super) last_read: u64,
}

impl Progress {
    /// The progress of reading from a stored position on.
    pub(super) fn resume(stored: &[u8]) -> Self {
        let progress: Self = serde_json::from_slice(stored).unwrap_or_default();
        Self { last_read: progress.output, ..progress }
    }

    /// The farthest message that was ever read.
    pub(super) fn reached(&self) -> Position {
        Position::parse(&self.reached).unwrap_or(Position::at_sequence(self.output))
    }

    /// Whether a message at this position is read again, after a restart.
    pub(super) fn is_again(&self, place: u64) -> bool {
        place <= self.reached().sequence
    }

    /// Notes the last message that was read.
    pub(super) fn note_read(&mut self, last: &Position) {
        self.last_read = last.sequence;
        if !self.is_again(last.sequence) {
            self.reached = last.to_string();
        }
    }

    /// Goes on to the farthest position after which no revision needs anything. `needed`: the first message that one
    /// still needs.
    pub(super) fn advance(&mut self, needed: Option<u64>) {
        let done =
            needed.map_or(self.last_read, |first| self.last_read.min(first.saturating_sub(1)));
        self.output = self.output.max(done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_needed_is_passed() {
        let mut progress = Progress::default();
        let mut output = |read: u64, needed| {
            progress.note_read(&Position::at_sequence(read));
            progress.advance(needed);
            progress.output
        };
        assert_eq!(output(0, None), 0);
        let advanced = [Some(1), Some(3), Some(2), None, Some(9)].map(|needed| output(4, needed));
        assert_eq!(advanced, [0, 2, 2, 4, 4]);
        assert_eq!(progress.last_read, 4);
    }

    #[test]
    fn messages_are_read_again_up_to_the_farthest_one() {
        let mut progress = Progress::default();
        progress.note_read(&Position::at_sequence(300));
        progress.advance(Some(100));
        let mut again = Progress::resume(&serde_json::to_vec(&progress).expect("JSON"));
        again.note_read(&Position::at_sequence(227));
        assert_eq!((again.last_read, again.is_again(228), again.is_again(301)), (227, true, false));
    }
}
