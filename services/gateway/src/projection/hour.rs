//! Counts recent articles, stories, events and alerts.

use std::collections::HashSet;

use rusqlite::Connection;
use wirefold_flow::UnixMillis;

use super::{Answer, paging::millis};
use crate::shapes::{AlertCounts, HourCounts};

/// The numbers of the projection.
pub(crate) struct Numbers {
    /// The numbers of recent articles.
    pub(crate) hour: HourCounts,
    /// All articles.
    pub(crate) articles: u64,
    /// All alerts.
    pub(crate) alerts: AlertCounts,
}

pub(super) fn numbers(connection: &Connection, since: UnixMillis) -> Answer<Numbers> {
    Ok(Numbers {
        hour: counts(connection, since)?,
        articles: article_count(connection)?,
        alerts: super::alerts::counts(connection, None)?,
    })
}

fn counts(connection: &Connection, since: UnixMillis) -> Answer<HourCounts> {
    let since = millis(since);
    let mut took = Vec::new();
    let mut copies = 0;
    // Reads only an index. Grouping is done here, since SQLite would use a temporary table.
    let ask = "SELECT folded - seen, class = 'copy' FROM articles WHERE seen >= ?1";
    let mut ask = connection.prepare_cached(ask)?;
    let mut rows = ask.query([since])?;
    while let Some(row) = rows.next()? {
        took.push(u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0));
        copies += u64::from(row.get::<_, bool>(1)?);
    }
    let articles = took.len() as u64;
    let (stories, events) = distinct(connection, since)?;
    let (alerts, notified) = super::alerts::counts_since(connection, since)?;
    let share_folded = (articles > 0).then(|| {
        let share = copies as f64 / articles as f64;
        (share * 10_000.0).round() / 10_000.0
    });
    Ok(HourCounts {
        articles,
        stories,
        events,
        alerts,
        notified,
        copies,
        share_folded,
        fetch_to_fold_ms: median(&mut took),
    })
}

/// The number of stories and events of these articles.
fn distinct(connection: &Connection, since: i64) -> Answer<(u64, u64)> {
    let (mut stories, mut events) = (HashSet::new(), HashSet::<Vec<u8>>::new());
    let ask = "SELECT story, event FROM event_articles WHERE seen >= ?1";
    let mut ask = connection.prepare_cached(ask)?;
    let mut rows = ask.query([since])?;
    while let Some(row) = rows.next()? {
        // A story has only one event.
        if stories.insert(row.get::<_, i64>(0)?) {
            let event = row.get_ref(1)?.as_bytes().unwrap_or_default();
            if !events.contains(event) {
                events.insert(event.to_owned());
            }
        }
    }
    Ok((stories.len() as u64, events.len() as u64))
}

fn median(took: &mut [u64]) -> Option<u64> {
    let middle = took.len().checked_sub(1)? / 2;
    Some(*took.select_nth_unstable(middle).1)
}

pub(super) fn article_count(connection: &Connection) -> Answer<u64> {
    let mut ask = connection.prepare_cached("SELECT articles FROM article_total")?;
    let count: i64 = ask.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}
