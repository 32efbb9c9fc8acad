//! The articles of an event with what they say.

use rusqlite::{Connection, params};
use wirefold_proto::{EventId, StoryId};

use super::Answer;
use super::articles::{parse, read, text};
use crate::statements::{InStory, MOST_ARTICLES};

/// The articles of an event, the first seen first, and how many more there are.
pub(super) fn articles(connection: &Connection, event: EventId) -> Answer<(Vec<InStory>, u32)> {
    let ask = "SELECT articles.story, articles.body FROM event_articles AS its
        JOIN articles ON articles.key = its.article
        WHERE its.event = ?1 ORDER BY its.seen, its.fetched LIMIT ?2";
    let count = "SELECT count(*) FROM event_articles WHERE event = ?1";
    let event = event.to_string();
    let mut ask = connection.prepare_cached(ask)?;
    let rows = ask.query_map(params![event, MOST_ARTICLES as i64], |row| {
        Ok((text(row, 0)?, text(row, 1)?))
    })?;
    let articles = rows
        .map(|row| {
            let (story, body) = row?;
            Ok((parse::<StoryId>(&story)?, read(&body)?))
        })
        .collect::<Answer<Vec<InStory>>>()?;
    let all: u32 = connection.prepare_cached(count)?.query_row([&event], |row| row.get(0))?;
    let unread = all.saturating_sub(u32::try_from(articles.len()).unwrap_or(u32::MAX));
    Ok((articles, unread))
}
