//! Pages of lists: how many rows, and after which row.

use wirefold_flow::UnixMillis;

/// The most rows of a page.
pub(crate) const MOST: usize = 200;

/// Which page is asked for. Rows stand in the order of a time and an id, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Paging {
    limit: Option<usize>,
    after: Option<Cursor>,
}

/// The last row of a page, written `<milliseconds>.<id>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) time: i64,
    pub(super) id: String,
}

impl Paging {
    /// The first page with at most so many rows.
    pub(crate) fn first(limit: usize) -> Self {
        Self { limit: Some(limit), after: None }
    }

    /// The page after the one that gave this cursor; none where the cursor is broken.
    pub(crate) fn parse(limit: Option<usize>, cursor: Option<&str>) -> Option<Self> {
        let after = match cursor {
            None => None,
            Some(text) => Some(Cursor::parse(text)?),
        };
        Some(Self { limit, after })
    }

    /// Rows on the page, 1 to 200; 50 where nobody said.
    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(50).clamp(1, MOST)
    }

    /// The row that this page follows; every row follows the row given here where none was named.
    pub(super) fn after(&self) -> Cursor {
        self.after.clone().unwrap_or_else(Cursor::before_all)
    }

    /// The same for rows that stand in the other order, the first seen first.
    pub(super) fn after_first(&self) -> Cursor {
        self.after.clone().unwrap_or(Cursor { time: i64::MIN, id: String::new() })
    }

    /// Cuts rows of which one more than the limit was asked for, and names the last where more
    /// follow.
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
    /// What every row follows.
    pub(super) fn before_all() -> Self {
        // No id begins with a letter after `z`.
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

/// A time as SQLite keeps it.
pub(super) fn millis(time: UnixMillis) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}
