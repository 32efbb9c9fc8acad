//! Merges and splits: the current id for an old one.
//!
//! Each is stored with the sequence of its decision. It applies to earlier decisions only, in whatever order
//! the messages come.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use wirefold_proto::{ArticleId, EventId, StoryId};

use super::Answer;
use super::articles::{parse, text};
use super::row_id::RowId;

/// A limit on the steps of a chain, each of which is a merge. Real chains are shorter.
const MOST_STEPS: usize = 1000;

/// The current id of a story or event that a decision names.
pub(super) fn resolve<I: RowId>(connection: &Connection, id: I, judged: i64) -> Answer<I> {
    let ask = "SELECT judged, new FROM redirects WHERE old = ?1 AND judged >= ?2
        ORDER BY judged LIMIT 1";
    let mut ask = connection.prepare_cached(ask)?;
    let (mut id, mut judged) = (id, judged);
    for _ in 0..MOST_STEPS {
        let next =
            ask.query_row(params![id.to_string(), judged], |row| Ok((row.get(0)?, text(row, 1)?)));
        let Some((at, new)) = next.optional()? else {
            break;
        };
        (judged, id) = (at, parse(&new)?);
    }
    Ok(id)
}

/// The current story of an article.
pub(super) fn story_of(
    connection: &Connection,
    article: ArticleId,
    base: StoryId,
    judged: i64,
) -> Answer<StoryId> {
    let ask = "SELECT judged, story FROM moves WHERE article = ?1 AND judged >= ?2
        ORDER BY judged DESC LIMIT 1";
    let moved = connection
        .prepare_cached(ask)?
        .query_row(params![article.to_string(), judged], |row| {
            Ok((row.get::<_, i64>(0)?, text(row, 1)?))
        })
        .optional()?;
    match moved {
        // A merge in the same record came before the split.
        Some((at, story)) => resolve(connection, parse(&story)?, at + 1),
        None => resolve(connection, base, judged),
    }
}

/// The current id for an id that somebody has, whenever they got it.
pub(super) fn current<I: RowId>(connection: &Connection, id: I) -> Answer<I> {
    let ask = "SELECT coalesce(max(judged) + 1, 0) FROM moves WHERE story = ?1";
    let since = connection.prepare_cached(ask)?.query_row([id.to_string()], |row| row.get(0))?;
    resolve(connection, id, since)
}

/// Whether it was merged into another at any time.
pub(super) fn is_redirected(connection: &Connection, id: StoryId) -> Answer<bool> {
    let ask = "SELECT EXISTS (SELECT 1 FROM redirects WHERE old = ?1)";
    Ok(connection.prepare_cached(ask)?.query_row([id.to_string()], |row| row.get(0))?)
}

/// Stores that one story or event was merged into another.
pub(super) fn insert<I: RowId>(
    transaction: &Transaction<'_>,
    old: I,
    judged: i64,
    new: I,
) -> Answer<()> {
    let insert = "INSERT OR IGNORE INTO redirects (old, judged, new) VALUES (?1, ?2, ?3)";
    let values = params![old.to_string(), judged, new.to_string()];
    transaction.prepare_cached(insert)?.execute(values)?;
    Ok(())
}

/// Stores that an article was taken out of its story, by people or for a reason.
pub(super) fn insert_move(
    transaction: &Transaction<'_>,
    article: ArticleId,
    judged: i64,
    (story, reason): (StoryId, Option<&str>),
) -> Answer<()> {
    let insert =
        "INSERT OR IGNORE INTO moves (article, judged, story, reason) VALUES (?1, ?2, ?3, ?4)";
    let article = article.to_string();
    let values = params![article, judged, story.to_string(), reason];
    transaction.prepare_cached(insert)?.execute(values)?;
    let ask = "SELECT id, base_story, judged FROM articles WHERE id = ?1";
    refresh_articles(transaction, ask, &article)
}

/// Moves the articles of a story to their current stories.
pub(super) fn refresh_members(transaction: &Transaction<'_>, old: StoryId) -> Answer<()> {
    let ask = "SELECT id, base_story, judged FROM articles
        WHERE story = ?1 OR (base_story = ?1 AND base_story <> story)";
    refresh_articles(transaction, ask, &old.to_string())
}

fn refresh_articles(transaction: &Transaction<'_>, ask: &str, value: &str) -> Answer<()> {
    let mut ask = transaction.prepare_cached(ask)?;
    let rows = ask.query_map([value], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let articles: Vec<(String, String, i64)> = rows.collect::<rusqlite::Result<_>>()?;
    for (id, base, judged) in articles {
        let story = story_of(transaction, parse(&id)?, parse(&base)?, judged)?;
        let set = "UPDATE articles SET story = ?2 WHERE id = ?1 AND story <> ?2";
        transaction.prepare_cached(set)?.execute(params![id, story.to_string()])?;
    }
    Ok(())
}

/// Moves the stories of an event to their current events.
pub(super) fn refresh_stories_of(transaction: &Transaction<'_>, old: EventId) -> Answer<()> {
    let ask = "SELECT id FROM stories WHERE event = ?1 OR base_event = ?1";
    let mut ask = transaction.prepare_cached(ask)?;
    let rows = ask.query_map([old.to_string()], |row| text(row, 0))?;
    let stories: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
    stories.iter().try_for_each(|story| refresh_story(transaction, parse(story)?))
}

/// Computes the current event of a story again, and whether the story was merged.
pub(super) fn refresh_story(transaction: &Transaction<'_>, id: StoryId) -> Answer<()> {
    let ask = "SELECT coalesce(base_event, event), judged, base_event IS NULL FROM stories
        WHERE id = ?1";
    let row = transaction
        .prepare_cached(ask)?
        .query_row([id.to_string()], |row| {
            Ok((row.get::<_, Option<String>>(0)?, row.get::<_, i64>(1)?, row.get::<_, bool>(2)?))
        })
        .optional()?;
    let Some((Some(event), judged, is_borrowed)) = row else {
        return Ok(());
    };
    let event: EventId = parse(&event)?;
    let event = resolve(transaction, event, if is_borrowed { 0 } else { judged })?;
    let set = "UPDATE stories SET event = ?2, gone = EXISTS (
            SELECT 1 FROM redirects WHERE old = ?1 AND redirects.judged >= max(stories.judged,
                (SELECT coalesce(max(moves.judged) + 1, 0) FROM moves WHERE story = ?1)))
        WHERE id = ?1";
    transaction.prepare_cached(set)?.execute(params![id.to_string(), event.to_string()])?;
    Ok(())
}

/// Computes again whether an event was merged.
pub(super) fn refresh_event(transaction: &Transaction<'_>, id: EventId) -> Answer<()> {
    let set = "UPDATE events SET gone = EXISTS (
            SELECT 1 FROM redirects WHERE old = ?1 AND redirects.judged >= events.judged)
        WHERE id = ?1";
    transaction.prepare_cached(set)?.execute([id.to_string()])?;
    Ok(())
}
