//! Reads articles.

use rusqlite::Connection;
use wirefold_flow::UnixMillis;
use wirefold_proto::{AboutArticle, ArticleId, EventId, FeedId, Outlet, OutputArticle, StoryId};

use crate::projection::filter::Cursor;
use crate::projection::lists::millis;
use crate::projection::rows::{one, parsed, read, rows};
use crate::projection::{Answer, Paging};
use crate::shapes::ArticleBrief;

/// The columns of an [`ArticleBrief`].
pub(super) const BRIEF: &str = "articles.story, brief";

/// An article and its place in the output, where everything else about it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LoggedArticle {
    pub(crate) id: ArticleId,
    /// Its current story.
    pub(crate) story: StoryId,
    /// The sequence of its decision.
    pub(crate) decided: u64,
}

/// The columns of a [`LoggedArticle`].
const LOGGED: &str = "articles.id, articles.story, articles.decided";

/// These articles. Unknown ones are left out.
pub(super) fn these(db: &Connection, ids: &[ArticleId]) -> Answer<Vec<LoggedArticle>> {
    let ask = format!("SELECT {LOGGED} FROM articles WHERE id = ?1");
    let found = ids.iter().map(|id| logged(db, &ask, &[&id.to_string()]));
    Ok(found.collect::<Answer<Vec<_>>>()?.concat())
}

fn logged(
    db: &Connection,
    ask: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Answer<Vec<LoggedArticle>> {
    rows(db, ask, values, |row| {
        let decided = row.get::<_, i64>(2)?.cast_unsigned();
        Ok(LoggedArticle { id: parsed(row, 0)?, story: parsed(row, 1)?, decided })
    })
}

pub(super) fn at(db: &Connection, url: &str) -> Answer<Vec<ArticleBrief>> {
    let ask = format!(
        "SELECT {BRIEF} FROM articles
         WHERE url = ?1 OR (link = ?1 AND link <> coalesce(url, '')) ORDER BY enriched DESC LIMIT 50"
    );
    briefs(db, &ask, &[&url])
}

/// A page of the articles of a story, the first seen first, with the cursor of the next page.
pub(super) fn of_story(
    db: &Connection,
    story: &StoryId,
    paging: &Paging,
) -> Answer<(Vec<ArticleBrief>, Option<String>)> {
    let after = paging.after_first();
    let ask = format!(
        "SELECT {BRIEF} FROM articles WHERE key IN (
            SELECT key FROM articles WHERE story = ?1 AND seen >= ?2
            AND (seen, enriched) > (?2, CAST(?3 AS INTEGER)) ORDER BY seen, enriched LIMIT ?4
        ) ORDER BY seen, enriched"
    );
    let limit = paging.limit() as i64 + 1;
    let values: [&dyn rusqlite::ToSql; 4] = [&story.to_string(), &after.time, &after.id, &limit];
    let mut rows = briefs(db, &ask, &values)?;
    let last = |it: &ArticleBrief| Cursor::new(it.seen.as_millisecond(), it.enriched.to_string());
    let next = paging.cut(&mut rows, last);
    Ok((rows, next))
}

/// The first articles of a story, the first seen first. Only their briefs are read.
pub(super) fn first_of_story(
    db: &Connection,
    story: &StoryId,
    most: usize,
) -> Answer<Vec<ArticleBrief>> {
    let ask = format!(
        "SELECT {BRIEF} FROM articles WHERE key IN (
            SELECT key FROM articles WHERE story = ?1 ORDER BY seen, enriched LIMIT ?2
        ) ORDER BY seen, enriched"
    );
    briefs(db, &ask, &[&story.to_string(), &(most as i64)])
}

/// A feed's articles that are not copies, the last seen first.
pub(super) fn originals_of(
    db: &Connection,
    feed: &FeedId,
    paging: &Paging,
) -> Answer<Vec<LoggedArticle>> {
    let ask = format!(
        "SELECT {LOGGED} FROM article_feeds JOIN articles ON articles.key = article_feeds.article
        WHERE feed = ?1 AND (class <> 'copy' OR substr(id, 3) = substr(story, 3))
        ORDER BY article DESC LIMIT ?2"
    );
    logged(db, &ask, &[&feed.as_str(), &(paging.limit() as i64)])
}

pub(super) fn last_of_item(
    db: &Connection,
    AboutArticle { outlet, via, item_key, .. }: &AboutArticle,
) -> Answer<Option<ArticleId>> {
    let ask = "SELECT id FROM articles
        WHERE ((url = ?1 AND item = ?1) OR (item = ?1 AND item <> coalesce(url, '')))
        AND outlet = ?2
        AND json_extract(brief, '$.via') IS ?3 ORDER BY enriched DESC LIMIT 1";
    let values = (item_key, outlet.as_str(), via.as_ref().map(Outlet::as_str));
    one(db, ask, values, |row| parsed(row, 0))
}

/// The newest version of an article, if its story has a newer one.
pub(super) fn newest_version(db: &Connection, id: ArticleId) -> Answer<Option<LoggedArticle>> {
    let ask = format!(
        "SELECT {LOGGED} FROM articles AS it JOIN articles ON articles.story = it.story
        AND articles.outlet = it.outlet AND articles.class = 'version' AND articles.item = it.item
        AND json_extract(articles.brief, '$.via') IS json_extract(it.brief, '$.via')
        WHERE it.id = ?1 AND articles.enriched > it.enriched ORDER BY articles.enriched DESC LIMIT 1"
    );
    Ok(logged(db, &ask, &[&id.to_string()])?.pop())
}

/// The newest versions of these articles. Unknown ones are left out.
pub(super) fn newest(db: &Connection, ids: &[ArticleId]) -> Answer<Vec<LoggedArticle>> {
    let mut all = these(db, ids)?;
    for it in &mut all {
        *it = newest_version(db, it.id)?.unwrap_or(*it);
    }
    Ok(all)
}

/// The lead of a story, otherwise its first article.
pub(super) fn lead_of(
    db: &Connection,
    story: StoryId,
    lead: Option<ArticleId>,
) -> Answer<Option<ArticleBrief>> {
    // First the article, then its brief: a story may have thousands.
    let ask = format!(
        "SELECT {BRIEF} FROM articles WHERE key = coalesce(
            (SELECT key FROM articles WHERE id = ?2 AND story = ?1),
            (SELECT key FROM articles WHERE story = ?1 ORDER BY seen, enriched LIMIT 1))"
    );
    let lead = lead.map(|lead| lead.to_string());
    Ok(briefs(db, &ask, &[&story.to_string(), &lead])?.pop())
}

pub(super) fn briefs(
    db: &Connection,
    ask: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Answer<Vec<ArticleBrief>> {
    rows(db, ask, values, |row| Ok(ArticleBrief { story: parsed(row, 0)?, ..read(row, 1)? }))
}

impl ArticleBrief {
    /// The part of an article that lists show, in the story of its decision.
    pub(super) fn of(article: &OutputArticle) -> Self {
        let (about, verdict) = (article.article.clone(), article.verdict.clone());
        Self {
            id: article.id,
            enriched: article.input.enriched,
            story: verdict.story,
            outlet: about.outlet,
            via: about.via,
            title: about.title,
            language: crate::statements::language_of(article),
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
            correction: verdict.correction,
            baseline: about.baseline,
            paywalled: about.paywalled,
        }
    }
}

/// The order in which the articles of an event are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// The first seen first.
    Seen,
    /// First the articles with a note, then the first seen. Nothing if no article has a note.
    Noted,
}

/// At most this many articles of an event, and how many more there are.
pub(super) fn of_event_first(
    db: &Connection,
    event: EventId,
    first: First,
    most: usize,
) -> Answer<(Vec<LoggedArticle>, u32)> {
    let of_event = |which: &str, limit: usize| {
        let ask = format!(
            "SELECT {LOGGED} FROM event_articles AS its JOIN articles ON articles.key = its.article
            WHERE its.event = ?1 {which} ORDER BY its.seen, its.enriched LIMIT ?2"
        );
        logged(db, &ask, &[&event.to_string(), &(limit as i64)])
    };
    let articles = match first {
        First::Seen => of_event("", most)?,
        First::Noted => {
            let mut articles = of_event("AND its.has_note = 1", most)?;
            if articles.is_empty() {
                return Ok((articles, 0));
            }
            articles.extend(of_event("AND its.has_note = 0", most - articles.len())?);
            articles
        }
    };
    let count = "SELECT coalesce(sum(articles), 0) FROM event_outlets
        WHERE event = (SELECT key FROM events WHERE id = ?1)";
    let all = one(db, count, [event.to_string()], |row| Ok(row.get(0)?))?;
    let unread = beyond(all, &articles);
    Ok((articles, unread))
}

/// At most this many articles of an event that had been folded at a time, and how many more.
pub(super) fn of_event_at_time(
    db: &Connection,
    event: EventId,
    time: UnixMillis,
    most: usize,
) -> Answer<(Vec<LoggedArticle>, u32)> {
    const OF_EVENT: &str = "FROM event_articles AS its JOIN articles ON articles.key = its.article
        WHERE its.event = ?1 AND articles.folded <= ?2";
    let (event, time) = (event.to_string(), millis(time));
    let ask = format!("SELECT {LOGGED} {OF_EVENT} ORDER BY its.seen, its.enriched LIMIT ?3");
    let articles = logged(db, &ask, &[&event, &time, &(most as i64)])?;
    let count = format!("SELECT count(*) {OF_EVENT}");
    let all = one(db, &count, (&event, time), |row| Ok(row.get(0)?))?;
    let more = beyond(all, &articles);
    Ok((articles, more))
}

/// How many articles there are besides these.
fn beyond(all: Option<u32>, articles: &[LoggedArticle]) -> u32 {
    let read = u32::try_from(articles.len()).unwrap_or(u32::MAX);
    all.unwrap_or(0).saturating_sub(read)
}
