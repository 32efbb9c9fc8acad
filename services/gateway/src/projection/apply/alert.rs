//! One revision of an alert.

use rusqlite::{Transaction, params};
use wirefold_proto::{Alert, Volume};

use super::super::{Answer, paging::millis};
use super::{json, kept};
use crate::shapes::AlertRevision;

pub(super) fn put(transaction: &Transaction<'_>, alert: &Alert, body: &[u8]) -> Answer<()> {
    let (id, at) = (alert.id.to_string(), millis(wirefold_envelope::unix_millis(alert.at)));
    let revision = alert.revision as i64;
    let brief = AlertRevision {
        revision: alert.revision,
        at: alert.at,
        state: alert.state,
        volume: alert.volume,
        reasons: alert.reasons.clone(),
        held: alert.held.is_some(),
    };
    let volume = match alert.volume {
        Volume::Silent => "silent",
        Volume::Loud => "loud",
    };
    let insert = "INSERT OR IGNORE INTO alert_revisions (alert, revision, at, volume, body)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![id, revision, at, volume, json(&brief)?];
    transaction.prepare_cached(insert)?.execute(values)?;
    let put = "INSERT INTO alerts (id, subscription, target, revision, at, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (id) DO UPDATE SET
            revision = excluded.revision, at = excluded.at, body = excluded.body
        WHERE excluded.revision > revision";
    let (subscription, target) = (alert.subscription.as_str(), alert.target.to_string());
    let put_values = params![id, subscription, target, revision, at, kept(alert, body)?];
    transaction.prepare_cached(put)?.execute(put_values)?;
    Ok(())
}
