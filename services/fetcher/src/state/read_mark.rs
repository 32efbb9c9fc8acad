//! The mark that a feed is being parsed. It is stored before the parsing begins.

use serde::{Deserialize, Serialize};

/// How a feed is being parsed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReadMark {
    /// Whether no other feed is being parsed at the same time.
    pub(crate) is_alone: bool,
}
