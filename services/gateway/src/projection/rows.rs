//! Reads rows of the tables, and the ids and JSON in their columns.

use std::fmt::Display;
use std::str::FromStr;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row};
use serde::de::DeserializeOwned;

use crate::projection::{Answer, ProjectionError};

/// All rows of a query.
pub(super) fn rows<T>(
    db: &Connection,
    ask: &str,
    values: impl Params,
    read: impl FnMut(&Row<'_>) -> Answer<T>,
) -> Answer<Vec<T>> {
    db.prepare_cached(ask)?.query_and_then(values, read)?.collect()
}

/// The first row of a query; `None` if it has none.
pub(super) fn one<T>(
    db: &Connection,
    ask: &str,
    values: impl Params,
    read: impl FnMut(&Row<'_>) -> Answer<T>,
) -> Answer<Option<T>> {
    db.prepare_cached(ask)?.query_and_then(values, read)?.next().transpose()
}

/// Changes rows.
pub(super) fn run(db: &Connection, change: &str, values: impl Params) -> Answer<()> {
    db.prepare_cached(change)?.execute(values)?;
    Ok(())
}

/// Parses a column, such as an id.
pub(super) fn parsed<T: FromStr<Err: Display>>(row: &Row<'_>, column: usize) -> Answer<T> {
    text(row, column)?.parse().map_err(|error: T::Err| ProjectionError::Row(error.to_string()))
}

/// The value that `read` gives of a column; `None` if the column is null.
pub(super) fn optional<T>(
    row: &Row<'_>,
    column: usize,
    read: impl FnOnce(&Row<'_>, usize) -> Answer<T>,
) -> Answer<Option<T>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => read(row, column).map(Some),
    }
}

fn text<'a>(row: &'a Row<'_>, column: usize) -> Answer<&'a str> {
    Ok(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)
}

/// Parses a column that has a value as JSON.
pub(super) fn read<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Answer<T> {
    serde_json::from_str(text(row, column)?)
        .map_err(|error| ProjectionError::Row(error.to_string()))
}
