//! Stories with the article that opened each, for reader apps and for the marks of readers.

use std::collections::HashMap;
use std::fmt::Display;

use rusqlite::{Connection, Row};
use wirefold_proto::{EventId, FeedId, StoryId};

use crate::projection::filter::{EventQuery, MarkFilter};
use crate::projection::rows::{parsed, rows};
use crate::projection::stories::STORY_SHOWN;
use crate::projection::{Answer, lists};

/// The most stories that reader apps see, besides starred ones. It is small in tests.
const NEWEST: i64 = if cfg!(test) { 20 } else { 10_000 };

/// A story, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    /// Its place in the order in which stories came.
    pub(crate) key: i64,
    pub(crate) story: StoryId,
    /// When its first article was stored, in milliseconds.
    pub(crate) arrived: i64,
    /// The feed of its first article.
    pub(crate) feed: Option<FeedId>,
}

impl Opening {
    /// Reads the columns key, id of the story, and time.
    fn of(row: &Row<'_>) -> Answer<Self> {
        let (key, story, arrived) = (row.get(0)?, parsed(row, 1)?, row.get(2)?);
        Ok(Self { key, story, arrived, feed: None })
    }
}

/// The number of a story in marks and in reader apps, which want 64 bits: the first 63 of its id.
pub(crate) fn number_of(story: StoryId) -> u64 {
    // 63 bits are left.
    (story.to_number() >> 65) as u64
}

/// The length of `s-` and of the 13 digits of an id that are its number.
const BEGINNING: usize = 15;

/// The beginnings of the ids with these numbers, as a JSON list.
fn beginnings<'a>(numbers: impl IntoIterator<Item = &'a u64>) -> String {
    let id = |number: &u64| StoryId::from_number(u128::from(*number) << 65).to_string();
    json_list(numbers.into_iter().map(|it| id(it).chars().take(BEGINNING).collect::<String>()))
}

/// Ids as a JSON list.
fn json_list(ids: impl IntoIterator<Item = impl Display>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| format!("\"{id}\"")).collect();
    format!("[{}]", ids.join(","))
}

/// Stories, each with its first article as `opening` unless it lost that.
const WITH_OPENING: &str = "stories LEFT JOIN articles AS opening
    ON opening.id = 'a-' || substr(stories.id, 3) AND opening.story = stories.id";
/// When such a story came.
const ARRIVED: &str = "coalesce(opening.folded, stories.first_seen)";

impl MarkFilter {
    /// One that leaves events with an unread story: a story that came later than `until` and is not in `read`, or one
    /// in `unread`.
    pub(crate) fn unread<'a>(
        until: i64,
        read: impl IntoIterator<Item = &'a u64>,
        unread: impl IntoIterator<Item = &'a u64>,
    ) -> Self {
        let beginning = format!("substr(stories.id, 1, {BEGINNING})");
        let condition = format!(
            "EXISTS (SELECT 1 FROM {WITH_OPENING}
                WHERE stories.event = events.id AND (opening.id IS NOT NULL OR {STORY_SHOWN})
                AND CASE WHEN {ARRIVED} <= :until
                    THEN {beginning} IN (SELECT value FROM json_each(:unread))
                    ELSE {beginning} NOT IN (SELECT value FROM json_each(:read)) END)"
        );
        let (read, unread) = (beginnings(read), beginnings(unread));
        Self { condition, until, read, unread, ..Self::default() }
    }

    /// One that leaves events with one of these stories.
    pub(crate) fn starred<'a>(stories: impl IntoIterator<Item = &'a StoryId>) -> Self {
        let condition = "events.id IN (
            SELECT event FROM stories WHERE stories.id IN (SELECT value FROM json_each(:starred)))";
        let starred = json_list(stories);
        Self { condition: condition.to_owned(), starred, ..Self::default() }
    }
}

/// The stories of each of these events, the first seen first.
pub(super) fn of_events(
    db: &Connection,
    events: &[impl Display],
) -> Answer<HashMap<EventId, Vec<Opening>>> {
    let ask = format!(
        "SELECT stories.key, stories.id, {ARRIVED}, stories.event FROM {WITH_OPENING}
        WHERE stories.event IN (SELECT value FROM json_each(?1)) AND {STORY_SHOWN}
        ORDER BY stories.first_seen, stories.id"
    );
    let found =
        rows(db, &ask, [json_list(events)], |row| Ok((parsed(row, 3)?, Opening::of(row)?)))?;
    let mut of_events: HashMap<EventId, Vec<Opening>> = HashMap::new();
    for (event, opening) in found {
        of_events.entry(event).or_default().push(opening);
    }
    Ok(of_events)
}

/// The stories of the events that match the filter, in the first pages of their list.
pub(super) fn matching(db: &Connection, filter: &EventQuery) -> Answer<Vec<Opening>> {
    let events = lists::first_events(db, filter)?;
    Ok(of_events(db, &events)?.into_values().flatten().collect())
}

/// The stories with these numbers.
pub(super) fn numbered(db: &Connection, numbers: &[u64]) -> Answer<Vec<Opening>> {
    let ask = format!(
        "SELECT stories.key, stories.id, {ARRIVED}
        FROM json_each(?1) AS given CROSS JOIN {WITH_OPENING}
        WHERE stories.id >= given.value AND stories.id < given.value || '~'"
    );
    rows(db, &ask, [beginnings(numbers)], Opening::of)
}

/// When the article that came last was stored, in milliseconds; 0 if there is none.
pub(super) fn last_arrival(db: &Connection) -> Answer<i64> {
    let ask = "SELECT coalesce((SELECT folded FROM articles ORDER BY key DESC LIMIT 1), 0)";
    Ok(db.prepare_cached(ask)?.query_row([], |row| row.get(0))?)
}

/// The newest stories, and these, the last that came first. A story that lost its first article is left out.
pub(super) fn newest(db: &Connection, feeds: &[FeedId], and: &[StoryId]) -> Answer<Vec<Opening>> {
    let ask = "SELECT its.key, its.id, articles.folded, articles.key FROM (
            SELECT * FROM (SELECT key, id FROM stories ORDER BY key DESC LIMIT ?1)
            UNION SELECT key, id FROM stories WHERE id IN (SELECT value FROM json_each(?2))
        ) AS its
        JOIN articles ON articles.id = 'a-' || substr(its.id, 3) AND articles.story = its.id
        ORDER BY its.key DESC";
    let mut places = HashMap::new();
    let mut openings = rows(db, ask, (NEWEST, json_list(and)), |row| {
        places.insert(row.get::<_, i64>(3)?, places.len());
        Opening::of(row)
    })?;
    let first = places.keys().min().copied().unwrap_or(i64::MAX);
    let of_feed = "SELECT article FROM article_feeds WHERE feed = ?1 AND article >= ?2";
    for feed in feeds {
        let values = (feed.as_str(), first);
        for article in rows(db, of_feed, values, |row| Ok(row.get::<_, i64>(0)?))? {
            if let Some(opening) = places.get(&article).and_then(|at| openings.get_mut(*at)) {
                opening.feed.get_or_insert_with(|| feed.clone());
            }
        }
    }
    Ok(openings)
}
