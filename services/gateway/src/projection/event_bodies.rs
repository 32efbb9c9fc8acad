//! Reads the articles of an event from their stored bodies.

use rusqlite::{Connection, params};
use serde::de::DeserializeOwned;
use wirefold_proto::{EventId, StoryId};

use super::Answer;
use super::articles::{parse, read, text};

/// Articles of an event with their current stories, and how many more there are.
pub(super) type Bodies<T> = (Vec<(StoryId, T)>, u32);

/// The order in which the articles of an event are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// The first seen first.
    Seen,
    /// First the articles with a note, then the first seen. Nothing if no article has a note.
    Noted,
}

/// At most this many articles of an event. `T` has the fields that are read.
pub(super) fn of_event<T: DeserializeOwned>(
    connection: &Connection,
    event: EventId,
    first: First,
    most: usize,
) -> Answer<Bodies<T>> {
    let (articles, all) = match first {
        First::Seen => (bodies(connection, event, "", most)?, count(connection, event)?),
        First::Noted => {
            let mut articles = bodies(connection, event, "AND its.has_note = 1", most)?;
            let has_none = articles.is_empty();
            let rest = if has_none { 0 } else { most.saturating_sub(articles.len()) };
            articles.extend(bodies(connection, event, "AND its.has_note = 0", rest)?);
            (articles, if has_none { 0 } else { count(connection, event)? })
        }
    };
    let unread = all.saturating_sub(u32::try_from(articles.len()).unwrap_or(u32::MAX));
    Ok((articles, unread))
}

fn bodies<T: DeserializeOwned>(
    connection: &Connection,
    event: EventId,
    which: &'static str,
    most: usize,
) -> Answer<Vec<(StoryId, T)>> {
    let ask = format!(
        "SELECT articles.story, articles.body FROM event_articles AS its
         JOIN articles ON articles.key = its.article
         WHERE its.event = ?1 {which} ORDER BY its.seen, its.fetched LIMIT ?2"
    );
    let mut ask = connection.prepare_cached(&ask)?;
    let rows = ask.query_map(params![event.to_string(), most as i64], |row| {
        Ok((text(row, 0)?, text(row, 1)?))
    })?;
    rows.map(|row| {
        let (story, body) = row?;
        Ok((parse::<StoryId>(&story)?, read(&body)?))
    })
    .collect()
}

/// The number of articles of the event.
fn count(connection: &Connection, event: EventId) -> Answer<u32> {
    let ask = "SELECT coalesce(sum(articles), 0) FROM event_outlets
        WHERE event = (SELECT key FROM events WHERE id = ?1)";
    Ok(connection.prepare_cached(ask)?.query_row([event.to_string()], |row| row.get(0))?)
}
