//! Puts messages into the tables.

mod alert;
mod article;
mod change;
mod command;

pub(crate) use article::lead;

use std::borrow::Cow;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, OutputArticle, OutputCommand, OutputStory};

use super::Answer;

/// Messages of one stream, and the sequence up to which they reach.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// The stream.
    pub(crate) stream: &'static str,
    /// The last sequence, those left out included.
    pub(crate) through: u64,
    /// The messages that can be read.
    pub(crate) changes: Vec<Change>,
}

/// One message.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// An article with its verdict.
    Article {
        /// The article.
        article: Box<OutputArticle>,
        /// Its bytes in the stream.
        body: Bytes,
        /// When the bus stored it.
        folded: UnixMillis,
    },
    /// A change to a story or event.
    Story(Box<OutputStory>),
    /// What came of a command.
    Command(Box<OutputCommand>),
    /// One revision of an alert.
    Alert {
        /// The revision.
        alert: Box<Alert>,
        /// Its bytes in the stream.
        body: Bytes,
    },
}

#[cfg(test)]
impl Change {
    /// An article as it comes from the stream.
    pub(crate) fn of(article: OutputArticle, folded: UnixMillis) -> Self {
        let body = wirefold_proto::encode(&article).expect("small enough").into();
        Self::Article { article: Box::new(article), body, folded }
    }
}

pub(super) fn apply(connection: &mut Connection, batch: &Batch) -> Answer<()> {
    let transaction = connection.transaction()?;
    for change in &batch.changes {
        match change {
            Change::Article { article, body, folded } => {
                article::put(&transaction, article, body, *folded)?;
            }
            Change::Story(change) => change::put(&transaction, change)?,
            Change::Command(command) => command::put(&transaction, command)?,
            Change::Alert { alert, body } => alert::put(&transaction, alert, body)?,
        }
    }
    keep_place(&transaction, batch)?;
    Ok(transaction.commit()?)
}

/// The place goes forward only.
fn keep_place(transaction: &Transaction<'_>, batch: &Batch) -> Answer<()> {
    let keep = "INSERT INTO places (stream, sequence) VALUES (?1, ?2)
        ON CONFLICT (stream) DO UPDATE SET sequence = max(sequence, excluded.sequence)";
    transaction.prepare_cached(keep)?.execute(params![batch.stream, batch.through as i64])?;
    Ok(())
}

pub(super) fn place(connection: &Connection, stream: &str) -> Answer<u64> {
    let ask = "SELECT sequence FROM places WHERE stream = ?1";
    let place = connection.prepare_cached(ask)?.query_row([stream], |row| row.get::<_, i64>(0));
    Ok(u64::try_from(place.optional()?.unwrap_or(0)).unwrap_or(0))
}

/// A message as it is kept: just as it came, where that is text.
fn kept<'a, T: serde::Serialize>(message: &T, body: &'a [u8]) -> Answer<Cow<'a, str>> {
    match str::from_utf8(body) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) => json(message).map(Cow::Owned),
    }
}

/// A value as it is kept.
fn json<T: serde::Serialize>(value: &T) -> Answer<String> {
    serde_json::to_string(value).map_err(|error| super::ProjectionError::Row(error.to_string()))
}
