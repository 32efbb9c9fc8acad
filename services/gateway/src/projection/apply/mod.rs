//! Writes messages into the tables.

mod alert;
mod article;
mod change;
mod command;

pub(crate) use article::lead;

use std::borrow::Cow;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use wirefold_flow::{Position, UnixMillis};
use wirefold_proto::{Alert, OutputArticle, OutputCommand, OutputStory, streams};

use self::article::SearchedWords;
use super::Answer;

/// Messages of one stream, and the sequence up to which they reach.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// The stream.
    pub(crate) stream: &'static str,
    /// The last message, including skipped ones.
    pub(crate) through: Position,
    /// The readable messages.
    pub(crate) changes: Vec<Change>,
}

/// One message.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// An article with its verdict.
    Article {
        /// The article, with no more text than a lead.
        article: Box<OutputArticle>,
        /// Its bytes in the stream, unless these have more text.
        body: Option<Bytes>,
        /// When the bus stored it.
        folded: UnixMillis,
    },
    /// A change to a story or event.
    Story(Box<OutputStory>),
    /// The outcome of a command.
    Command(Box<OutputCommand>),
    /// One revision of an alert.
    Alert {
        /// The revision.
        alert: Box<Alert>,
        /// Its bytes in the stream.
        body: Bytes,
    },
}

impl Change {
    /// An article with its bytes from the stream.
    pub(crate) fn of_article(
        mut article: Box<OutputArticle>,
        body: Bytes,
        folded: UnixMillis,
    ) -> Self {
        let body = Some(body).filter(|_| !article::shorten(&mut article));
        Self::Article { article, body, folded }
    }

    /// An article from the stream.
    #[cfg(test)]
    pub(crate) fn of(article: OutputArticle, folded: UnixMillis) -> Self {
        let body = wirefold_proto::encode(&article).expect("small enough").into();
        Self::of_article(Box::new(article), body, folded)
    }
}

pub(super) fn apply(connection: &mut Connection, batch: &Batch) -> Answer<()> {
    buffer_changed_pages(connection, PageBuffer::InMemory)?;
    let transaction = connection.transaction()?;
    let mut searched = SearchedWords::default();
    for change in &batch.changes {
        match change {
            Change::Article { article, body, folded } => {
                let body = body.as_deref();
                article::put(&transaction, (article, body, *folded), &mut searched)?;
            }
            Change::Story(change) => change::put(&transaction, change)?,
            Change::Command(command) => command::put(&transaction, command)?,
            Change::Alert { alert, body } => alert::put(&transaction, alert, body)?,
        }
    }
    store_position(&transaction, batch)?;
    searched.write(&transaction)?;
    Ok(transaction.commit()?)
}

/// Where SQLite stores the changed pages of a transaction until its end.
#[derive(Debug, Clone, Copy)]
pub(super) enum PageBuffer {
    /// In memory: a batch changes some megabytes.
    InMemory,
    /// On disk: other transactions may change all pages.
    OnDisk,
}

/// Sets where SQLite stores changed pages. On disk, it copies a page for each statement that may be undone,
/// and writes pages to the log early if the cache is full. Then it reads the whole transaction again for its
/// checksums. That was half of the bytes that all stages wrote.
pub(super) fn buffer_changed_pages(connection: &Connection, held: PageBuffer) -> Answer<()> {
    let (temporary, spills) = match held {
        PageBuffer::InMemory => ("MEMORY", false),
        PageBuffer::OnDisk => ("FILE", true),
    };
    connection.pragma_update(None, "temp_store", temporary)?;
    Ok(connection.pragma_update(None, "cache_spill", spills)?)
}

/// Stores the position, which only moves forward.
fn store_position(transaction: &Transaction<'_>, batch: &Batch) -> Answer<()> {
    let keep = "INSERT INTO places (stream, sequence) VALUES (?1, ?2)
        ON CONFLICT (stream) DO UPDATE SET sequence = max(sequence, excluded.sequence)";
    let Batch { stream, through, changes: _ } = batch;
    transaction.prepare_cached(keep)?.execute(params![stream, through.sequence as i64])?;
    let keep_position = "INSERT OR REPLACE INTO positions (stream, position) VALUES (?1, ?2)";
    transaction.prepare_cached(keep_position)?.execute(params![stream, through.to_string()])?;
    Ok(())
}

/// The last message of a stream that is in the tables.
pub(super) fn reached(connection: &Connection, stream: &str) -> Answer<Position> {
    let ask = "SELECT position FROM positions WHERE stream = ?1";
    let position =
        connection.prepare_cached(ask)?.query_row([stream], |row| row.get::<_, String>(0));
    let position = position.optional()?.and_then(|text| Position::parse(&text));
    let sequence = applied_sequence(connection, stream)?;
    // A release without positions may have written since.
    let is_it = |reached: &Position| reached.sequence == sequence;
    Ok(position.filter(is_it).unwrap_or(Position::at_sequence(sequence)))
}

/// Empties the tables that a stream fills, and deletes the stream's position.
pub(super) fn begin_anew(connection: &mut Connection, stream: &str) -> Answer<()> {
    let tables: &[&str] = match stream == streams::ALERTS.name {
        true => &["alerts", "alert_revisions"],
        false => {
            // Derived tables first.
            &[
                "event_articles", "story_outlets", "event_outlets", "articles", "article_feeds",
                "stories", "events", "redirects", "moves", "commands",
            ]
        }
    };
    buffer_changed_pages(connection, PageBuffer::OnDisk)?;
    let transaction = connection.transaction()?;
    for table in tables {
        transaction.execute(&format!("DELETE FROM {table}"), [])?;
    }
    if stream != streams::ALERTS.name {
        transaction.execute("INSERT INTO words (words) VALUES ('delete-all')", [])?;
    }
    for table in ["places", "positions"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE stream = ?1"), [stream])?;
    }
    Ok(transaction.commit()?)
}

pub(super) fn applied_sequence(connection: &Connection, stream: &str) -> Answer<u64> {
    let ask = "SELECT sequence FROM places WHERE stream = ?1";
    let place = connection.prepare_cached(ask)?.query_row([stream], |row| row.get::<_, i64>(0));
    Ok(u64::try_from(place.optional()?.unwrap_or(0)).unwrap_or(0))
}

/// The stored form of a message: unchanged if it is text.
fn kept<'a, T: serde::Serialize>(message: &T, body: &'a [u8]) -> Answer<Cow<'a, str>> {
    match str::from_utf8(body) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) => json(message).map(Cow::Owned),
    }
}

/// The stored form of a value.
fn json<T: serde::Serialize>(value: &T) -> Answer<String> {
    serde_json::to_string(value).map_err(|error| super::ProjectionError::Row(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::{expire, open};

    #[test]
    fn only_a_batch_holds_its_changes_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open::connect(folder.path()).unwrap();
        let through = Position::at_sequence(1);
        let batch = Batch { stream: streams::OUTPUT.name, through, changes: Vec::new() };
        let is_in_memory = |of: &Connection| {
            let number =
                |name| of.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
            let (temporary, spills) = (number("temp_store"), number("cache_spill"));
            assert_eq!(temporary == 2, spills == 0, "{temporary} {spills}");
            spills == 0
        };
        apply(&mut connection, &batch).unwrap();
        assert!(is_in_memory(&connection));
        begin_anew(&mut connection, batch.stream).unwrap();
        assert!(!is_in_memory(&connection));
        apply(&mut connection, &batch).unwrap();
        expire::expire(&mut connection, UnixMillis(0)).unwrap();
        assert!(!is_in_memory(&connection));
    }
}
