//! Events, asked for.

use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use wirefold_proto::{EventId, Outlet, Tag, streams};

use super::articles::{self, parse};
use super::event_filter::EventFilter;
use super::paging::Cursor;
use super::stories::{self, Counts, timestamp};
use super::{Answer, Paging, apply};
use crate::shapes::{Event, EventBrief, EventPage, StoryBrief, StoryWithArticles};

/// The columns of an [`EventRow`].
const COLUMNS: &str =
    "id, origins, first_seen, changed, quiet_judged > judged, continues, key, stories";
/// An event is shown once one of its stories has an article.
const SHOWN: &str = "gone = 0 AND stories > 0";
/// Those of which an article has all the words.
const FOUND: &str = "id IN (
    SELECT its.event FROM words JOIN event_articles AS its ON its.article = words.rowid
    WHERE words MATCH :words)";
/// Stories shown under an event in a list.
const STORIES: usize = 12;
/// Stories shown under an event by itself.
pub(super) const ALL_STORIES: usize = 500;
/// The steps of the velocity, and how long each is.
const STEPS: usize = 36;
const STEP_MILLIS: i64 = 5 * 60 * 1000;

/// A row of the table.
struct EventRow {
    id: String,
    origins: u32,
    first_seen: i64,
    changed: i64,
    quiet: bool,
    continues: Option<String>,
    key: i64,
    stories: u32,
}

impl EventRow {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
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

pub(super) fn page(
    connection: &Connection,
    paging: &Paging,
    filter: &EventFilter,
) -> Answer<EventPage> {
    let place = apply::place(connection, streams::OUTPUT.name)?;
    let wanted = filter.words.as_deref().map(all_of);
    if wanted.as_deref() == Some("") {
        return Ok(EventPage {
            schema: Tag::new(),
            events: Vec::new(),
            next: None,
            sequence: place,
        });
    }
    let found = if wanted.is_some() { FOUND } else { ":words IS NULL" };
    let (key, conditions) = (filter.key(), filter.conditions());
    let ask = format!(
        "SELECT {COLUMNS}, {key} AS sorted FROM events
         WHERE {SHOWN} AND (sorted, id) < (:after, :id) AND {found}{conditions}
         ORDER BY sorted DESC, id DESC LIMIT :limit"
    );
    let after = paging.after();
    let mut ask = connection.prepare_cached(&ask)?;
    let limit = paging.limit() as i64 + 1;
    let values: [(&str, &dyn ToSql); 8] = [
        (":after", &after.time),
        (":id", &after.id),
        (":limit", &limit),
        (":words", &wanted),
        (":subscription", &filter.subscription),
        (":outlet", &filter.outlet),
        (":language", &filter.language),
        (":least", &filter.min_outlets),
    ];
    // Those that this question does not have are left out.
    let asked: Vec<(&str, &dyn ToSql)> = values
        .into_iter()
        .filter(|(name, _)| ask.parameter_index(name).is_ok_and(|index| index.is_some()))
        .collect();
    let mut rows = ask
        .query_map(&asked[..], |row| Ok((EventRow::of(row)?, row.get::<_, i64>(8)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let next = paging.cut(&mut rows, |(row, sorted)| Cursor { time: *sorted, id: row.id.clone() });
    let brief = |(row, _): &(EventRow, i64)| brief(connection, row, STORIES).transpose();
    let events = rows.iter().filter_map(brief).collect::<Answer<_>>()?;
    Ok(EventPage { schema: Tag::new(), events, next, sequence: place })
}

/// What people type as what FTS5 reads: every word must be there, the last may go on.
pub(super) fn all_of(words: &str) -> String {
    let parts = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let quoted: Vec<String> = parts.take(16).map(|word| format!("\"{word}\"")).collect();
    match quoted.is_empty() {
        true => String::new(),
        false => format!("{}*", quoted.join(" ")),
    }
}

pub(super) fn one(connection: &Connection, id: EventId) -> Answer<Option<Event>> {
    let Some(mut event) = shown(connection, id, ALL_STORIES)? else {
        return Ok(None);
    };
    let with_articles = |story: &StoryBrief| -> Answer<StoryWithArticles> {
        let articles = articles::of_story(connection, &story.id)?;
        Ok(StoryWithArticles { story: story.clone(), articles })
    };
    let stories = event.stories.iter().map(with_articles).collect::<Answer<_>>()?;
    event.stories.truncate(STORIES);
    Ok(Some(Event { schema: Tag::new(), event, stories }))
}

/// An event with so many of its stories.
pub(super) fn shown(
    connection: &Connection,
    id: EventId,
    most: usize,
) -> Answer<Option<EventBrief>> {
    let ask = format!("SELECT {COLUMNS} FROM events WHERE id = ?1 AND {SHOWN}");
    let row = connection.prepare_cached(&ask)?.query_row([id.to_string()], EventRow::of);
    Ok(row.optional()?.map(|row| brief(connection, &row, most)).transpose()?.flatten())
}

/// None where all its stories have gone.
fn brief(connection: &Connection, row: &EventRow, most: usize) -> Answer<Option<EventBrief>> {
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
        first_outlet(connection, &row.id)?.unwrap_or((first.outlet, first.via));
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

/// The outlet of an event's first article, and the site that says so where that is another.
fn first_outlet(connection: &Connection, event: &str) -> Answer<Option<(Outlet, Option<Outlet>)>> {
    let ask = "SELECT outlet, json_extract(body, '$.article.via') FROM articles WHERE key = (
            SELECT article FROM event_articles WHERE event = ?1 ORDER BY seen, fetched LIMIT 1)";
    let read = |row: &Row<'_>| Ok((articles::text(row, 0)?, row.get::<_, Option<String>>(1)?));
    let found = connection.prepare_cached(ask)?.query_row([event], read).optional()?;
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
