//! Pages of lists: how many rows, and after which row.

use wirefold_flow::UnixMillis;

/// The most rows of a page.
pub(crate) const MOST: usize = 200;

/// A requested page. Rows are ordered by a time and an id, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Paging {
    limit: Option<usize>,
    after: Option<Cursor>,
}

/// The last row of a page, written as `<milliseconds>.<id>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) time: i64,
    pub(super) id: String,
}

impl Paging {
    /// The first page, with this limit.
    pub(crate) fn first(limit: usize) -> Self {
        Self { limit: Some(limit), after: None }
    }

    /// The page after this cursor; `None` if the cursor is malformed.
    pub(crate) fn parse(limit: Option<usize>, cursor: Option<&str>) -> Option<Self> {
        let after = match cursor {
            None => None,
            Some(text) => Some(Cursor::parse(text)?),
        };
        Some(Self { limit, after })
    }

    /// The number of rows, from 1 to 200; 50 by default.
    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(50).clamp(1, MOST)
    }

    /// The row before this page. Without a cursor it comes before every row.
    pub(super) fn after(&self) -> Cursor {
        self.after.clone().unwrap_or_else(Cursor::before_all)
    }

    /// The same for rows in the opposite order, the first seen first.
    pub(super) fn after_first(&self) -> Cursor {
        self.after.clone().unwrap_or(Cursor { time: i64::MIN, id: String::new() })
    }

    /// Cuts rows to the limit, of which one more was read. Returns the cursor if more rows follow.
    pub(super) fn cut<T>(
        &self,
        rows: &mut Vec<T>,
        cursor: impl Fn(&T) -> Cursor,
    ) -> Option<String> {
        if rows.len() <= self.limit() {
            return None;
        }
        rows.truncate(self.limit());
        rows.last().map(|row| cursor(row).to_string())
    }
}

impl Cursor {
    /// A cursor before every row.
    pub(super) fn before_all() -> Self {
        // No id contains a character after `z`.
        Self { time: i64::MAX, id: "~".to_owned() }
    }

    fn parse(text: &str) -> Option<Self> {
        let (time, id) = text.split_once('.')?;
        (id.len() <= 200).then_some(())?;
        Some(Self { time: time.parse().ok()?, id: id.to_owned() })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.time, self.id)
    }
}

/// A time in SQLite's form.
pub(super) fn millis(time: UnixMillis) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}
