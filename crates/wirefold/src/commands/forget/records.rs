//! Finds forgotten articles in the tables of the stages.

use std::collections::BTreeSet;

use bytes::Bytes;
use wirefold_flow::{BusError, Entry};
use wirefold_proto::streams::{DELIVERIES, FEEDS, STORIES, SUBSCRIPTIONS};
use wirefold_proto::{handling_key, token};

use super::alerts::Alerts;
use super::change::Change;
use super::scrub::{Ids, names_one, without_addresses, without_items};
use super::store::OfflineStore;

/// The tables that may contain something of an article.
pub(super) const TABLES: [&str; 4] =
    [FEEDS.name, DELIVERIES.name, SUBSCRIPTIONS.name, STORIES.name];

/// The articles to forget, as the streams show them.
pub(super) struct Forgotten<'a> {
    pub(super) ids: &'a Ids,
    pub(super) addresses: &'a BTreeSet<String>,
    /// The alerts about them.
    pub(super) alerts: &'a Alerts,
}

/// The changes to all tables.
pub(super) fn changes_for(
    forgotten: &Forgotten<'_>,
    store: &mut dyn OfflineStore,
) -> Result<Vec<Change>, BusError> {
    let mut changes = Vec::new();
    let escaped = |id: &wirefold_proto::AlertId| token::escape(&id.to_string());
    let gone: BTreeSet<String> = forgotten.alerts.deleted().map(escaped).collect();
    let scrubbed: BTreeSet<String> = forgotten.alerts.scrubbed().map(escaped).collect();
    let handled: BTreeSet<String> = forgotten.alerts.deleted().map(handling_key).collect();
    for (bucket, entry) in all(store)? {
        let Some(value) = &entry.value else { continue };
        let is_seen = bucket == FEEDS.name && entry.key.starts_with("seen.");
        let about = alert_of(&entry.key);
        let goes = match bucket {
            // The answer of a target may quote the alert that it received.
            _ if bucket == DELIVERIES.name => about.is_some_and(|(alert, is_attempts)| {
                gone.contains(alert) || is_attempts && scrubbed.contains(alert)
            }),
            _ if bucket == SUBSCRIPTIONS.name => handled.contains(&entry.key),
            _ if bucket == STORIES.name => names_one(value, forgotten.ids),
            _ => false,
        };
        let written = match (goes, is_seen) {
            (true, _) => None,
            (false, true) => without_items(value, forgotten.ids),
            (false, false) => without_addresses(value, forgotten.addresses),
        };
        if goes || written.is_some() {
            changes.push(Change { bucket, key: entry.key, value: written.map(Bytes::from) });
        }
    }
    Ok(changes)
}

fn all(store: &mut dyn OfflineStore) -> Result<Vec<(&'static str, Entry)>, BusError> {
    let mut all = Vec::new();
    for bucket in TABLES {
        let entries = store.entries(bucket)?;
        all.extend(entries.into_iter().map(|entry| (bucket, entry)));
    }
    Ok(all)
}

/// The alert of a key `<delivery>.<alert>` or `<delivery>.<alert>.attempts`, and whether it is the latter.
fn alert_of(key: &str) -> Option<(&str, bool)> {
    let (_, rest) = key.split_once('.')?;
    match rest.strip_suffix(".attempts") {
        Some(alert) => Some((alert, true)),
        None => Some((rest, false)),
    }
}
