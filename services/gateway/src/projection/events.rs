//! Reads single events.

use rusqlite::{Connection, OptionalExtension, Row, params};
use wirefold_proto::{EventId, Outlet, Tag};

use super::articles::{self, parse};
use super::stories::{self, Counts, timestamp};
use super::{Answer, Paging};
use crate::shapes::{Event, EventBrief};

/// The columns of an [`EventRow`].
pub(super) const COLUMNS: &str =
    "id, origins, first_seen, changed, quiet_judged > judged, continues, key, stories";
/// An event is shown if one of its stories has an article.
pub(super) const SHOWN: &str = "gone = 0 AND stories > 0";
/// Stories shown under an event in a list.
pub(super) const STORIES: usize = 12;
/// The most articles shown with each story of an event. A story's own page shows all.
const ARTICLES: usize = 20;
/// The number and length of the intervals of the velocity.
const STEPS: usize = 36;
const STEP_MILLIS: i64 = 5 * 60 * 1000;

/// A row of the table.
pub(super) struct EventRow {
    pub(super) id: String,
    origins: u32,
    first_seen: i64,
    changed: i64,
    quiet: bool,
    continues: Option<String>,
    key: i64,
    stories: u32,
}

impl EventRow {
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            origins: row.get(1)?,
            first_seen: row.get(2)?,
            changed: row.get(3)?,
            quiet: row.get(4)?,
            continues: row.get(5)?,
            key: row.get(6)?,
            stories: row.get(7)?,
        })
    }
}

/// An event with a page of its stories, each with the first of its articles.
pub(super) fn one(connection: &Connection, id: EventId, paging: &Paging) -> Answer<Option<Event>> {
    let Some(event) = read_event(connection, id, STORIES)? else {
        return Ok(None);
    };
    let (stories, next) = stories::page_of_event(connection, &id, paging)?;
    let stories = stories::with_first(connection, stories, ARTICLES)?;
    Ok(Some(Event { schema: Tag::new(), event, stories, next }))
}

/// An event with its first stories.
pub(super) fn read_event(
    connection: &Connection,
    id: EventId,
    most: usize,
) -> Answer<Option<EventBrief>> {
    let ask = format!("SELECT {COLUMNS} FROM events WHERE id = ?1 AND {SHOWN}");
    let row = connection.prepare_cached(&ask)?.query_row([id.to_string()], EventRow::of);
    Ok(row.optional()?.map(|row| brief(connection, &row, most)).transpose()?.flatten())
}

/// The event for lists; `None` if all its stories are deleted.
pub(super) fn brief(
    connection: &Connection,
    row: &EventRow,
    most: usize,
) -> Answer<Option<EventBrief>> {
    let id: EventId = parse(&row.id)?;
    let stories = stories::of_event(connection, &id, most)?;
    let Some(first) = stories.first().cloned() else {
        return Ok(None);
    };
    let ask =
        "SELECT ?2, coalesce(sum(articles), 0), count(DISTINCT outlet), coalesce(sum(versions), 0)
        FROM event_outlets WHERE event = ?1";
    let values = params![row.key, row.stories];
    let Counts { stories: story_count, articles, outlets, copies, versions } =
        connection.prepare_cached(ask)?.query_row(values, Counts::of)?;
    let (first_outlet, first_via) =
        first_outlet(connection, id)?.unwrap_or((first.outlet, first.via));
    let agency = stories.iter().find_map(|story| story.agency.clone());
    Ok(Some(EventBrief {
        id,
        title: first.title,
        language: first.language,
        story_count,
        articles,
        outlets,
        origins: row.origins,
        copies,
        versions,
        first_seen: timestamp(row.first_seen)?,
        first_outlet,
        first_via,
        changed: timestamp(row.changed)?,
        agency,
        quiet: row.quiet,
        continues: row.continues.as_deref().map(parse).transpose()?,
        velocity: velocity(connection, row)?,
        stories,
    }))
}

/// The outlet of an event's first article, and the site of its feed if that is another.
fn first_outlet(
    connection: &Connection,
    event: EventId,
) -> Answer<Option<(Outlet, Option<Outlet>)>> {
    let ask = "SELECT outlet, json_extract(body, '$.article.via') FROM articles WHERE key = (
            SELECT article FROM event_articles WHERE event = ?1 ORDER BY seen, fetched LIMIT 1)";
    let read = |row: &Row<'_>| Ok((articles::text(row, 0)?, row.get::<_, Option<String>>(1)?));
    let found = connection.prepare_cached(ask)?.query_row([event.to_string()], read).optional()?;
    let Some((outlet, via)) = found else { return Ok(None) };
    Ok(Some((parse(&outlet)?, via.as_deref().map(parse).transpose()?)))
}

fn velocity(connection: &Connection, event: &EventRow) -> Answer<Vec<u32>> {
    let ask = "SELECT (?2 - seen) / ?3, count(*) FROM event_articles
        WHERE event = ?1 AND seen > ?2 - ?3 * ?4 AND seen <= ?2 GROUP BY 1";
    let mut counts = vec![0; STEPS];
    let mut ask = connection.prepare_cached(ask)?;
    let values = params![event.id, event.changed, STEP_MILLIS, STEPS as i64];
    let rows = ask.query_map(values, |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?)))?;
    for row in rows {
        let (back, count) = row?;
        if let Some(step) = counts.iter_mut().rev().nth(back as usize) {
            *step = count;
        }
    }
    Ok(counts)
}
