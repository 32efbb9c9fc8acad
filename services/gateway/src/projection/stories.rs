//! Reads single stories.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use wirefold_proto::{Agency, ArticleId, EventId, RegroupReason, StoryId, Tag};

use super::articles::{self, parse, read};
use super::paging::Cursor;
use super::{Answer, Paging, ProjectionError, apply, keyphrases};
use crate::shapes::{Story, StoryBrief, StoryWithArticles};

/// The columns of a [`StoryRow`]. The agency comes from its articles: evidence in an article that people took
/// out no longer counts.
pub(super) const COLUMNS: &str = "id, event, lead, revision, first_seen, changed, (
        SELECT agency FROM articles AS said
        WHERE said.story = stories.id AND agency_weight > 0 AND NOT EXISTS (
            SELECT 1 FROM articles AS witness
            WHERE witness.id = said.agency_through AND witness.story <> said.story
                AND EXISTS (SELECT 1 FROM moves WHERE moves.article IN (witness.id, said.id)))
        ORDER BY agency_weight DESC LIMIT 1
    ), quiet_judged > judged, (
        SELECT reason FROM moves WHERE moves.story = stories.id AND reason IS NOT NULL
        ORDER BY moves.judged DESC LIMIT 1
    )";
/// A story is shown if it has an article.
pub(super) const SHOWN: &str = "gone = 0 AND event IS NOT NULL
    AND EXISTS (SELECT 1 FROM articles WHERE articles.story = stories.id)";

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
    regrouped: Option<String>,
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
            regrouped: row.get(8)?,
        })
    }
}

pub(super) fn one(connection: &Connection, id: StoryId, paging: &Paging) -> Answer<Option<Story>> {
    let Some(story) = read_story(connection, id)? else {
        return Ok(None);
    };
    let (articles, next) = articles::of_story(connection, &story.id, paging)?;
    let sequence = apply::applied_sequence(connection, wirefold_proto::streams::OUTPUT.name)?;
    Ok(Some(Story { schema: Tag::new(), story, articles, next, sequence }))
}

pub(super) fn these_briefs(connection: &Connection, ids: &[StoryId]) -> Answer<Vec<StoryBrief>> {
    ids.iter().filter_map(|id| read_story(connection, *id).transpose()).collect()
}

/// A story without its articles, with its keyphrases against the window.
pub(super) fn read_story(connection: &Connection, id: StoryId) -> Answer<Option<StoryBrief>> {
    let ask = format!("SELECT {COLUMNS} FROM stories WHERE id = ?1 AND {SHOWN}");
    let row = connection.prepare_cached(&ask)?.query_row([id.to_string()], StoryRow::of);
    let Some(row) = row.optional()? else { return Ok(None) };
    let Some(mut story) = brief(connection, &row)? else { return Ok(None) };
    story.keyphrases = keyphrases::against_window(connection, story.event, story.keyphrases)?;
    Ok(Some(story))
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
        "SELECT {COLUMNS} FROM stories WHERE event = ?1 AND first_seen >= ?2
         AND (first_seen, id) > (?2, ?3) AND {SHOWN} ORDER BY first_seen, id LIMIT ?4"
    );
    let values = params![event.to_string(), after.time, after.id, most as i64];
    let mut ask = connection.prepare_cached(&ask)?;
    let rows = ask.query_map(values, StoryRow::of)?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(rows)
}

pub(super) fn briefs(connection: &Connection, rows: &[StoryRow]) -> Answer<Vec<StoryBrief>> {
    rows.iter().filter_map(|row| brief(connection, row).transpose()).collect()
}

/// The story for lists; `None` if all its articles are deleted.
fn brief(connection: &Connection, row: &StoryRow) -> Answer<Option<StoryBrief>> {
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
    let regrouped = row.regrouped.as_deref().map(read::<RegroupReason>).transpose()?;
    Ok(Some(StoryBrief {
        id,
        event: parse(&row.event)?,
        lead: lead.id,
        language: lead.language(),
        keyphrases: lead.keyphrases(),
        title: lead.article.title,
        outlet: lead.article.outlet,
        via: lead.article.via,
        url: lead.article.url,
        articles,
        outlets,
        copies,
        versions,
        first_seen: timestamp(row.first_seen)?,
        changed: timestamp(row.changed)?,
        agency,
        revision: u64::try_from(row.revision).unwrap_or(0),
        quiet: row.quiet,
        regrouped,
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
