//! Removes forgotten articles from the kept exports of events.

use std::collections::BTreeSet;

use bytes::Bytes;
use wirefold_flow::{BusError, Objects, read_object, write_object};
use wirefold_gateway::Kept;
use wirefold_gateway::shapes::{EventExport, ExportedAlert, ExportedRevision};
use wirefold_proto::{Alert, decode, encode};

use super::scrub::{Alerts, DecidedBy, Ids, without_addresses, without_words};

/// Passes each object with a kept event, by its name.
pub(super) async fn each(
    store: &dyn Objects,
    take: &mut dyn FnMut(&str, &[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for name in store.names().await? {
        if let Some(object) = read_object(store, &name).await? {
            take(&name, &object)?;
        }
    }
    Ok(())
}

/// Replaces and deletes objects. A kill leaves the old one or the new one.
pub(super) async fn write(
    store: &dyn Objects,
    edits: &[(String, Option<Bytes>)],
) -> Result<(), BusError> {
    for (name, object) in edits {
        match object {
            Some(object) => write_object(store, name, object.clone()).await?,
            None => store.delete(name).await?,
        }
    }
    Ok(())
}

/// The object without these articles; `None` inside if none stays. Nothing if it has nothing of them.
pub(super) fn without(
    mut kept: Kept,
    ids: &Ids,
    titles: &BTreeSet<String>,
    addresses: &BTreeSet<String>,
) -> anyhow::Result<Option<Option<Vec<u8>>>> {
    let before = kept.export.clone();
    let export = &mut kept.export;
    export.articles.retain(|it| !ids.contains(&it.output.id.to_string()));
    if export.articles.is_empty() {
        return Ok(Some(None));
    }
    remove_from_alerts(export, ids, titles);
    for row in &mut export.commands {
        row.title = row.title.take().filter(|title| !titles.contains(title));
    }
    let body = encode(export)?;
    let body = without_words(&body, ids, DecidedBy::Other).unwrap_or(body);
    *export = decode(&without_addresses(&body, addresses).unwrap_or(body))?;
    if *export == before {
        return Ok(None);
    }
    if export.articles.len() < before.articles.len() {
        kept.restate();
    }
    Ok(Some(Some(kept.written()?)))
}

/// Edits the alerts as in `WF_ALERTS`. The answer of a target may quote the alert that it received.
fn remove_from_alerts(export: &mut EventExport, ids: &Ids, titles: &BTreeSet<String>) {
    let mut alerts = Alerts::default();
    for revision in export.alerts.iter().flat_map(|it| &it.revisions) {
        alerts.note(&revision.alert, ids, titles);
    }
    for ExportedAlert { revisions, deliveries, .. } in &mut export.alerts {
        let mut left = Vec::with_capacity(revisions.len());
        for revision in revisions.drain(..) {
            let edit = alerts.edit_of(&revision.alert, ids, titles);
            if edit.is_some() {
                deliveries.iter_mut().for_each(|it| it.attempts.clear());
            }
            left.extend(match edit {
                None => Some(revision),
                Some(edited) => edited.map(in_short),
            });
        }
        *revisions = left;
    }
    export.alerts.retain(|it| !it.revisions.is_empty());
}

/// A revision without the words of its message, which may quote a forgotten article.
fn in_short(alert: Alert) -> ExportedRevision {
    let lines = alert.reasons.iter().map(|reason| reason.words.clone()).collect();
    ExportedRevision { title: alert.headline.title.clone(), lines, alert }
}
