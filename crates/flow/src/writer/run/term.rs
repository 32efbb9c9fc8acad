//! The term of a writer.

use super::super::CommittedDecision;
use super::super::batch_writer::BatchWriter;
use super::super::inputs::{Inputs, Offsets};
use crate::message::Outgoing;

/// The offsets are marked after this many full batches. Each mark costs a sync, and publishers do not
/// need the room sooner.
const BATCHES_PER_MARK: usize = 10;

/// The state of a writer from taking over to the first failure.
pub(super) struct Term {
    pub(super) epoch: u64,
    pub(super) batch_writer: BatchWriter,
    /// The decisions made while the batch before them is being written.
    pub(super) unwritten: Vec<Outgoing>,
    pub(super) offsets: Offsets,
    pub(super) inputs: Inputs,
    /// The last decision that is certainly stored.
    pub(super) last: Option<CommittedDecision>,
    /// Batches since the offsets were marked.
    pub(super) unmarked: usize,
}

impl Term {
    /// Starts to write the decisions. `is_end`: no more inputs were waiting.
    pub(super) fn start(&mut self, is_end: bool) {
        let marks = is_end || self.unmarked >= BATCHES_PER_MARK;
        if marks {
            self.unmarked = 0;
        }
        let records = std::mem::take(&mut self.unwritten);
        self.batch_writer.start(records, marks.then(|| self.offsets.clone()));
    }
}
