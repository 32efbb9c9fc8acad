//! Writes one revision of an alert.

use rusqlite::{Transaction, params};
use wirefold_proto::{Alert, Volume};

use super::super::{Answer, paging::millis};
use super::{json, kept};
use crate::shapes::AlertRevision;

pub(super) fn put(transaction: &Transaction<'_>, alert: &Alert, body: &[u8]) -> Answer<()> {
    let (id, at) = (alert.id.to_string(), millis(wirefold_envelope::unix_millis(alert.at)));
    let revision = alert.revision as i64;
    let volume = match alert.volume {
        Volume::Silent => "silent",
        Volume::Loud => "loud",
    };
    let insert = "INSERT OR IGNORE INTO alert_revisions (alert, revision, at, volume, body)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![id, revision, at, volume, json(&AlertRevision::of(alert))?];
    transaction.prepare_cached(insert)?.execute(values)?;
    let put = "INSERT INTO alerts
        (id, subscription, target, revision, at, copies, notified_at, held_at, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (id) DO UPDATE SET
            revision = max(revision, excluded.revision),
            at = iif(excluded.revision > revision, excluded.at, at),
            copies = iif(excluded.revision > revision, excluded.copies, copies),
            notified_at = nullif(max(coalesce(notified_at, -1), coalesce(excluded.notified_at, -1)), -1),
            held_at = nullif(max(coalesce(held_at, -1), coalesce(excluded.held_at, -1)), -1),
            body = iif(excluded.revision > revision, excluded.body, body)
        WHERE excluded.revision <> revision";
    let (subscription, target) = (alert.subscription.as_str(), alert.target.to_string());
    let (is_held, is_loud) = (alert.held.is_some(), alert.volume == Volume::Loud);
    transaction.prepare_cached(put)?.execute(params![
        id,
        subscription,
        target,
        revision,
        at,
        alert.copies,
        (is_loud && !is_held).then_some(at),
        is_held.then_some(at),
        kept(alert, body)?,
    ])?;
    Ok(())
}
