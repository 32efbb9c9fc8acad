//! Ids: the full id for a prefix, and the current id for one that was merged into another.

use std::fmt::Display;
use std::str::FromStr;

use rusqlite::{Connection, Transaction};
use wirefold_proto::{ArticleId, EventId, FormError, StoryId};

use crate::projection::Answer;
use crate::projection::rows::{one, parsed, rows, run};

/// A limit on the steps of a chain, each of which is a merge. Real chains are shorter.
const MOST_STEPS: usize = 1000;

/// The current id for an id that somebody has, whenever they got it.
pub(super) fn current<I: RowId>(db: &Connection, mut id: I) -> Answer<I> {
    let ask = "SELECT new FROM redirects WHERE old = ?1";
    for _ in 0..MOST_STEPS {
        let Some(new) = one(db, ask, [id.to_string()], |row| parsed(row, 0))? else {
            break;
        };
        id = new;
    }
    Ok(id)
}

/// An id names a story or event again: people took it out of the other, or it was never merged.
pub(super) fn end<I: RowId>(tx: &Transaction<'_>, id: I) -> Answer<()> {
    run(tx, "DELETE FROM redirects WHERE old = ?1", [id.to_string()])
}

/// Deletes redirects that lead nowhere. Those of a chain are deleted one by one, the last first.
pub(super) fn expire(tx: &Transaction<'_>) -> Answer<()> {
    let delete = "DELETE FROM redirects AS link
        WHERE NOT EXISTS (SELECT 1 FROM stories WHERE id = link.new)
            AND NOT EXISTS (SELECT 1 FROM events WHERE id = link.new)
            AND NOT EXISTS (SELECT 1 FROM redirects WHERE old = link.new)";
    run(tx, delete, [])
}

/// The id of an article, a story or an event, which is stored as text.
pub(crate) trait RowId:
    Copy + Eq + Display + FromStr<Err = FormError> + Send + 'static
{
    /// The table whose rows have such an id.
    const TABLE: &'static str;
    /// The beginning of the text.
    const PREFIX: &'static str;
    /// The word for people.
    const NAME: &'static str;
    /// Whether one can be merged into another.
    const IS_MERGED: bool;
}

macro_rules! row_ids {
    ($($id:ident: $table:literal, $prefix:literal, $name:literal, $is_merged:literal;)+) => {
        $(impl RowId for $id {
            const TABLE: &'static str = $table;
            const PREFIX: &'static str = $prefix;
            const NAME: &'static str = $name;
            const IS_MERGED: bool = $is_merged;
        })+
    };
}
row_ids! {
    ArticleId: "articles", "a-", "article", false;
    StoryId: "stories", "s-", "story", true;
    EventId: "events", "e-", "event", true;
}

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

pub(super) fn resolve_id<I: RowId>(db: &Connection, given: &str) -> Answer<IdLookup<I>> {
    let (table, prefix) = (I::TABLE, I::PREFIX);
    let given = given.trim().to_ascii_lowercase();
    let digits = given.strip_prefix(prefix).unwrap_or(&given);
    if digits.len() < LEAST_DIGITS {
        return Ok(IdLookup::TooShort);
    }
    let start = format!("{prefix}{digits}");
    // `z` is the last digit, and `~` comes after it.
    let end = format!("{start}~");
    let ask = format!(
        "SELECT id FROM {table} WHERE id >= ?1 AND id < ?2
        UNION SELECT old FROM redirects WHERE old >= ?1 AND old < ?2 ORDER BY 1 LIMIT ?3"
    );
    let found = rows(db, &ask, (start, end, CANDIDATES as i64), |row| parsed::<I>(row, 0))?;
    let mut ids = Vec::with_capacity(found.len());
    for id in found {
        let id = if I::IS_MERGED { current(db, id)? } else { id };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(match ids.len() {
        0 => IdLookup::Nothing,
        1 => IdLookup::One(ids.remove(0)),
        _ => IdLookup::Many(ids),
    })
}
