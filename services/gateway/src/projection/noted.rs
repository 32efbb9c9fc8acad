//! The articles of an event in which an outlet puts something right.

use rusqlite::{Connection, params};
use wirefold_proto::{EventId, StoryId};

use super::Answer;
use super::articles::{parse, read, text};
use crate::corrections::InStory;
use crate::statements::MOST_ARTICLES;

/// How the output writes a finding of this sort. Nothing else of an article has such a field.
const NOTE: &str = "\"note\":{\"kind\":";

/// The articles of an event, the first seen first, and how many more there are; none where no article has a
/// note.
pub(super) fn articles(connection: &Connection, event: EventId) -> Answer<(Vec<InStory>, u32)> {
    let event = event.to_string();
    let has_note: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM stories JOIN articles ON articles.story = stories.id
                WHERE stories.event = ?1 AND stories.gone = 0 AND instr(articles.body, ?2) > 0)",
        )?
        .query_row(params![event, NOTE], |row| row.get(0))?;
    if !has_note {
        return Ok((Vec::new(), 0));
    }
    // Those with a note are never left out.
    let ask = "SELECT articles.story, articles.body FROM stories
        JOIN articles ON articles.story = stories.id
        WHERE stories.event = ?1 AND stories.gone = 0
        ORDER BY instr(articles.body, ?2) = 0, seen, fetched LIMIT ?3";
    let count = "SELECT count(*) FROM stories JOIN articles ON articles.story = stories.id
        WHERE stories.event = ?1 AND stories.gone = 0";
    let mut ask = connection.prepare_cached(ask)?;
    let rows = ask.query_map(params![event, NOTE, MOST_ARTICLES as i64], |row| {
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
