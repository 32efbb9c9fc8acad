//! Reads the outcome of commands.

use rusqlite::{Connection, OptionalExtension};
use wirefold_proto::OutputCommand;

use super::Answer;
use super::articles::{read, text};

pub(super) fn one(connection: &Connection, id: &str) -> Answer<Option<OutputCommand>> {
    let mut ask = connection.prepare_cached("SELECT body FROM commands WHERE id = ?1")?;
    let body = ask.query_row([id], |row| text(row, 0)).optional()?;
    body.map(|body| read(&body)).transpose()
}
