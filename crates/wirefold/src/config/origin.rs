//! The origins of settings, and mistakes with their places and corrections.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

pub(crate) use wirefold_alerter::suggestion;

/// The origin of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A place in a file.
    File {
        /// The file name as messages show it: `wirefold.toml` in the working folder, otherwise with its folder.
        file: Arc<str>,
        /// The line, from 1. 0 means the whole file.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A flag of the command line, such as `--listen`.
    Flag(String),
    /// The default of the product.
    Default,
}

impl Origin {
    /// A whole file.
    pub(super) fn file(name: &str) -> Self {
        Self::File { file: name.into(), line: 0, column: 0 }
    }

    /// The origin in a message about a mistake, with the column in a file.
    pub(crate) fn pointed(&self) -> String {
        match self {
            Self::File { file, line: 0, .. } => file.to_string(),
            Self::File { column, .. } => format!("{self}:{column}"),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Origin {
    /// `wirefold.toml:14`, `WIREFOLD_PAGE__LISTEN`, `--listen` or `default`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, .. } => write!(f, "{file}:{line}"),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The origin of each key, such as `page.listen` or `feed.0.url`. That of an element of a list is its beginning.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins {
    pub(super) by_key: BTreeMap<String, Origin>,
}

impl Origins {
    /// The origin of a key, or the default. An id that is made of an address or a name has the origin of its table.
    pub(crate) fn of(&self, key: &str) -> Origin {
        // Keys that TOML quotes are stored without quotation marks.
        let key = key.replace('"', "");
        let table = || self.by_key.get(key.strip_suffix(".id")?);
        self.by_key.get(&key).or_else(table).cloned().unwrap_or(Origin::Default)
    }

    /// The origin of a key, or that of the nearest table around it.
    pub(crate) fn nearest(&self, key: &str) -> Origin {
        match (self.by_key.get(key), key.rsplit_once('.')) {
            (Some(place), _) => place.clone(),
            (None, Some((around, _))) => self.nearest(around),
            (None, None) => Origin::Default,
        }
    }

    /// The origin as shown for a feed or subscription that is managed there.
    pub(crate) fn managed_by(&self, list: &str, index: usize) -> String {
        self.of(&format!("{list}.{index}")).to_string()
    }
}

/// A mistake in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: {what}", .at.pointed())]
pub(crate) struct Problem {
    /// Its place.
    pub(crate) at: Origin,
    /// The mistake, and what to write instead.
    pub(crate) what: String,
}

impl Problem {
    pub(super) fn new(at: Origin, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

/// The configuration cannot be used. The command ends with exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", .problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
pub(crate) struct ConfigError {
    /// All mistakes that were found, at least one.
    pub(crate) problems: Vec<Problem>,
}

impl ConfigError {
    /// The mistakes in the order of lines in files, the others after them.
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| match &problem.at {
            Origin::File { line, column, .. } => (0, *line, *column),
            _ => (1, 0, 0),
        });
        Self { problems }
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}
