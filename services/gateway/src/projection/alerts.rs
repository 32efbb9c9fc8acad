//! Reads alerts, the outcome of commands, and the numbers of the last hour.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, Row};
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    Alert, AlertId, ArticleId, EventId, OutputCommand, SubscriptionRecord, Tag, Target,
};

use crate::projection::apply::json;
use crate::projection::filter::StoryQuery;
use crate::projection::lists::{Block, Found, Lookup, Table, millis};
use crate::projection::rows::{one, parsed, read, rows};
use crate::projection::{Answer, Paging};
use crate::shapes::{AlertCounts, AlertPage, AlertRow, HourCounts, LookedAt};

const ALERTS: Table = Table {
    name: "alerts",
    columns: "id, body",
    time: "at",
    shown: "is_shown",
    what: LookedAt::Alerts,
};

pub(super) fn alert_page(
    db: &Connection,
    paging: &Paging,
    filter: &StoryQuery,
) -> Answer<AlertPage> {
    let subscription = filter.subscription.as_deref();
    let wanted = subscription.map_or("", |_| " AND subscription = :subscription");
    let read = |row: &Row<'_>| with_revisions(db, row);
    let conditions = filter.conditions_on_alerts();
    let lookup = Lookup { table: ALERTS, db, paging, filter, conditions, read: &read };
    let Found { rows, next, looked_through } = match filter.typed().as_deref() {
        Some("") => Found::default(),
        words => {
            // Of the articles with the words, only the newest count.
            let block = words.map(|words| Block::read(db, words, i64::MAX)).transpose()?;
            let keys = block.map(|block| block.keys);
            lookup.by_time(Vec::new(), wanted, (&paging.after(), 0), &[(":block", &keys)])?
        }
    };
    let alerts = rows.into_iter().map(|(_, alert)| alert).collect();
    let counts = alert_counts(db, subscription)?;
    Ok(AlertPage { schema: Tag::new(), counts, alerts, next, looked_through })
}

/// The alerts with this id, or with a prefix of their id or of their target's; at most ten.
pub(super) fn resolve_alert(db: &Connection, given: &str) -> Answer<Vec<String>> {
    let ask = "SELECT id FROM alerts WHERE id = ?1 OR (id >= ?1 AND id < ?1 || '~')
            OR (target >= ?1 AND target < ?1 || '~') ORDER BY id <> ?1, id LIMIT 10";
    let mut found: Vec<String> = rows(db, ask, [given], |row| Ok(row.get(0)?))?;
    if found.first().is_some_and(|first| first == given) {
        found.truncate(1);
    }
    Ok(found)
}

/// The ids of the alerts about these events and stories.
pub(super) fn alerts_about(db: &Connection, targets: &[Target]) -> Answer<Vec<AlertId>> {
    let ask = "SELECT id FROM alerts WHERE target = ?1 ORDER BY id";
    let mut found = Vec::new();
    for target in targets {
        found.extend(rows(db, ask, [target.to_string()], |row| parsed(row, 0))?);
    }
    Ok(found)
}

/// The event, its stories and all that were merged into them; and the ids of the commands whose result names the event.
pub(super) fn about_event(
    db: &Connection,
    event: EventId,
) -> Answer<(BTreeSet<Target>, BTreeSet<String>)> {
    let merged = "WITH RECURSIVE its (id) AS (
            SELECT ?1 UNION SELECT id FROM stories WHERE event = ?1
            UNION SELECT old FROM redirects JOIN its ON redirects.new = its.id
        ) SELECT id FROM its";
    let commands = "SELECT id FROM commands WHERE instr(body, ?1) > 0";
    let event = event.to_string();
    let targets = rows(db, merged, [&event], |row| parsed(row, 0))?;
    let commands = rows(db, commands, [&event], |row| Ok(row.get(0)?))?;
    Ok((targets.into_iter().collect(), commands.into_iter().collect()))
}

/// An event that an alert is about.
pub(crate) struct Alerted {
    pub(crate) event: EventId,
    pub(crate) first_seen: UnixMillis,
    /// When its last article, alert or command came.
    pub(crate) changed: UnixMillis,
}

/// The events that alerts are about, except those of these subscriptions alone; commands at these times change them.
pub(super) fn alerted(
    db: &Connection,
    not_kept: &[String],
    commands: &[(Timestamp, Target)],
) -> Answer<Vec<Alerted>> {
    // `its` names what events and stories were merged into.
    let ask = "WITH RECURSIVE its (id, at, is_kept) AS (
            SELECT target, at, subscription NOT IN (SELECT value FROM json_each(?1)) FROM alerts
            UNION SELECT value ->> 1, value ->> 0, 0 FROM json_each(?2)
            UNION SELECT new, at, is_kept FROM its JOIN redirects ON old = its.id
        ) SELECT events.id, first_seen, max(changed, max(at)) FROM (
            SELECT coalesce((SELECT event FROM stories WHERE stories.id = its.id), id) AS event, at, is_kept FROM its
        ) AS of JOIN events ON events.id = of.event GROUP BY events.id HAVING max(is_kept)";
    let commands: Vec<(i64, String)> =
        commands.iter().map(|(at, of)| (at.as_millisecond(), of.to_string())).collect();
    rows(db, ask, [json(not_kept)?, json(&commands)?], |row| {
        let (first_seen, changed): (i64, i64) = (row.get(1)?, row.get(2)?);
        let [first_seen, changed] = [first_seen, changed].map(|it| UnixMillis(it.unsigned_abs()));
        Ok(Alerted { event: parsed(row, 0)?, first_seen, changed })
    })
}

/// The alerts of a subscription that list an article seen at this time.
pub(super) fn alerts_with(
    db: &Connection,
    subscription: &str,
    article: ArticleId,
    seen: UnixMillis,
) -> Answer<Vec<AlertId>> {
    let ask = "SELECT id FROM alerts
        WHERE subscription = ?1 AND at >= ?2 AND instr(body, ?3) > 0 ORDER BY at";
    let values = (subscription, millis(seen), article.to_string());
    rows(db, ask, values, |row| parsed(row, 0))
}

/// The last revision of an alert.
pub(super) fn one_alert(db: &Connection, id: &str) -> Answer<Option<Alert>> {
    one(db, "SELECT body FROM alerts WHERE id = ?1", [id], |row| read(row, 0))
}

/// Counts the stored alerts of one or all subscriptions: all, those that notified, and those held back. An
/// alert that waits for the end of quiet hours has not notified.
pub(super) fn alert_counts(db: &Connection, of: Option<&str>) -> Answer<AlertCounts> {
    let ask = "SELECT coalesce(sum(alerts), 0), coalesce(sum(notified), 0), coalesce(sum(held), 0)
        FROM alert_totals WHERE ?1 IS NULL OR subscription = ?1";
    Ok(db.prepare_cached(ask)?.query_row([of], |row| {
        let count = |column| row.get::<_, u32>(column).map(u64::from);
        Ok(AlertCounts { alerts: count(0)?, notified: count(1)?, held: count(2)? })
    })?)
}

/// Sets the numbers of alerts and copies folded of subscriptions from the tables: the alerter updates them
/// only now and then.
pub(super) fn count_for(
    db: &Connection,
    mut records: Vec<SubscriptionRecord>,
) -> Answer<Vec<SubscriptionRecord>> {
    let ask = "SELECT alerts, copies FROM alert_totals WHERE subscription = ?1";
    for record in &mut records {
        let id = record.subscription.id.as_str();
        let counts = one(db, ask, [id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (alerts, copies): (u32, u32) = counts.unwrap_or_default();
        (record.alerts, record.copies_folded) = (alerts.into(), copies.into());
    }
    Ok(records)
}

fn with_revisions(db: &Connection, row: &Row<'_>) -> Answer<AlertRow> {
    let ask = "SELECT body FROM alert_revisions WHERE alert = ?1 ORDER BY revision";
    let revisions = rows(db, ask, [row.get::<_, String>(0)?], |it| read(it, 0))?;
    Ok(AlertRow { alert: read(row, 1)?, revisions, handling: None, acknowledgement: None })
}

pub(super) fn one_command(db: &Connection, id: &str) -> Answer<Option<OutputCommand>> {
    one(db, "SELECT body FROM commands WHERE id = ?1", [id], |row| read(row, 0))
}

/// The numbers of the projection.
pub(crate) struct Numbers {
    /// The numbers of recent articles.
    pub(crate) hour: HourCounts,
    /// All articles.
    pub(crate) articles: u64,
    /// All alerts.
    pub(crate) alerts: AlertCounts,
}

pub(super) fn numbers(db: &Connection, since: UnixMillis) -> Answer<Numbers> {
    Ok(Numbers {
        hour: counts_of_hour(db, since)?,
        articles: article_count(db)?,
        alerts: alert_counts(db, None)?,
    })
}

fn counts_of_hour(db: &Connection, since: UnixMillis) -> Answer<HourCounts> {
    let since = millis(since);
    let mut copies = 0;
    // Reads only an index. Grouping is done here, since SQLite would use a temporary table.
    let ask = "SELECT folded - seen, class = 'copy' FROM articles WHERE seen >= ?1";
    let mut took = rows(db, ask, [since], |row| {
        copies += u64::from(row.get::<_, bool>(1)?);
        Ok(u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0))
    })?;
    let articles = took.len() as u64;
    let (stories, events) = distinct(db, since)?;
    let of_alerts = "SELECT (SELECT count(*) FROM alerts WHERE at >= ?1),
        (SELECT count(*) FROM alerts WHERE notified_at >= ?1)";
    let counts = one(db, of_alerts, [since], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (alerts, notified): (u32, u32) = counts.unwrap_or_default();
    let share = || (copies as f64 / articles as f64 * 10_000.0).round() / 10_000.0;
    Ok(HourCounts {
        articles,
        stories,
        events,
        alerts: alerts.into(),
        notified: notified.into(),
        copies,
        share_folded: (articles > 0).then(share),
        fetch_to_fold_ms: median(&mut took),
    })
}

/// The number of stories and events of these articles.
fn distinct(db: &Connection, since: i64) -> Answer<(u64, u64)> {
    let (mut stories, mut events) = (HashSet::new(), HashSet::<Vec<u8>>::new());
    let ask = "SELECT story, event FROM event_articles WHERE seen >= ?1";
    let mut ask = db.prepare_cached(ask)?;
    let mut rows = ask.query([since])?;
    while let Some(row) = rows.next()? {
        let event = row.get_ref(1)?.as_bytes().unwrap_or_default();
        // A story has only one event.
        if stories.insert(row.get::<_, i64>(0)?) && !events.contains(event) {
            events.insert(event.to_owned());
        }
    }
    Ok((stories.len() as u64, events.len() as u64))
}

/// The middle one of some numbers.
pub(super) fn median(took: &mut [u64]) -> Option<u64> {
    let middle = took.len().checked_sub(1)? / 2;
    Some(*took.select_nth_unstable(middle).1)
}

pub(super) fn article_count(db: &Connection) -> Answer<u64> {
    let count = one(db, "SELECT articles FROM article_total", [], |row| Ok(row.get(0)?))?;
    Ok(u64::try_from(count.unwrap_or(0_i64)).unwrap_or(0))
}
