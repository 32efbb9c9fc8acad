//! What was seen lately, counted.

use rusqlite::{Connection, OptionalExtension, params};
use wirefold_flow::UnixMillis;

use super::{Answer, paging::millis};
use crate::shapes::{AlertCounts, HourCounts};

pub(super) fn counts(connection: &Connection, since: UnixMillis) -> Answer<HourCounts> {
    let since = millis(since);
    let ask = "SELECT count(*), count(DISTINCT story), count(DISTINCT stories.event),
            count(*) FILTER (WHERE class = 'copy')
        FROM articles LEFT JOIN stories ON stories.id = articles.story WHERE seen >= ?1";
    let (articles, stories, events, copies) =
        connection.prepare_cached(ask)?.query_row([since], |row| {
            let count = |column| row.get::<_, u32>(column).map(u64::from);
            Ok((count(0)?, count(1)?, count(2)?, count(3)?))
        })?;
    let AlertCounts { alerts, notified, held: _ } = super::alerts::counts_since(connection, since)?;
    let share_folded = (articles > 0).then(|| {
        let share = copies as f64 / articles as f64;
        (share * 10_000.0).round() / 10_000.0
    });
    let fetch_to_fold_ms = median(connection, since, articles)?;
    Ok(HourCounts {
        articles,
        stories,
        events,
        alerts,
        notified,
        copies,
        share_folded,
        fetch_to_fold_ms,
    })
}

fn median(connection: &Connection, since: i64, articles: u64) -> Answer<Option<u64>> {
    let ask = "SELECT max(folded - seen, 0) AS took FROM articles WHERE seen >= ?1
        ORDER BY took LIMIT 1 OFFSET ?2";
    let middle = i64::try_from(articles.saturating_sub(1) / 2).unwrap_or(0);
    let mut ask = connection.prepare_cached(ask)?;
    let took = ask.query_row(params![since, middle], |row| row.get::<_, i64>(0)).optional()?;
    Ok(took.and_then(|took| u64::try_from(took).ok()))
}

pub(super) fn article_count(connection: &Connection) -> Answer<u64> {
    let count: i64 = connection.query_row("SELECT count(*) FROM articles", [], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}
