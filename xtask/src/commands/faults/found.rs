//! The findings of a run.

use super::examine::Difference;

/// The end of a run.
pub(super) enum Outcome {
    Played(Box<Found>),
    /// This machine cannot do it, with the reason.
    Skipped(String),
}

/// The findings of a run.
#[derive(Default)]
pub(super) struct Found {
    pub(super) difference: Difference,
    /// Whether the problem was reported: in the log, by `verify`, or by a refusal to start.
    pub(super) said: bool,
    /// Whether it did not start again. Then there are no other findings.
    pub(super) refused: bool,
    /// The seconds until the next article is accepted. `None` if that never happened.
    pub(super) recovery: Option<f64>,
    /// The log of the run.
    pub(super) log: String,
}
