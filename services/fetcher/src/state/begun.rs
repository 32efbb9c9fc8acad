//! That a feed is being read, stored before it is.

use serde::{Deserialize, Serialize};

/// How a feed is being read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begun {
    /// Whether no other feed is being read meanwhile.
    pub(crate) is_alone: bool,
}
