//! Reads single stories and events, with a bounded number of articles: a story may have tens of thousands.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use wirefold_proto::{Agency, ArticleId, EventId, Outlet, StoryId, Tag};

use crate::projection::articles::{BRIEF, parse, read};
use crate::projection::filter::{Cursor, story_agency};
use crate::projection::{Answer, Paging, ProjectionError, apply, articles};
use crate::shapes::{ArticleBrief, Event, EventBrief, Story, StoryBrief, StoryWithArticles};

/// The columns of a [`StoryRow`].
pub(super) const STORY_COLUMNS: &str =
    concat!("id, event, lead, revision, first_seen, changed, ", story_agency!(), ", quiet");
/// A story is shown if it has an article.
pub(super) const STORY_SHOWN: &str =
    "EXISTS (SELECT 1 FROM articles WHERE articles.story = stories.id)";

/// The counts of a story or event. All counting is here, and agrees with the detector and the alerts.
pub(super) struct Counts {
    pub(super) stories: u32,
    pub(super) articles: u32,
    pub(super) outlets: u32,
    pub(super) copies: u32,
    pub(super) versions: u32,
}

impl Counts {
    /// Reads a row of counts: stories, articles, outlets, versions. Every article is an original, a version,
    /// or a copy.
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let [stories, articles, outlets, versions]: [u32; 4] =
            [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
        let copies = articles.saturating_sub(stories).saturating_sub(versions);
        Ok(Self { stories, articles, outlets, copies, versions })
    }
}

/// A row of the table.
pub(super) struct StoryRow {
    pub(super) id: String,
    event: String,
    lead: Option<String>,
    revision: i64,
    first_seen: i64,
    pub(super) changed: i64,
    agency: Option<String>,
    quiet: bool,
}

impl StoryRow {
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            event: row.get(1)?,
            lead: row.get(2)?,
            revision: row.get(3)?,
            first_seen: row.get(4)?,
            changed: row.get(5)?,
            agency: row.get(6)?,
            quiet: row.get(7)?,
        })
    }
}

pub(super) fn one_story(
    connection: &Connection,
    id: StoryId,
    paging: &Paging,
) -> Answer<Option<Story>> {
    let Some(story) = read_story(connection, id)? else {
        return Ok(None);
    };
    let (articles, next) = articles::of_story(connection, &story.id, paging)?;
    let sequence = apply::reached(connection, wirefold_proto::streams::OUTPUT.name)?.sequence;
    Ok(Some(Story { schema: Tag::new(), story, articles, next, sequence }))
}

pub(super) fn these_briefs(connection: &Connection, ids: &[StoryId]) -> Answer<Vec<StoryBrief>> {
    ids.iter().filter_map(|id| read_story(connection, *id).transpose()).collect()
}

/// A story without its articles.
pub(super) fn read_story(connection: &Connection, id: StoryId) -> Answer<Option<StoryBrief>> {
    let ask = format!("SELECT {STORY_COLUMNS} FROM stories WHERE id = ?1 AND {STORY_SHOWN}");
    let row = connection.prepare_cached(&ask)?.query_row([id.to_string()], StoryRow::of);
    row.optional()?.map_or(Ok(None), |row| story_brief(connection, &row))
}

/// The first stories of an event, the first seen first.
pub(super) fn of_event(
    connection: &Connection,
    event: &EventId,
    most: usize,
) -> Answer<Vec<StoryBrief>> {
    let rows = rows_of_event(connection, event, &Paging::first(1).after_first(), most)?;
    briefs(connection, &rows)
}

/// A page of the stories of an event, the first seen first, and the cursor of the next.
pub(super) fn page_of_event(
    connection: &Connection,
    event: &EventId,
    paging: &Paging,
) -> Answer<(Vec<StoryBrief>, Option<String>)> {
    let most = paging.limit() + 1;
    let mut rows = rows_of_event(connection, event, &paging.after_first(), most)?;
    let last = |row: &StoryRow| Cursor { time: row.first_seen, id: row.id.clone() };
    let next = paging.cut(&mut rows, last);
    Ok((briefs(connection, &rows)?, next))
}

fn rows_of_event(
    connection: &Connection,
    event: &EventId,
    after: &Cursor,
    most: usize,
) -> Answer<Vec<StoryRow>> {
    let ask = format!(
        "SELECT {STORY_COLUMNS} FROM stories WHERE event = ?1 AND first_seen >= ?2
         AND (first_seen, id) > (?2, ?3) AND {STORY_SHOWN} ORDER BY first_seen, id LIMIT ?4"
    );
    let values = params![event.to_string(), after.time, after.id, most as i64];
    let mut ask = connection.prepare_cached(&ask)?;
    let rows = ask.query_map(values, StoryRow::of)?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(rows)
}

pub(super) fn briefs(connection: &Connection, rows: &[StoryRow]) -> Answer<Vec<StoryBrief>> {
    rows.iter().filter_map(|row| story_brief(connection, row).transpose()).collect()
}

/// The story for lists; `None` if all its articles are deleted.
fn story_brief(connection: &Connection, row: &StoryRow) -> Answer<Option<StoryBrief>> {
    let id: StoryId = parse(&row.id)?;
    let lead = row.lead.as_deref().map(parse::<ArticleId>).transpose()?;
    let Some(lead) = articles::lead_of(connection, id, lead)? else {
        return Ok(None);
    };
    let ask =
        "SELECT 1, coalesce(sum(articles), 0), count(DISTINCT outlet), coalesce(sum(versions), 0)
        FROM story_outlets WHERE story = (SELECT key FROM stories WHERE id = ?1)";
    let Counts { stories: _, articles, outlets, copies, versions } =
        connection.prepare_cached(ask)?.query_row([&row.id], Counts::of)?;
    let agency = row.agency.as_deref().map(read::<Agency>).transpose()?;
    // The outlet no longer says what an earlier version said.
    let newest = if versions > 0 { articles::newest_version(connection, lead.id)? } else { None };
    let shown = newest.map(|newest| articles::lead_of(connection, id, Some(newest.id)));
    let shown = shown.transpose()?.flatten();
    let lead_id = lead.id;
    let ArticleBrief { language, title, outlet, via, url, .. } = shown.unwrap_or(lead);
    Ok(Some(StoryBrief {
        id,
        event: parse(&row.event)?,
        lead: lead_id,
        language,
        title,
        outlet,
        via,
        url,
        articles,
        outlets,
        copies,
        versions,
        first_seen: timestamp(row.first_seen)?,
        changed: timestamp(row.changed)?,
        agency,
        revision: u64::try_from(row.revision).unwrap_or(0),
        quiet: row.quiet,
    }))
}

/// A time in the contract's form.
pub(super) fn timestamp(millis: i64) -> Answer<Timestamp> {
    Timestamp::from_millisecond(millis).map_err(|error| ProjectionError::Row(error.to_string()))
}

/// Stories with their first articles.
pub(super) fn with_first(
    connection: &Connection,
    stories: Vec<StoryBrief>,
    most: usize,
) -> Answer<Vec<StoryWithArticles>> {
    let with_first = |story: StoryBrief| {
        let articles = articles::first_of_story(connection, &story.id, most)?;
        Ok(StoryWithArticles { story, articles })
    };
    stories.into_iter().map(with_first).collect()
}

/// The columns of an [`EventRow`].
pub(super) const EVENT_COLUMNS: &str =
    "id, origins, first_seen, changed, quiet, continues, key, stories";
/// An event is shown if one of its stories has an article.
pub(super) const EVENT_SHOWN: &str = "stories > 0";
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
pub(super) fn one_event(
    connection: &Connection,
    id: EventId,
    paging: &Paging,
) -> Answer<Option<Event>> {
    let Some(event) = read_event(connection, id, STORIES)? else {
        return Ok(None);
    };
    let (stories, next) = page_of_event(connection, &id, paging)?;
    let stories = with_first(connection, stories, ARTICLES)?;
    Ok(Some(Event { schema: Tag::new(), event, acknowledgement: None, stories, next }))
}

/// An event with its first stories.
pub(super) fn read_event(
    connection: &Connection,
    id: EventId,
    most: usize,
) -> Answer<Option<EventBrief>> {
    let ask = format!("SELECT {EVENT_COLUMNS} FROM events WHERE id = ?1 AND {EVENT_SHOWN}");
    let row = connection.prepare_cached(&ask)?.query_row([id.to_string()], EventRow::of);
    Ok(row.optional()?.map(|row| event_brief(connection, &row, most)).transpose()?.flatten())
}

/// The event for lists; `None` if all its stories are deleted.
pub(super) fn event_brief(
    connection: &Connection,
    row: &EventRow,
    most: usize,
) -> Answer<Option<EventBrief>> {
    let id: EventId = parse(&row.id)?;
    let stories = of_event(connection, &id, most)?;
    let Some(first) = stories.first().cloned() else {
        return Ok(None);
    };
    let ask =
        "SELECT ?2, coalesce(sum(articles), 0), count(DISTINCT outlet), coalesce(sum(versions), 0)
        FROM event_outlets WHERE event = ?1";
    let values = params![row.key, row.stories];
    let Counts { stories: story_count, articles, outlets, copies, versions } =
        connection.prepare_cached(ask)?.query_row(values, Counts::of)?;
    let seen = match first_seen(connection, id)? {
        Some(seen) => seen,
        None => FirstSeen { at: timestamp(row.first_seen)?, outlet: first.outlet, via: first.via },
    };
    let agency = stories.iter().find_map(|story| story.agency.clone());
    Ok(Some(EventBrief {
        id,
        title: first.title,
        language: first.language,
        story_count,
        articles,
        outlets,
        origins: row.origins,
        not_compared: story_count.saturating_sub(row.origins),
        copies,
        versions,
        first_seen: seen.at,
        first_outlet: seen.outlet,
        first_via: seen.via,
        changed: timestamp(row.changed)?,
        agency,
        quiet: row.quiet,
        continues: row.continues.as_deref().map(parse).transpose()?,
        velocity: velocity(connection, row)?,
        stories,
    }))
}

/// The first article of an event.
struct FirstSeen {
    at: Timestamp,
    outlet: Outlet,
    /// The site of its feed, if that is another.
    via: Option<Outlet>,
}

/// The earliest article that is in the event now, whatever event it was in before. `None` if none is stored.
fn first_seen(connection: &Connection, event: EventId) -> Answer<Option<FirstSeen>> {
    let ask = "SELECT seen, outlet, json_extract(brief, '$.via') FROM articles WHERE key = (
            SELECT article FROM event_articles WHERE event = ?1 ORDER BY seen, enriched LIMIT 1)";
    let read = |row: &Row<'_>| {
        Ok((row.get::<_, i64>(0)?, articles::text(row, 1)?, row.get::<_, Option<String>>(2)?))
    };
    let found = connection.prepare_cached(ask)?.query_row([event.to_string()], read).optional()?;
    let Some((seen, outlet, via)) = found else { return Ok(None) };
    let via = via.as_deref().map(parse).transpose()?;
    Ok(Some(FirstSeen { at: timestamp(seen)?, outlet: parse(&outlet)?, via }))
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

/// How much of an event its page shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Stories.
    pub(crate) stories: usize,
    /// Articles of each story, without the lead.
    pub(crate) articles: usize,
    /// First articles of the event, in any story.
    pub(crate) first: usize,
}

/// An event for its page.
#[derive(Debug, Clone)]
pub(crate) struct EventOnPage {
    /// The event.
    pub(crate) event: EventBrief,
    /// Its first stories, each with its lead and its first articles.
    pub(crate) stories: Vec<StoryWithArticles>,
    /// The first of all its articles.
    pub(crate) first: Vec<ArticleBrief>,
}

pub(super) fn event_on_page(
    connection: &Connection,
    id: EventId,
    bounds: Bounds,
) -> Answer<Option<EventOnPage>> {
    let Some(mut event) = read_event(connection, id, bounds.stories)? else {
        return Ok(None);
    };
    let shown = std::mem::take(&mut event.stories).into_iter();
    let shown = shown.map(|story| with_lead_and_first(connection, story, bounds.articles));
    let shown = shown.collect::<Answer<_>>()?;
    let ask = format!(
        "SELECT {BRIEF} FROM event_articles AS its
         JOIN articles ON articles.key = its.article
         WHERE its.event = ?1 ORDER BY its.seen, its.enriched LIMIT ?2"
    );
    let most = bounds.first as i64;
    let first = articles::briefs(connection, &ask, &[&id.to_string(), &most])?;
    Ok(Some(EventOnPage { event, stories: shown, first }))
}

pub(super) fn story_on_page(
    connection: &Connection,
    id: StoryId,
    most: usize,
) -> Answer<Option<StoryWithArticles>> {
    let story = read_story(connection, id)?;
    story.map(|story| with_lead_and_first(connection, story, most)).transpose()
}

/// A story with its first articles, followed by its lead if that is not among them.
fn with_lead_and_first(
    connection: &Connection,
    story: StoryBrief,
    most: usize,
) -> Answer<StoryWithArticles> {
    let mut articles = articles::first_of_story(connection, &story.id, most)?;
    if articles.iter().all(|article| article.id != story.lead) {
        let ask = format!("SELECT {BRIEF} FROM articles WHERE id = ?1");
        articles.extend(articles::briefs(connection, &ask, &[&story.lead.to_string()])?);
    }
    Ok(StoryWithArticles { story, articles })
}
