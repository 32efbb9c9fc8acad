//! Finds the full id for a prefix.

use rusqlite::{Connection, params};

use super::articles::{parse, text};
use super::row_id::RowId;
use super::{Answer, redirects};

/// The fewest digits of a prefix.
const LEAST_DIGITS: usize = 6;
/// The most candidates for an ambiguous prefix.
const CANDIDATES: usize = 10;

/// The result of looking for a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IdLookup<I> {
    /// One id has the prefix.
    One(I),
    /// Several ids have the prefix; at most ten are given.
    Many(Vec<I>),
    /// No id has the prefix.
    Nothing,
    /// The prefix has fewer than six digits.
    TooShort,
}

pub(super) fn meaning<I: RowId>(connection: &Connection, given: &str) -> Answer<IdLookup<I>> {
    let (table, prefix) = (I::TABLE, I::PREFIX);
    let given = given.trim().to_ascii_lowercase();
    let digits = given.strip_prefix(prefix).unwrap_or(&given);
    if digits.len() < LEAST_DIGITS {
        return Ok(IdLookup::TooShort);
    }
    let start = format!("{prefix}{digits}");
    // `z` is the last digit, and `~` comes after it.
    let end = format!("{start}~");
    let ask = format!("SELECT id FROM {table} WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3");
    let mut ask = connection.prepare_cached(&ask)?;
    let rows = ask.query_map(params![start, end, CANDIDATES as i64], |row| text(row, 0))?;
    let found: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
    let mut current = Vec::with_capacity(found.len());
    for id in found {
        let id: I = parse(&id)?;
        let id = if I::IS_MERGED { redirects::current(connection, id)? } else { id };
        if !current.contains(&id) {
            current.push(id);
        }
    }
    Ok(match current.len() {
        0 => IdLookup::Nothing,
        1 => IdLookup::One(current.remove(0)),
        _ => IdLookup::Many(current),
    })
}
