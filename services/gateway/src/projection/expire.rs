//! Old rows leave.

use rusqlite::{Connection, params};
use wirefold_flow::UnixMillis;

use super::{Answer, paging::millis};

/// Articles dropped in one transaction, so that writing waits for milliseconds only.
const MOST: usize = 2_000;

/// Alerts outlive articles: 90 days against 30. design, section 14.
const ALERTS_LONGER: i64 = 60 * 24 * 3_600 * 1_000;

pub(super) fn expire(connection: &mut Connection, before: UnixMillis) -> Answer<usize> {
    let before = millis(before);
    let transaction = connection.transaction()?;
    let old: Vec<i64> = transaction
        .prepare_cached("SELECT key FROM articles WHERE seen < ?1 ORDER BY seen LIMIT ?2")?
        .query_map(params![before, MOST as i64], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for key in &old {
        transaction
            .prepare_cached("DELETE FROM article_feeds WHERE article = ?1")?
            .execute([key])?;
        transaction.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([key])?;
        transaction.prepare_cached("DELETE FROM articles WHERE key = ?1")?.execute([key])?;
    }
    let stories = "DELETE FROM stories WHERE changed < ?1
        AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.story = stories.id)";
    transaction.execute(stories, [before])?;
    let events = "DELETE FROM events WHERE changed < ?1
        AND NOT EXISTS (SELECT 1 FROM stories WHERE stories.event = events.id)";
    transaction.execute(events, [before])?;
    transaction.execute("DELETE FROM commands WHERE at < ?1", [before])?;
    let alerts = before.saturating_sub(ALERTS_LONGER);
    transaction.execute("DELETE FROM alert_revisions WHERE at < ?1", [alerts])?;
    transaction.execute("DELETE FROM alerts WHERE at < ?1", [alerts])?;
    transaction.commit()?;
    Ok(old.len())
}
