//! Finds the full id for a prefix.

use rusqlite::{Connection, params};

use super::{Answer, redirects};

/// The fewest digits of a prefix.
const LEAST_DIGITS: usize = 6;
/// The most candidates for an ambiguous prefix.
const CANDIDATES: usize = 10;

/// The kind of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An article, `a-…`.
    Article,
    /// A story, `s-…`.
    Story,
    /// An event, `e-…`.
    Event,
}

/// The result of looking for a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IdLookup {
    /// One id has the prefix.
    One(String),
    /// Several ids have the prefix; at most ten are given.
    Many(Vec<String>),
    /// No id has the prefix.
    Nothing,
    /// The prefix has fewer than six digits.
    TooShort,
}

impl Kind {
    fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Article => ("articles", "a-"),
            Self::Story => ("stories", "s-"),
            Self::Event => ("events", "e-"),
        }
    }
}

pub(super) fn meaning(connection: &Connection, kind: Kind, given: &str) -> Answer<IdLookup> {
    let (table, prefix) = kind.table();
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
    let rows = ask.query_map(params![start, end, CANDIDATES as i64], |row| row.get(0))?;
    let found: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
    let mut current = Vec::with_capacity(found.len());
    for id in found {
        let id = if kind == Kind::Article { id } else { redirects::current(connection, &id)? };
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
