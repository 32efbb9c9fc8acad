//! What a writer holds from taking over to the first failure.
//!
//! It starts a batch and never decides.

use super::super::CommittedDecision;
use super::super::flight::Flight;
use super::super::inputs::{Inputs, Offsets};
use crate::message::Outgoing;

/// After so many full batches the place in the inputs is marked: each mark costs a sync, and while
/// batches are full nobody waits for room as long as that.
const MARKED_EACH: usize = 10;

/// What a writer holds from taking over to the first failure.
pub(super) struct Life {
    pub(super) epoch: u64,
    pub(super) flight: Flight,
    /// What was decided while the batch before it is being written.
    pub(super) decided: Vec<Outgoing>,
    pub(super) offsets: Offsets,
    pub(super) inputs: Inputs,
    /// The last decision that is known to stand.
    pub(super) last: Option<CommittedDecision>,
    /// Batches since the place was marked.
    pub(super) unmarked: usize,
}

impl Life {
    /// Starts to write what was decided. `is_end`: nothing more waited to be decided on.
    pub(super) fn start(&mut self, is_end: bool) {
        let marks = is_end || self.unmarked >= MARKED_EACH;
        if marks {
            self.unmarked = 0;
        }
        let records = std::mem::take(&mut self.decided);
        self.flight.start(records, marks.then(|| self.offsets.clone()));
    }
}
