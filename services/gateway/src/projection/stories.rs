//! Reads single stories and events, with a bounded number of articles: a story may have tens of thousands.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use wirefold_proto::{ArticleId, EventId, Outlet, StoryId, Tag};

use crate::projection::articles::BRIEF;
use crate::projection::filter::{Cursor, story_agency};
use crate::projection::rows::{one, optional, parsed, read, rows};
use crate::projection::{Answer, Paging, ProjectionError, apply, articles};
use crate::shapes::{ArticleBrief, Event, EventBrief, Story, StoryBrief, StoryWithArticles};

/// The columns that [`story_brief`] reads.
pub(super) const STORY_COLUMNS: &str =
    concat!("id, event, lead, revision, first_seen, changed, ", story_agency!(), ", quiet, key");
/// A story is shown if it has an article.
pub(super) const STORY_SHOWN: &str =
    "EXISTS (SELECT 1 FROM articles WHERE articles.story = stories.id)";

/// The counts of a story or event. All counting is here, and agrees with the detector and the alerts.
struct Counts {
    articles: u32,
    outlets: u32,
    copies: u32,
    versions: u32,
}

/// Counts the articles of a `story` or an `event`, which has this many stories. Every article is an original, a version,
/// or a copy.
fn count(db: &Connection, of: &str, key: i64, stories: u32) -> Answer<Counts> {
    let ask = format!(
        "SELECT coalesce(sum(articles), 0), count(DISTINCT outlet), coalesce(sum(versions), 0)
        FROM {of}_outlets WHERE {of} = ?1"
    );
    let counts = db.prepare_cached(&ask)?.query_row([key], |row| row.try_into());
    let (articles, outlets, versions): (u32, u32, u32) = counts?;
    let copies = articles.saturating_sub(stories).saturating_sub(versions);
    Ok(Counts { articles, outlets, copies, versions })
}

pub(super) fn one_story(db: &Connection, id: StoryId, paging: &Paging) -> Answer<Option<Story>> {
    let Some(story) = read_story(db, id)? else { return Ok(None) };
    let (articles, next) = articles::of_story(db, &story.id, paging)?;
    let sequence = apply::reached(db, wirefold_proto::streams::OUTPUT.name)?.sequence;
    Ok(Some(Story { schema: Tag::new(), story, articles, next, sequence }))
}

pub(super) fn these_briefs(db: &Connection, ids: &[StoryId]) -> Answer<Vec<StoryBrief>> {
    ids.iter().filter_map(|id| read_story(db, *id).transpose()).collect()
}

/// A story without its articles.
pub(super) fn read_story(db: &Connection, id: StoryId) -> Answer<Option<StoryBrief>> {
    let ask = format!("SELECT {STORY_COLUMNS} FROM stories WHERE id = ?1 AND {STORY_SHOWN}");
    Ok(one(db, &ask, [id.to_string()], |row| story_brief(db, row))?.flatten())
}

/// The first stories of an event, the first seen first.
pub(super) fn of_event(db: &Connection, event: &EventId, most: usize) -> Answer<Vec<StoryBrief>> {
    stories_after(db, event, &Paging::first(1).after_first(), most)
}

/// A page of the stories of an event, the first seen first, and the cursor of the next.
fn page_of_event(
    db: &Connection,
    event: &EventId,
    paging: &Paging,
) -> Answer<(Vec<StoryBrief>, Option<String>)> {
    let most = paging.limit() + 1;
    let mut stories = stories_after(db, event, &paging.after_first(), most)?;
    let last = |it: &StoryBrief| Cursor::new(it.first_seen.as_millisecond(), it.id.to_string());
    let next = paging.cut(&mut stories, last);
    Ok((stories, next))
}

fn stories_after(
    db: &Connection,
    event: &EventId,
    after: &Cursor,
    most: usize,
) -> Answer<Vec<StoryBrief>> {
    let ask = format!(
        "SELECT {STORY_COLUMNS} FROM stories WHERE event = ?1 AND first_seen >= ?2
         AND (first_seen, id) > (?2, ?3) AND {STORY_SHOWN} ORDER BY first_seen, id LIMIT ?4"
    );
    let values = params![event.to_string(), after.time, after.id, most as i64];
    let stories = rows(db, &ask, values, |row| story_brief(db, row))?;
    Ok(stories.into_iter().flatten().collect())
}

/// The story for lists; `None` if all its articles are deleted.
pub(super) fn story_brief(db: &Connection, row: &Row<'_>) -> Answer<Option<StoryBrief>> {
    let id: StoryId = parsed(row, 0)?;
    let lead: Option<ArticleId> = optional(row, 2, parsed)?;
    let Some(lead) = articles::lead_of(db, id, lead)? else { return Ok(None) };
    let Counts { articles, outlets, copies, versions } = count(db, "story", row.get(8)?, 1)?;
    // The outlet no longer says what an earlier version said.
    let newest = if versions > 0 { articles::newest_version(db, lead.id)? } else { None };
    let shown = newest.map(|newest| articles::lead_of(db, id, Some(newest.id)));
    let shown = shown.transpose()?.flatten();
    let lead_id = lead.id;
    let ArticleBrief { language, title, outlet, via, url, .. } = shown.unwrap_or(lead);
    Ok(Some(StoryBrief {
        id,
        event: parsed(row, 1)?,
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
        first_seen: timestamp(row.get(4)?)?,
        changed: timestamp(row.get(5)?)?,
        agency: optional(row, 6, read)?,
        revision: row.get::<_, i64>(3)?.cast_unsigned(),
        quiet: row.get(7)?,
    }))
}

/// A time in the contract's form.
pub(super) fn timestamp(millis: i64) -> Answer<Timestamp> {
    Timestamp::from_millisecond(millis).map_err(|error| ProjectionError::Row(error.to_string()))
}

/// Stories with their first articles.
pub(super) fn with_first(
    db: &Connection,
    stories: Vec<StoryBrief>,
    most: usize,
) -> Answer<Vec<StoryWithArticles>> {
    let with_first = |story: StoryBrief| {
        let articles = articles::first_of_story(db, &story.id, most)?;
        Ok(StoryWithArticles { story, articles })
    };
    stories.into_iter().map(with_first).collect()
}

/// The columns that [`event_brief`] reads.
pub(super) const EVENT_COLUMNS: &str =
    "id, origins, first_seen, changed, quiet, continues, key, stories";
/// An event is shown if one of its stories has an article.
pub(super) const EVENT_SHOWN: &str = "stories > 0";
/// Stories shown under an event in a list.
pub(super) const SHOWN_STORIES: usize = 12;
/// The most articles shown with each story of an event. A story's own page shows all.
const ARTICLES: usize = 20;
/// The number and length of the intervals of the velocity.
const STEPS: usize = 36;
const STEP_MILLIS: i64 = 5 * 60 * 1000;

/// An event with a page of its stories, each with the first of its articles.
pub(super) fn one_event(db: &Connection, id: EventId, paging: &Paging) -> Answer<Option<Event>> {
    let Some(event) = read_event(db, id, SHOWN_STORIES)? else { return Ok(None) };
    let (stories, next) = page_of_event(db, &id, paging)?;
    let stories = with_first(db, stories, ARTICLES)?;
    Ok(Some(Event { schema: Tag::new(), event, acknowledgement: None, stories, next }))
}

/// An event with its first stories.
fn read_event(db: &Connection, id: EventId, most: usize) -> Answer<Option<EventBrief>> {
    let ask = format!("SELECT {EVENT_COLUMNS} FROM events WHERE id = ?1 AND {EVENT_SHOWN}");
    let event = one(db, &ask, [id.to_string()], |row| event_brief(db, row, most));
    Ok(event?.flatten())
}

/// The event for lists; `None` if all its stories are deleted.
pub(super) fn event_brief(
    db: &Connection,
    row: &Row<'_>,
    most: usize,
) -> Answer<Option<EventBrief>> {
    let id: EventId = parsed(row, 0)?;
    let stories = of_event(db, &id, most)?;
    let Some(first) = stories.first().cloned() else { return Ok(None) };
    let (origins, story_count): (u32, u32) = (row.get(1)?, row.get(7)?);
    let Counts { articles, outlets, copies, versions } =
        count(db, "event", row.get(6)?, story_count)?;
    let first_seen = first_seen(db, id)?;
    let (seen, first_outlet, first_via) =
        first_seen.unwrap_or((row.get(2)?, first.outlet, first.via));
    let changed = row.get(3)?;
    Ok(Some(EventBrief {
        id,
        title: first.title,
        language: first.language,
        story_count,
        articles,
        outlets,
        origins,
        not_compared: story_count.saturating_sub(origins),
        copies,
        versions,
        first_seen: timestamp(seen)?,
        first_outlet,
        first_via,
        changed: timestamp(changed)?,
        agency: stories.iter().find_map(|story| story.agency.clone()),
        quiet: row.get(4)?,
        continues: optional(row, 5, parsed)?,
        velocity: velocity(db, id, changed)?,
        stories,
    }))
}

/// When the earliest article that is in the event now was seen, whatever event it was in before, with its outlet and the
/// site of its feed if that is another. `None` if none is stored.
fn first_seen(db: &Connection, event: EventId) -> Answer<Option<(i64, Outlet, Option<Outlet>)>> {
    let ask = "SELECT seen, outlet, json_extract(brief, '$.via') FROM articles WHERE key = (
            SELECT article FROM event_articles WHERE event = ?1 ORDER BY seen, enriched LIMIT 1)";
    one(db, ask, [event.to_string()], |row| {
        Ok((row.get(0)?, parsed(row, 1)?, optional(row, 2, parsed)?))
    })
}

fn velocity(db: &Connection, event: EventId, changed: i64) -> Answer<Vec<u32>> {
    let ask = "SELECT (?2 - seen) / ?3, count(*) FROM event_articles
        WHERE event = ?1 AND seen > ?2 - ?3 * ?4 AND seen <= ?2 GROUP BY 1";
    let mut counts = vec![0; STEPS];
    let values = params![event.to_string(), changed, STEP_MILLIS, STEPS as i64];
    let steps = rows(db, ask, values, |row| Ok((row.get::<_, u32>(0)?, row.get(1)?)))?;
    for (back, count) in steps {
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
    db: &Connection,
    id: EventId,
    bounds: Bounds,
) -> Answer<Option<EventOnPage>> {
    let Some(mut event) = read_event(db, id, bounds.stories)? else { return Ok(None) };
    let shown = std::mem::take(&mut event.stories).into_iter();
    let shown = shown.map(|story| with_lead_and_first(db, story, bounds.articles));
    let shown = shown.collect::<Answer<_>>()?;
    let ask = format!(
        "SELECT {BRIEF} FROM event_articles AS its
         JOIN articles ON articles.key = its.article
         WHERE its.event = ?1 ORDER BY its.seen, its.enriched LIMIT ?2"
    );
    let most = bounds.first as i64;
    let first = articles::briefs(db, &ask, &[&id.to_string(), &most])?;
    Ok(Some(EventOnPage { event, stories: shown, first }))
}

pub(super) fn story_on_page(
    db: &Connection,
    id: StoryId,
    most: usize,
) -> Answer<Option<StoryWithArticles>> {
    let story = read_story(db, id)?;
    story.map(|story| with_lead_and_first(db, story, most)).transpose()
}

/// A story with its first articles, followed by its lead if that is not among them.
fn with_lead_and_first(
    db: &Connection,
    story: StoryBrief,
    most: usize,
) -> Answer<StoryWithArticles> {
    let mut articles = articles::first_of_story(db, &story.id, most)?;
    if articles.iter().all(|article| article.id != story.lead) {
        let ask = format!("SELECT {BRIEF} FROM articles WHERE id = ?1");
        articles.extend(articles::briefs(db, &ask, &[&story.lead.to_string()])?);
    }
    Ok(StoryWithArticles { story, articles })
}
