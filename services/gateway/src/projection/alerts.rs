//! Alerts, asked for.

use rusqlite::{Connection, params};
use wirefold_proto::{Alert, SubscriptionId, Tag};

use super::articles::{read, text};
use super::paging::Cursor;
use super::{Answer, Paging};
use crate::shapes::{AlertPage, AlertRevision, AlertRow};

/// A row of the table.
struct Row {
    id: String,
    at: i64,
    body: String,
}

pub(super) fn page(
    connection: &Connection,
    paging: &Paging,
    subscription: Option<&SubscriptionId>,
) -> Answer<AlertPage> {
    let wanted = if subscription.is_some() { "subscription = ?4" } else { "?4 IS NULL" };
    let ask = format!(
        "SELECT id, at, body FROM alerts WHERE (at, id) < (?1, ?2) AND {wanted}
         ORDER BY at DESC, id DESC LIMIT ?3"
    );
    let after = paging.after();
    let subscription = subscription.map(SubscriptionId::as_str);
    let values = params![after.time, after.id, paging.limit() as i64 + 1, subscription];
    let mut rows = connection
        .prepare_cached(&ask)?
        .query_map(values, |row| Ok(Row { id: row.get(0)?, at: row.get(1)?, body: row.get(2)? }))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let next = paging.cut(&mut rows, |row| Cursor { time: row.at, id: row.id.clone() });
    let alerts = rows.iter().map(|row| with_revisions(connection, row)).collect::<Answer<_>>()?;
    Ok(AlertPage { schema: Tag::new(), alerts, next })
}

fn with_revisions(connection: &Connection, row: &Row) -> Answer<AlertRow> {
    let alert: Alert = read(&row.body)?;
    let ask = "SELECT body FROM alert_revisions WHERE alert = ?1 ORDER BY revision";
    let mut ask = connection.prepare_cached(ask)?;
    let revisions = ask.query_map([&row.id], |row| text(row, 0))?;
    let revisions: Answer<Vec<AlertRevision>> = revisions.map(|body| read(&body?)).collect();
    Ok(AlertRow { alert, revisions: revisions? })
}
