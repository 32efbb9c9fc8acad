//! Why bytes are not a feed.

use std::error::Error;
use std::fmt;

/// The reason why bytes are not a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedError {
    /// There is only white space.
    Empty,
    /// It is not a feed.
    NotAFeed {
        /// A description of the document for people, such as "an HTML page".
        found: String,
        /// The absolute addresses of the feeds that the document names.
        feeds: Vec<String>,
    },
    /// Its elements are nested too deeply to be read safely.
    TooDeep,
    /// It begins like a feed, but no item can be read.
    Broken {
        /// The position in the decoded text.
        at_byte: usize,
        /// The error.
        why: String,
    },
}

impl FeedError {
    pub(crate) fn not(found: &str) -> Self {
        Self::NotAFeed { found: found.to_owned(), feeds: Vec::new() }
    }
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the answer is empty"),
            Self::NotAFeed { found, .. } => write!(f, "this is {found}, not a feed"),
            Self::TooDeep => f.write_str("its elements are nested too deeply for a feed"),
            Self::Broken { at_byte, why } => write!(f, "broken at byte {at_byte}: {why}"),
        }
    }
}

impl Error for FeedError {}
