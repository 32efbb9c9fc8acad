//! Ids: the full id for a prefix, and the current id for an old one after merges and splits.
//!
//! Each merge and split is stored with the sequence of its decision. It applies to earlier decisions only, in
//! whatever order the messages come.

use std::fmt::Display;
use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use wirefold_proto::{ArticleId, EventId, IdError, StoryId};

use crate::projection::Answer;
use crate::projection::articles::{parse, text};

/// A limit on the steps of a chain, each of which is a merge. Real chains are shorter.
const MOST_STEPS: usize = 1000;

/// The current id of a story or event that a decision names.
pub(super) fn resolve<I: RowId>(connection: &Connection, id: I, decided: i64) -> Answer<I> {
    let ask = "SELECT decided, new FROM redirects WHERE old = ?1 AND decided >= ?2
        ORDER BY decided LIMIT 1";
    let mut ask = connection.prepare_cached(ask)?;
    let (mut id, mut decided) = (id, decided);
    for _ in 0..MOST_STEPS {
        let next =
            ask.query_row(params![id.to_string(), decided], |row| Ok((row.get(0)?, text(row, 1)?)));
        let Some((at, new)) = next.optional()? else {
            break;
        };
        (decided, id) = (at, parse(&new)?);
    }
    Ok(id)
}

/// The current story of an article.
pub(super) fn story_of(
    connection: &Connection,
    article: ArticleId,
    base: StoryId,
    decided: i64,
) -> Answer<StoryId> {
    let ask = "SELECT decided, story FROM moves WHERE article = ?1 AND decided >= ?2
        ORDER BY decided DESC LIMIT 1";
    let moved = connection
        .prepare_cached(ask)?
        .query_row(params![article.to_string(), decided], |row| {
            Ok((row.get::<_, i64>(0)?, text(row, 1)?))
        })
        .optional()?;
    match moved {
        // A merge in the same record came before the split.
        Some((at, story)) => resolve(connection, parse(&story)?, at + 1),
        None => resolve(connection, base, decided),
    }
}

/// The current id for an id that somebody has, whenever they got it. If people undid a merge, the id is its own again.
pub(super) fn current<I: RowId>(connection: &Connection, id: I) -> Answer<I> {
    let ask = "SELECT max(
        (SELECT coalesce(max(decided) + 1, 0) FROM moves WHERE story = ?1),
        (SELECT coalesce(max(decided), 0) FROM events WHERE id = ?1))";
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
    decided: i64,
    new: I,
) -> Answer<()> {
    let insert = "INSERT OR IGNORE INTO redirects (old, decided, new) VALUES (?1, ?2, ?3)";
    let values = params![old.to_string(), decided, new.to_string()];
    transaction.prepare_cached(insert)?.execute(values)?;
    Ok(())
}

/// Stores that an article was taken out of its story, by people.
pub(super) fn insert_move(
    transaction: &Transaction<'_>,
    article: ArticleId,
    decided: i64,
    story: StoryId,
) -> Answer<()> {
    let insert = "INSERT OR IGNORE INTO moves (article, decided, story) VALUES (?1, ?2, ?3)";
    let article = article.to_string();
    let values = params![article, decided, story.to_string()];
    transaction.prepare_cached(insert)?.execute(values)?;
    let ask = "SELECT id, base_story, decided FROM articles WHERE id = ?1";
    refresh_articles(transaction, ask, &article)
}

/// Moves the articles of a story to their current stories.
pub(super) fn refresh_members(transaction: &Transaction<'_>, old: StoryId) -> Answer<()> {
    let ask = "SELECT id, base_story, decided FROM articles
        WHERE story = ?1 OR (base_story = ?1 AND base_story <> story)";
    refresh_articles(transaction, ask, &old.to_string())
}

fn refresh_articles(transaction: &Transaction<'_>, ask: &str, value: &str) -> Answer<()> {
    let mut ask = transaction.prepare_cached(ask)?;
    let rows = ask.query_map([value], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let articles: Vec<(String, String, i64)> = rows.collect::<rusqlite::Result<_>>()?;
    for (id, base, decided) in articles {
        let story = story_of(transaction, parse(&id)?, parse(&base)?, decided)?;
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
    let ask = "SELECT coalesce(base_event, event), decided, base_event IS NULL FROM stories
        WHERE id = ?1";
    let row = transaction
        .prepare_cached(ask)?
        .query_row([id.to_string()], |row| {
            Ok((row.get::<_, Option<String>>(0)?, row.get::<_, i64>(1)?, row.get::<_, bool>(2)?))
        })
        .optional()?;
    let Some((Some(event), decided, is_borrowed)) = row else {
        return Ok(());
    };
    let event: EventId = parse(&event)?;
    let event = resolve(transaction, event, if is_borrowed { 0 } else { decided })?;
    let set = "UPDATE stories SET event = ?2, gone = EXISTS (
            SELECT 1 FROM redirects WHERE old = ?1 AND redirects.decided >= max(stories.decided,
                (SELECT coalesce(max(moves.decided) + 1, 0) FROM moves WHERE story = ?1)))
        WHERE id = ?1";
    transaction.prepare_cached(set)?.execute(params![id.to_string(), event.to_string()])?;
    Ok(())
}

/// Computes again whether an event was merged.
pub(super) fn refresh_event(transaction: &Transaction<'_>, id: EventId) -> Answer<()> {
    let set = "UPDATE events SET gone = EXISTS (
            SELECT 1 FROM redirects WHERE old = ?1 AND redirects.decided >= events.decided)
        WHERE id = ?1";
    transaction.prepare_cached(set)?.execute([id.to_string()])?;
    Ok(())
}

/// The id of an article, a story or an event, which is stored as text.
pub(crate) trait RowId:
    Copy + Eq + Display + FromStr<Err = IdError> + Send + 'static
{
    /// The table whose rows have such an id.
    const TABLE: &'static str;
    /// The beginning of the text.
    const PREFIX: &'static str;
    /// The word for people.
    const NAME: &'static str;
    /// Whether one can be merged into another.
    const IS_MERGED: bool;
}

impl RowId for ArticleId {
    const TABLE: &'static str = "articles";
    const PREFIX: &'static str = "a-";
    const NAME: &'static str = "article";
    const IS_MERGED: bool = false;
}

impl RowId for StoryId {
    const TABLE: &'static str = "stories";
    const PREFIX: &'static str = "s-";
    const NAME: &'static str = "story";
    const IS_MERGED: bool = true;
}

impl RowId for EventId {
    const TABLE: &'static str = "events";
    const PREFIX: &'static str = "e-";
    const NAME: &'static str = "event";
    const IS_MERGED: bool = true;
}

/// The fewest digits of a prefix.
const LEAST_DIGITS: usize = 6;
/// The most candidates for an ambiguous prefix.
const CANDIDATES: usize = 10;

/// The result of looking for a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IdLookup<I> {
    /// One id has the prefix.
    One(I),
    /// Several ids have the prefix; at most ten are given.
    Many(Vec<I>),
    /// No id has the prefix.
    Nothing,
    /// The prefix has fewer than six digits.
    TooShort,
}

pub(super) fn resolve_id<I: RowId>(connection: &Connection, given: &str) -> Answer<IdLookup<I>> {
    let (table, prefix) = (I::TABLE, I::PREFIX);
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
    let rows = ask.query_map(params![start, end, CANDIDATES as i64], |row| text(row, 0))?;
    let found: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
    let mut ids = Vec::with_capacity(found.len());
    for id in found {
        let id: I = parse(&id)?;
        let id = if I::IS_MERGED { current(connection, id)? } else { id };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(match ids.len() {
        0 => IdLookup::Nothing,
        1 => IdLookup::One(ids.remove(0)),
        _ => IdLookup::Many(ids),
    })
}
