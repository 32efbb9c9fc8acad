//! Limits of searched and filtered lists. Each page reads a limited number of rows and says where the next
//! page continues, so its cost does not depend on the number of stored rows.

use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};

use super::paging::Cursor;
use super::{Answer, Paging};
use crate::shapes::{LookedAt, LookedThrough};

/// The most articles with the words that one page reads. It is small in tests.
pub(super) const BLOCK: usize = if cfg!(test) { 40 } else { 2_000 };
/// The most rows in the order of time that one page reads.
pub(super) const SCAN: usize = if cfg!(test) { 50 } else { 10_000 };
/// The most events with several articles that are ranked: those that changed last.
pub(super) const RANKED: usize = if cfg!(test) { 20 } else { 2_000 };

/// The rows of one page of a list.
pub(super) struct Found<T> {
    pub(super) rows: Vec<T>,
    /// The cursor of the next page.
    pub(super) next: Option<String>,
    /// How far the page looked, if it did not look at everything.
    pub(super) looked_through: Option<LookedThrough>,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), next: None, looked_through: None }
    }
}

impl<T> Found<T> {
    /// Cuts rows to the limit, of which one more was read.
    pub(super) fn cut(mut rows: Vec<T>, paging: &Paging, cursor: impl Fn(&T) -> Cursor) -> Self {
        Self { next: paging.cut(&mut rows, cursor), rows, looked_through: None }
    }

    /// The same rows with the cursor of their block.
    pub(super) fn in_block(self, block: &Block) -> Self {
        let looked_through = block
            .has_next()
            .then_some(LookedThrough { what: LookedAt::ArticlesWithTheWords, count: BLOCK as u32 });
        Self { rows: self.rows, next: block.cursor(self.next), looked_through }
    }

    /// The same rows with the cursor of the last row that the scan read, if there is no other next page.
    pub(super) fn with_end_of_scan(self, what: LookedAt, end: Option<Cursor>) -> Self {
        let looked_through = end.is_some().then_some(LookedThrough { what, count: SCAN as u32 });
        Self { rows: self.rows, next: end.map(|end| end.to_string()), looked_through }
    }
}

/// Reads rows. A statement may use only some of the named values.
pub(super) fn rows<T>(
    connection: &Connection,
    statement: &str,
    values: &[(&str, &dyn ToSql)],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Answer<Vec<T>> {
    let mut statement = connection.prepare_cached(statement)?;
    let is_named = |name: &str| statement.parameter_index(name).is_ok_and(|it| it.is_some());
    let named: Vec<(&str, &dyn ToSql)> =
        values.iter().copied().filter(|(name, _)| is_named(name)).collect();
    Ok(statement.query_map(&named[..], read)?.collect::<rusqlite::Result<_>>()?)
}

/// The newest articles with all the words, at most [`BLOCK`].
pub(super) struct Block {
    /// Their keys, as a JSON list.
    pub(super) keys: String,
    /// The start of the next block, if there is one.
    next: Option<i64>,
    /// The start of this block.
    through: i64,
}

impl Block {
    /// Reads the block of a page.
    pub(super) fn read(connection: &Connection, words: &str, through: i64) -> Answer<Self> {
        let ask = "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid <= ?2
            ORDER BY rowid DESC LIMIT ?3";
        let keys = connection
            .prepare_cached(ask)?
            .query_map(params![words, through, BLOCK as i64], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        let next = keys.last().filter(|_| keys.len() == BLOCK).map(|last| last - 1);
        let keys: Vec<String> = keys.iter().map(i64::to_string).collect();
        Ok(Self { keys: format!("[{}]", keys.join(",")), next, through })
    }

    /// Whether there may be older articles with the words.
    fn has_next(&self) -> bool {
        self.next.is_some()
    }

    /// The cursor after a page: in the same block if it has more, otherwise in the next block.
    fn cursor(&self, next_on_page: Option<String>) -> Option<String> {
        match next_on_page {
            Some(cursor) => Some(format!("{cursor}.{}", self.through)),
            None => self.next.map(|next| format!("{}.{next}", Cursor::before_all())),
        }
    }
}

/// Splits a cursor of a search into the last row and the start of its block.
pub(super) fn split_cursor(after: Cursor) -> (Cursor, i64) {
    let parts = after.id.rsplit_once('.').and_then(|(id, key)| Some((id, key.parse().ok()?)));
    match parts {
        Some((id, through)) => (Cursor { time: after.time, id: id.to_owned() }, through),
        None => (after, i64::MAX),
    }
}

/// The last row that a page has read, if it has not read all. `which` selects rows of a table by `:after` and
/// `:id`.
pub(super) fn end_of_scan(
    connection: &Connection,
    which: &str,
    after: &Cursor,
) -> Answer<Option<Cursor>> {
    let ask = format!(
        "SELECT changed, id FROM {which} ORDER BY changed DESC, id DESC LIMIT 1 OFFSET {}",
        SCAN - 1
    );
    let read = |row: &Row<'_>| Ok(Cursor { time: row.get(0)?, id: row.get(1)? });
    let mut ask = connection.prepare_cached(&ask)?;
    let values = [(":after", &after.time as &dyn ToSql), (":id", &after.id)];
    Ok(ask.query_row(&values[..], read).optional()?)
}

/// Converts typed words for FTS5: every word must match, the last one as a prefix.
pub(super) fn all_of(words: &str) -> String {
    let parts = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let quoted: Vec<String> = parts.take(16).map(|word| format!("\"{word}\"")).collect();
    match quoted.is_empty() {
        true => String::new(),
        false => format!("{}*", quoted.join(" ")),
    }
}
