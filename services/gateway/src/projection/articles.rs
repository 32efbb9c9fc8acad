//! Reads articles.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wirefold_proto::{
    ArticleId, EventId, FeedId, Language, LanguageTag, Outlet, OutputArticle, StoryId,
};

use crate::projection::lists::Cursor;
use crate::projection::{Answer, Paging, ProjectionError};
use crate::shapes::{ArticleBrief, ArticleDetail};

/// The columns of an [`ArticleBrief`].
pub(super) const BRIEF: &str = "story, body";

pub(super) fn one(connection: &Connection, id: ArticleId) -> Answer<Option<ArticleDetail>> {
    let ask = "SELECT articles.story, stories.event, body FROM articles
        LEFT JOIN stories ON stories.id = articles.story WHERE articles.id = ?1";
    let row = connection.prepare_cached(ask)?.query_row([id.to_string()], |row| {
        Ok((text(row, 0)?, row.get::<_, Option<String>>(1)?, text(row, 2)?))
    });
    let Some((story, event, body)) = row.optional()? else {
        return Ok(None);
    };
    let output: OutputArticle = read(&body)?;
    let event = event.map_or(Ok(output.verdict.event), |event| parse(&event))?;
    let story = parse(&story)?;
    Ok(Some(ArticleDetail {
        schema: wirefold_proto::Tag::new(),
        story,
        event,
        output,
        text_gone: false,
    }))
}

pub(super) fn decided(connection: &Connection, id: ArticleId) -> Answer<Option<u64>> {
    let mut ask = connection.prepare_cached("SELECT decided FROM articles WHERE id = ?1")?;
    let found = ask.query_row([id.to_string()], |row| row.get::<_, i64>(0)).optional()?;
    Ok(found.map(i64::cast_unsigned))
}

pub(super) fn at(connection: &Connection, url: &str) -> Answer<Vec<ArticleBrief>> {
    let ask = format!(
        "SELECT {BRIEF} FROM articles
         WHERE url = ?1 OR (link = ?1 AND link <> coalesce(url, '')) ORDER BY enriched DESC LIMIT 50"
    );
    briefs(connection, &ask, &[&url])
}

/// A page of the articles of a story, the first seen first, with the cursor of the next page.
pub(super) fn of_story(
    connection: &Connection,
    story: &StoryId,
    paging: &Paging,
) -> Answer<(Vec<ArticleBrief>, Option<String>)> {
    let after = paging.after_first();
    let ask = format!(
        "SELECT {BRIEF} FROM articles WHERE key IN (
            SELECT key FROM articles WHERE story = ?1 AND seen >= ?2
            AND (seen, id) > (?2, ?3) ORDER BY seen, id LIMIT ?4
        ) ORDER BY seen, id"
    );
    let limit = paging.limit() as i64 + 1;
    let values: [&dyn rusqlite::ToSql; 4] = [&story.to_string(), &after.time, &after.id, &limit];
    let mut rows = briefs(connection, &ask, &values)?;
    let last = |it: &ArticleBrief| Cursor { time: it.seen.as_millisecond(), id: it.id.to_string() };
    let next = paging.cut(&mut rows, last);
    Ok((rows, next))
}

/// The first articles of a story, the first seen first. Only their bodies are read.
pub(super) fn first_of_story(
    connection: &Connection,
    story: &StoryId,
    most: usize,
) -> Answer<Vec<ArticleBrief>> {
    let ask = format!(
        "SELECT {BRIEF} FROM articles WHERE key IN (
            SELECT key FROM articles WHERE story = ?1 ORDER BY seen, enriched LIMIT ?2
        ) ORDER BY seen, enriched"
    );
    briefs(connection, &ask, &[&story.to_string(), &(most as i64)])
}

/// A feed's articles that are not copies, the last seen first.
pub(super) fn originals_of(
    connection: &Connection,
    feed: &FeedId,
    paging: &Paging,
) -> Answer<Vec<OutputArticle>> {
    let ask = "SELECT body FROM article_feeds JOIN articles ON articles.key = article_feeds.article
        WHERE feed = ?1 AND (class <> 'copy' OR substr(id, 3) = substr(story, 3))
        ORDER BY article DESC LIMIT ?2";
    let mut ask = connection.prepare_cached(ask)?;
    let rows = ask.query_map(params![feed.as_str(), paging.limit() as i64], |row| text(row, 0))?;
    rows.map(|body| read(&body?)).collect()
}

/// The current stories of these articles.
pub(super) fn stories_of(connection: &Connection, ids: &[ArticleId]) -> Answer<Vec<StoryId>> {
    let mut ask = connection.prepare_cached("SELECT story FROM articles WHERE id = ?1")?;
    let mut stories = Vec::new();
    for id in ids {
        let story = ask.query_row([id.to_string()], |row| row.get::<_, String>(0)).optional()?;
        stories.extend(story.map(|story| parse::<StoryId>(&story)).transpose()?);
    }
    Ok(stories)
}

pub(super) fn last_of_item(
    connection: &Connection,
    outlet: &Outlet,
    via: Option<&Outlet>,
    item: &str,
) -> Answer<Option<ArticleId>> {
    let ask = "SELECT id FROM articles
        WHERE ((url = ?1 AND item = ?1) OR (item = ?1 AND item <> coalesce(url, '')))
        AND outlet = ?2
        AND json_extract(body, '$.article.via') IS ?3 ORDER BY enriched DESC LIMIT 1";
    let (outlet, via) = (outlet.as_str(), via.map(Outlet::as_str));
    let id = connection.prepare_cached(ask)?.query_row((item, outlet, via), |row| text(row, 0));
    id.optional()?.map(|id| parse(&id)).transpose()
}

/// The fields of a story's lead that a list shows. The rest of its body is skipped.
#[derive(Debug, Deserialize)]
pub(super) struct Lead {
    pub(super) id: ArticleId,
    pub(super) article: LeadSource,
    #[serde(default)]
    findings: LeadFindings,
}

/// Its publisher.
#[derive(Debug, Deserialize)]
pub(super) struct LeadSource {
    pub(super) title: String,
    pub(super) outlet: Outlet,
    #[serde(default)]
    pub(super) via: Option<Outlet>,
    #[serde(default)]
    pub(super) url: Option<String>,
}

/// The findings that a list shows.
#[derive(Debug, Default, Deserialize)]
struct LeadFindings {
    #[serde(default)]
    language: Option<Language>,
}

impl Lead {
    /// Its language, if it is known.
    pub(super) fn language(&self) -> LanguageTag {
        let found = self.findings.language.as_ref();
        found.map_or_else(LanguageTag::unknown, |found| found.tag.clone())
    }
}

/// The lead of a story, otherwise its first article.
pub(super) fn lead_of(
    connection: &Connection,
    story: StoryId,
    lead: Option<ArticleId>,
) -> Answer<Option<Lead>> {
    // First the article, then its body: a story may have thousands.
    let ask = "SELECT body FROM articles WHERE key = coalesce(
        (SELECT key FROM articles WHERE id = ?2 AND story = ?1),
        (SELECT key FROM articles WHERE story = ?1 ORDER BY seen, enriched LIMIT 1))";
    let lead = lead.map(|lead| lead.to_string());
    let body = connection
        .prepare_cached(ask)?
        .query_row(params![story.to_string(), lead], |row| text(row, 0))
        .optional()?;
    body.map(|body| read(&body)).transpose()
}

pub(super) fn briefs(
    connection: &Connection,
    ask: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Answer<Vec<ArticleBrief>> {
    let mut ask = connection.prepare_cached(ask)?;
    let rows = ask.query_map(values, |row| Ok((text(row, 0)?, text(row, 1)?)))?;
    rows.map(|row| {
        let (story, body) = row?;
        Ok(brief(parse(&story)?, read(&body)?))
    })
    .collect()
}

fn brief(story: StoryId, article: OutputArticle) -> ArticleBrief {
    let (about, verdict) = (article.article, article.verdict);
    ArticleBrief {
        id: article.id,
        enriched: article.input.enriched,
        story,
        outlet: about.outlet,
        via: about.via,
        title: about.title,
        language: article.findings.language.map_or_else(LanguageTag::unknown, |found| found.tag),
        url: about.url,
        seen: about.seen,
        published: about.published,
        date_problem: about.date_problem,
        class: verdict.class,
        kind: verdict.kind,
        comparable: verdict.comparable,
        strongest: verdict.matches.into_iter().next(),
        agency: verdict.agency,
        version_of: about.version_of,
        material: verdict.material,
        baseline: about.baseline,
        paywalled: about.paywalled,
    }
}

pub(super) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    row.get(column)
}

/// Parses a body that the gateway wrote.
pub(super) fn read<T: DeserializeOwned>(body: &str) -> Answer<T> {
    serde_json::from_str(body).map_err(|error| ProjectionError::Row(error.to_string()))
}

/// Parses an id that the gateway wrote.
pub(super) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(id: &str) -> Answer<T> {
    id.parse().map_err(|error: T::Err| ProjectionError::Row(error.to_string()))
}

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
pub(super) fn of_event_first<T: DeserializeOwned>(
    connection: &Connection,
    event: EventId,
    first: First,
    most: usize,
) -> Answer<Bodies<T>> {
    let (articles, all) = match first {
        First::Seen => (bodies(connection, event, "", most)?, count_of_event(connection, event)?),
        First::Noted => {
            let mut articles = bodies(connection, event, "AND its.has_note = 1", most)?;
            let has_none = articles.is_empty();
            let rest = if has_none { 0 } else { most.saturating_sub(articles.len()) };
            articles.extend(bodies(connection, event, "AND its.has_note = 0", rest)?);
            (articles, if has_none { 0 } else { count_of_event(connection, event)? })
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
         WHERE its.event = ?1 {which} ORDER BY its.seen, its.enriched LIMIT ?2"
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
fn count_of_event(connection: &Connection, event: EventId) -> Answer<u32> {
    let ask = "SELECT coalesce(sum(articles), 0) FROM event_outlets
        WHERE event = (SELECT key FROM events WHERE id = ?1)";
    Ok(connection.prepare_cached(ask)?.query_row([event.to_string()], |row| row.get(0))?)
}
