//! Compares two texts for showing.
//!
//! Input: two bodies. Output: the passages that they share, the share of each text in these
//! passages, and the sentences that changed. This folder does not know what the comparison means
//! for a story, and knows no third text.

pub(crate) mod body;
pub(crate) mod changes;
pub(crate) mod overlap;
pub(crate) mod runs;
