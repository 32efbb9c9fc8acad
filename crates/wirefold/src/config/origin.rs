//! Where a value comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Where a value, or a key, stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A place in a file.
    File(SourceLocation),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line, such as `--listen`.
    Flag(String),
    /// The product.
    Default,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceLocation {
    /// The file as it is shown: `wirefold.toml` in the working folder, else with its folder.
    pub(crate) file: Arc<str>,
    /// The line, from 1; 0 where the file as a whole is meant.
    pub(crate) line: usize,
    /// The column in characters, from 1.
    pub(crate) column: usize,
}

impl Origin {
    /// The place to look at a mistake: with the column where it stands in a file.
    pub(super) fn pointed(&self) -> String {
        match self {
            Self::File(SourceLocation { file, line: 0, .. }) => file.to_string(),
            Self::File(place) => format!("{self}:{}", place.column),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Origin {
    /// `wirefold.toml:14`, `WIREFOLD_PAGE__LISTEN`, `--listen` or `default`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(place) => write!(f, "{}:{}", place.file, place.line),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Where each value comes from, by its key, such as `page.listen` or `feed.0.url`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins {
    by_key: BTreeMap<String, Origin>,
}

impl Origins {
    pub(super) fn insert(&mut self, key: String, origin: Origin) {
        self.by_key.insert(key, origin);
    }

    /// The origin of what was made and not written; what was written keeps its own.
    pub(super) fn insert_made(&mut self, key: String, origin: Origin) {
        self.by_key.entry(key).or_insert(origin);
    }

    /// The origin of a key: its own; else that of the list it is in; else the product's default.
    ///
    /// `feed.0` is where that feed is written, whether or not it says its title there.
    pub(crate) fn of(&self, key: &str) -> Origin {
        // A key that needs quotation marks in TOML stands without them here.
        self.by_key.get(&key.replace('"', "")).cloned().unwrap_or(Origin::Default)
    }

    /// The origin as it is told of a feed or subscription that is managed there.
    pub(crate) fn managed_by(&self, list: &str, index: usize) -> String {
        self.of(&format!("{list}.{index}")).to_string()
    }
}
