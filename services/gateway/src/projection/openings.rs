//! Stories with the article that opened each, for reader apps.

use std::collections::HashMap;

use rusqlite::Connection;
use wirefold_proto::{FeedId, StoryId};

use crate::projection::Answer;
use crate::projection::articles::{parse, text};
use crate::projection::lists::rows;

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
    let and: Vec<String> = and.iter().map(|story| format!("\"{story}\"")).collect();
    let and = format!("[{}]", and.join(","));
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
