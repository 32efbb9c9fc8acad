//! The marks of a revision: how far it covers the output, and what it has reported.

use super::measure::Measured;
use super::notes::Notes;
use super::output_position::OutputPosition;

/// The data that rebuilds an alert from its revisions, in addition to the visible part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// The position up to which the revision covers the output.
    pub(crate) covered: OutputPosition,
    /// The sequence in the output of the merge that closes the alert; 0 if there is none.
    pub(crate) merged_at: u64,
    /// The numbers that the next revision is compared with, if people changed the stories.
    pub(crate) measured: Option<Measured>,
    /// The notes that were reported.
    pub(crate) notes: Notes,
}
