//! Deletes rows that are older than the retention.

use rusqlite::{Connection, Transaction, params};
use wirefold_flow::UnixMillis;

use super::apply::{PageBuffer, buffer_changed_pages};
use super::{Answer, paging::millis};

/// The most articles deleted in one transaction, so that other writes wait only milliseconds.
const MOST: usize = 2_000;

/// Alerts are stored for 90 days, articles for 30.
const ALERTS_LONGER: i64 = 60 * 24 * 3_600 * 1_000;

pub(super) fn expire(connection: &mut Connection, before: UnixMillis) -> Answer<usize> {
    let before = millis(before);
    buffer_changed_pages(connection, PageBuffer::OnDisk)?;
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
    // Each value of `gone` has an index of its own.
    for gone in [0, 1] {
        let stories = format!(
            "DELETE FROM stories WHERE gone = {gone} AND changed < ?1
            AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.story = stories.id)"
        );
        transaction.execute(&stories, [before])?;
    }
    for gone in [0, 1] {
        let events = format!(
            "DELETE FROM events WHERE gone = {gone} AND changed < ?1
            AND NOT EXISTS (SELECT 1 FROM stories WHERE stories.event = events.id)"
        );
        transaction.execute(&events, [before])?;
    }
    expire_links(&transaction)?;
    transaction.execute("DELETE FROM commands WHERE at < ?1", [before])?;
    let alerts = before.saturating_sub(ALERTS_LONGER);
    transaction.execute("DELETE FROM alert_revisions WHERE at < ?1", [alerts])?;
    transaction.execute("DELETE FROM alerts WHERE at < ?1", [alerts])?;
    transaction.execute("UPDATE alerts SET notified_at = NULL WHERE notified_at < ?1", [alerts])?;
    transaction.execute("UPDATE alerts SET held_at = NULL WHERE held_at < ?1", [alerts])?;
    transaction.commit()?;
    Ok(old.len())
}

/// Deletes merges and splits that are older than every article and that no id needs any more. Those of a
/// chain are deleted in order.
fn expire_links(transaction: &Transaction<'_>) -> Answer<()> {
    let oldest = "(SELECT judged FROM articles ORDER BY seen LIMIT 1)";
    let is_known =
        |table: &str, id: &str| format!("EXISTS (SELECT 1 FROM {table} WHERE id = {id})");
    let redirects = format!(
        "DELETE FROM redirects AS link WHERE judged < {oldest}
            AND NOT {} AND NOT {}
            AND NOT EXISTS (SELECT 1 FROM redirects WHERE old = link.new)",
        is_known("stories", "link.new"),
        is_known("events", "link.new"),
    );
    transaction.execute(&redirects, [])?;
    let moves = format!(
        "DELETE FROM moves AS link WHERE judged < {oldest} AND NOT {} AND NOT {}",
        is_known("articles", "link.article"),
        is_known("stories", "link.story"),
    );
    transaction.execute(&moves, [])?;
    Ok(())
}
