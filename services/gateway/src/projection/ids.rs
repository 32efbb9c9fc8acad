//! Finds the full id for the beginning of one.

use rusqlite::{Connection, params};

use super::{Answer, redirects};

/// The fewest digits that a prefix has.
const LEAST_DIGITS: usize = 6;
/// How many candidates an ambiguous prefix names.
const CANDIDATES: usize = 10;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An article, `a-…`.
    Article,
    /// A story, `s-…`.
    Story,
    /// An event, `e-…`.
    Event,
}

/// What an id, or the first digits of one, means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// This one.
    One(String),
    /// One of these; at most ten are named.
    Many(Vec<String>),
    /// None.
    Nothing,
    /// Fewer than six digits.
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

pub(super) fn meaning(connection: &Connection, kind: Kind, given: &str) -> Answer<Meaning> {
    let (table, prefix) = kind.table();
    let given = given.trim().to_ascii_lowercase();
    let digits = given.strip_prefix(prefix).unwrap_or(&given);
    if digits.len() < LEAST_DIGITS {
        return Ok(Meaning::TooShort);
    }
    let start = format!("{prefix}{digits}");
    // No digit comes after `z`.
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
        0 => Meaning::Nothing,
        1 => Meaning::One(current.remove(0)),
        _ => Meaning::Many(current),
    })
}
