//! How far the output was read.

/// A position in the output: in the order of decisions, and in the stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OutputPosition {
    /// The sequence in `WF_FETCHED` of the decided article; 0 for commands.
    pub(crate) fetched: u64,
    /// The sequence in `WF_OUTPUT`.
    pub(crate) output: u64,
}

impl OutputPosition {
    /// Whether a revision that covers the output up to `end` covers this. A late decision has a
    /// later sequence in the output, so the revision does not cover it.
    pub(crate) fn is_covered_by(self, end: Self) -> bool {
        self.fetched <= end.fetched && self.output <= end.output
    }

    pub(crate) fn min(self, other: Self) -> Self {
        Self { fetched: self.fetched.min(other.fetched), output: self.output.min(other.output) }
    }

    pub(crate) fn max(self, other: Self) -> Self {
        Self { fetched: self.fetched.max(other.fetched), output: self.output.max(other.output) }
    }
}
