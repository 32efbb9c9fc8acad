//! Upgrades a file of an earlier version.

use std::sync::mpsc;
use std::time::Duration;

use rusqlite::{Transaction, params};

use crate::projection::Answer;
use crate::projection::schema::{INDEXES, INDEXES_OF_7, KEEPING, OF_ALERTS, OF_EVENTS};

/// Articles read between two reports of progress.
const SLICE: i64 = 100_000;
/// The time between two reports of a long step.
const EVERY: Duration = Duration::from_secs(5);

/// Tables and indexes that only version 4 has.
const DROP_OF_4: &str = "
    DROP INDEX articles_by_seen;
    DROP INDEX articles_by_base;
    DROP INDEX articles_by_link;
    DROP INDEX articles_by_item;
    DROP INDEX alerts_by_time;
    DROP INDEX alerts_by_subscription;
    ALTER TABLE alerts RENAME TO alerts_before;
";

/// The alerts of version 4, with the content of their revisions.
const ALERTS_OF_4: &str = "
    INSERT INTO alerts
        SELECT key, id, subscription, target, revision, at,
            coalesce(json_extract(body, '$.copies'), 0),
            (SELECT max(at) FROM alert_revisions AS one WHERE one.alert = alerts_before.id
                AND volume = 'loud' AND NOT json_extract(one.body, '$.held')),
            (SELECT max(at) FROM alert_revisions AS one WHERE one.alert = alerts_before.id
                AND json_extract(one.body, '$.held')),
            body
        FROM alerts_before;
    DROP TABLE alerts_before;
";

/// Tables and indexes that only version 5 has.
const DROP_OF_5: &str = "
    DROP TRIGGER article_added;
    DROP TRIGGER article_removed;
    DROP TRIGGER article_moved;
    DROP TRIGGER story_added;
    DROP TRIGGER story_moved;
    DROP VIEW articles_of_events;
    DROP TABLE event_articles;
    DROP TABLE article_total;
";

/// The columns of version 6. Adding a column that may be null writes no row.
const COLUMNS_OF_6: &str = "
    ALTER TABLE articles ADD COLUMN has_note INTEGER;
    ALTER TABLE articles ADD COLUMN language TEXT;
    ALTER TABLE events ADD COLUMN stories INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE events ADD COLUMN articles INTEGER NOT NULL DEFAULT 0;
    CREATE TEMP TABLE bodies_say (key INTEGER PRIMARY KEY, language TEXT NOT NULL, has_note INTEGER NOT NULL);
";

/// Bodies in the order of the file: in the order of stories, the file would be read many times.
const READ_BODIES: &str = "
    INSERT INTO bodies_say
        SELECT key, coalesce(json_extract(body, '$.findings.language.tag'), ''),
            json_extract(body, '$.findings.note') IS NOT NULL
        FROM articles WHERE key > ?1 AND key <= ?1 + ?2
";

/// Fills the tables of events, step by step.
const FILL: [&str; 4] = [
    "INSERT INTO event_articles
        SELECT event, seen, fetched, articles.key, stories.key, outlet, bodies_say.language,
            class = 'version' AND substr(articles.id, 3) <> substr(stories.id, 3), bodies_say.has_note
        FROM stories JOIN articles ON articles.story = stories.id
        JOIN bodies_say ON bodies_say.key = articles.key
        WHERE gone = 0 AND event IS NOT NULL ORDER BY event, seen, fetched, articles.key;
    DROP TABLE bodies_say;",
    "INSERT INTO story_outlets
        SELECT story, outlet, language, count(*), sum(is_version) FROM event_articles
        GROUP BY story, outlet, language;",
    "INSERT INTO event_outlets
        SELECT events.key, outlet, language, count(*), sum(is_version)
        FROM event_articles JOIN events ON events.id = event_articles.event
        GROUP BY events.key, outlet, language;",
    "UPDATE events SET (stories, articles) = (
        SELECT count(DISTINCT story), count(*) FROM event_articles WHERE event = events.id);",
];

/// The changes of version 6.
const DROP_OF_6: &str = "
    DROP TRIGGER event_article_added;
    DROP TRIGGER event_article_removed;
    DROP TRIGGER event_added;
    DROP TRIGGER event_removed;
    DROP TRIGGER article_added;
    DROP TRIGGER article_removed;
    DROP TRIGGER article_moved;
    DROP TRIGGER story_added;
    DROP TRIGGER story_moved;
    ALTER TABLE events ADD COLUMN articles INTEGER NOT NULL DEFAULT 0;
";

const COUNT_OF_6: &str = "
    UPDATE events SET articles = (
        SELECT coalesce(sum(articles), 0) FROM event_outlets WHERE event = events.key);
";

/// Upgrades a file of this version. All new content follows from the stored rows.
pub(super) fn upgrade(transaction: &Transaction<'_>, version: i64) -> Answer<()> {
    let last = "SELECT coalesce(max(key), 0) FROM articles";
    let last: i64 = transaction.query_row(last, [], |row| row.get(0))?;
    tracing::info!(articles = last, from = version, "the projection is being upgraded");
    match version {
        6 => {
            transaction.execute_batch(DROP_OF_6)?;
            count(transaction, &[COUNT_OF_6])?;
        }
        5 => {
            transaction.execute_batch(DROP_OF_5)?;
            fill(transaction, last)?;
        }
        _ => {
            transaction.execute_batch(&[DROP_OF_4, INDEXES, OF_ALERTS, ALERTS_OF_4].concat())?;
            fill(transaction, last)?;
        }
    }
    transaction.execute_batch(&[KEEPING, INDEXES_OF_7].concat())?;
    tracing::info!("the projection is up to date");
    Ok(())
}

/// Fills what version 6 added.
fn fill(transaction: &Transaction<'_>, last: i64) -> Answer<()> {
    transaction.execute_batch(COLUMNS_OF_6)?;
    for before in (0..last).step_by(SLICE as usize) {
        transaction.execute(READ_BODIES, params![before, SLICE])?;
        let read = last.min(before + SLICE);
        tracing::info!(read, of = last, "the projection is being upgraded");
    }
    transaction.execute_batch(OF_EVENTS)?;
    count(transaction, &FILL)
}

/// Runs steps that may take a minute, and reports progress every few seconds.
fn count(transaction: &Transaction<'_>, steps: &[&str]) -> Answer<()> {
    let of = steps.len();
    for (step, sql) in (1..).zip(steps) {
        tracing::info!(step, of, "the articles of events are counted");
        let (working, done) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut seconds = 0;
                while done.recv_timeout(EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
                    seconds += EVERY.as_secs();
                    tracing::info!(
                        step,
                        of,
                        seconds,
                        "the articles of events are still being counted"
                    );
                }
            });
            let counted = transaction.execute_batch(sql);
            drop(working);
            counted
        })?;
    }
    Ok(())
}
