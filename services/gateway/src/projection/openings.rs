//! Stories with the article that opened each, for reader apps and for the marks of readers.

use std::collections::HashMap;
use std::fmt::Display;

use rusqlite::Connection;
use wirefold_proto::{EventId, FeedId, StoryId};

use crate::projection::Answer;
use crate::projection::articles::{parse, text};
use crate::projection::filter::MarkFilter;
use crate::projection::lists::rows;
use crate::projection::stories::STORY_SHOWN;

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
    connection: &Connection,
    events: &[impl Display],
) -> Answer<HashMap<EventId, Vec<Opening>>> {
    let ask = format!(
        "SELECT stories.key, stories.id, {ARRIVED}, stories.event FROM {WITH_OPENING}
        WHERE stories.event IN (SELECT value FROM json_each(:events)) AND {STORY_SHOWN}
        ORDER BY stories.first_seen, stories.id"
    );
    let found = rows(connection, &ask, &[(":events", &json_list(events))], |row| {
        Ok((row.get(0)?, text(row, 1)?, row.get(2)?, text(row, 3)?))
    })?;
    let mut of_events: HashMap<EventId, Vec<Opening>> = HashMap::new();
    for (key, story, arrived, event) in found {
        let opening = Opening { key, story: parse(&story)?, arrived, feed: None };
        of_events.entry(parse(&event)?).or_default().push(opening);
    }
    Ok(of_events)
}

/// The stories with these numbers.
pub(super) fn numbered(connection: &Connection, numbers: &[u64]) -> Answer<Vec<Opening>> {
    let ask = format!(
        "SELECT stories.key, stories.id, {ARRIVED}
        FROM json_each(:beginnings) AS given CROSS JOIN {WITH_OPENING}
        WHERE stories.id >= given.value AND stories.id < given.value || '~'"
    );
    let found = rows(connection, &ask, &[(":beginnings", &beginnings(numbers))], |row| {
        Ok((row.get(0)?, text(row, 1)?, row.get(2)?))
    })?;
    let opening = |(key, story, arrived): (_, String, _)| {
        Ok(Opening { key, story: parse(&story)?, arrived, feed: None })
    };
    found.into_iter().map(opening).collect()
}

/// When the article that came last was stored, in milliseconds; 0 if there is none.
pub(super) fn last_arrival(connection: &Connection) -> Answer<i64> {
    let ask = "SELECT coalesce((SELECT folded FROM articles ORDER BY key DESC LIMIT 1), 0)";
    Ok(connection.prepare_cached(ask)?.query_row([], |row| row.get(0))?)
}

/// The newest stories, and these, the last that came first. A story that lost its first article is left out.
pub(super) fn newest(
    connection: &Connection,
    feeds: &[FeedId],
    and: &[StoryId],
) -> Answer<Vec<Opening>> {
    let ask = "SELECT its.key, its.id, articles.key, articles.folded FROM (
            SELECT * FROM (SELECT key, id FROM stories ORDER BY key DESC LIMIT :most)
            UNION SELECT key, id FROM stories WHERE id IN (SELECT value FROM json_each(:and))
        ) AS its
        JOIN articles ON articles.id = 'a-' || substr(its.id, 3) AND articles.story = its.id
        ORDER BY its.key DESC";
    let and = json_list(and);
    let found = rows(connection, ask, &[(":most", &NEWEST), (":and", &and)], |row| {
        Ok((row.get(0)?, text(row, 1)?, row.get::<_, i64>(2)?, row.get(3)?))
    })?;
    let mut openings = Vec::with_capacity(found.len());
    let mut places = HashMap::with_capacity(found.len());
    for (key, story, article, arrived) in found {
        places.insert(article, openings.len());
        openings.push(Opening { key, story: parse(&story)?, arrived, feed: None });
    }
    let first = places.keys().min().copied().unwrap_or(i64::MAX);
    let of_feed = "SELECT article FROM article_feeds WHERE feed = :feed AND article >= :first";
    for feed in feeds {
        let values: [(&str, &dyn rusqlite::ToSql); 2] =
            [(":feed", &feed.as_str()), (":first", &first)];
        for article in rows(connection, of_feed, &values, |row| row.get::<_, i64>(0))? {
            if let Some(opening) = places.get(&article).and_then(|at| openings.get_mut(*at)) {
                opening.feed.get_or_insert_with(|| feed.clone());
            }
        }
    }
    Ok(openings)
}
