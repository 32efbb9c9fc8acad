//! The origin of a setting.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The origin of a value or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A place in a file.
    File(SourceLocation),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line, such as `--listen`.
    Flag(String),
    /// The default of the product.
    Default,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceLocation {
    /// The file name as messages show it: `wirefold.toml` in the working folder, otherwise with its folder.
    pub(crate) file: Arc<str>,
    /// The line, from 1. 0 means the whole file.
    pub(crate) line: usize,
    /// The column in characters, from 1.
    pub(crate) column: usize,
}

impl Origin {
    /// The origin in a message about a mistake, with the column in a file.
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

/// The origin of each value, by its key, such as `page.listen` or `feed.0.url`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins {
    by_key: BTreeMap<String, Origin>,
}

impl Origins {
    pub(super) fn insert(&mut self, key: String, origin: Origin) {
        self.by_key.insert(key, origin);
    }

    /// The origin of a key, or the default. An id that is made of an address or a name has the origin of its table.
    pub(crate) fn of(&self, key: &str) -> Origin {
        // Keys that TOML quotes are stored without quotation marks.
        let key = key.replace('"', "");
        let table = || self.by_key.get(key.strip_suffix(".id")?);
        self.by_key.get(&key).or_else(table).cloned().unwrap_or(Origin::Default)
    }

    /// The origin as shown for a feed or subscription that is managed there.
    pub(crate) fn managed_by(&self, list: &str, index: usize) -> String {
        self.of(&format!("{list}.{index}")).to_string()
    }
}
