//! Lists of words that queries can name.

use std::collections::BTreeMap;

/// Lists by their names, for `@name` in a query. The query matches any of their lines.
///
/// A line is a word, a prefix, a phrase without quotation marks, a field such as `entity:Zelensky`,
/// or `@name` of another list. Empty lines and lines that begin with `#` are ignored.
///
/// ```
/// use wirefold_query::{Lists, Query};
///
/// let mut lists = Lists::default();
/// lists.insert("ports", "# the coast\nTarrowgate\nGull Sound\n");
/// assert!(Query::parse_with("@ports strike", &lists).is_ok());
/// let error = Query::parse_with("strike @ferries", &lists).unwrap_err();
/// assert_eq!(error.to_string(), "column 8: expected a list in lists/ferries.txt, found no such file");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lists {
    texts: BTreeMap<String, String>,
    accepts_any_name: bool,
}

impl Lists {
    /// Accepts every name as the name of a list, to check a query where the lists are not
    /// available.
    #[must_use]
    pub fn accepting_any_name() -> Self {
        Self { accepts_any_name: true, ..Self::default() }
    }

    /// Adds a list, or replaces the one of this name.
    pub fn insert(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.texts.insert(name.into(), text.into());
    }

    /// The lines of a list without empty lines and comments, with their numbers from 1.
    pub(crate) fn lines(&self, name: &str) -> Option<Vec<(usize, &str)>> {
        let text = match self.texts.get(name) {
            Some(text) => text,
            None if self.accepts_any_name => "anything",
            None => return None,
        };
        let lines = text.lines().map(|line| line.trim_start_matches('\u{feff}').trim());
        let lines = lines.enumerate().map(|(at, line)| (at + 1, line));
        Some(lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect())
    }

    /// The length of a list in bytes.
    pub(crate) fn length(&self, name: &str) -> usize {
        self.texts.get(name).map_or(0, String::len)
    }
}
