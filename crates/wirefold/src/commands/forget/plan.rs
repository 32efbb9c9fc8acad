//! The removals in each kind of message, record and kept event.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use wirefold_flow::{Entry, Stored};
use wirefold_flow_nats::is_signed;
use wirefold_gateway::Kept;
use wirefold_gateway::shapes::{EventExport, ExportedAlert, ExportedRevision};
use wirefold_proto::streams::{
    ALERTS, DEAD, DELIVERIES, ENRICHED, FEEDS, KEPT, OUTPUT, STORIES, SUBSCRIPTIONS,
};
use wirefold_proto::{
    AboutArticle, Alert, AlertId, ArticleId, DeadBody, DeadLetter, OutputArticle, OutputForgotten,
    Tag, acknowledged_key, decode, encode, handling_key, token,
};

use super::scrub::{
    Alerts, Ids, holds_one, names_one, without_addresses, without_items, without_words,
};
use crate::exit::stop;

/// The tables that may contain something of an article.
pub(super) const TABLES: [&str; 4] =
    [FEEDS.name, DELIVERIES.name, SUBSCRIPTIONS.name, STORIES.name];

/// The number of removed things of each kind.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct RemovedCounts {
    pub(super) articles: usize,
    pub(super) output: usize,
    pub(super) alerts: usize,
    pub(super) dead: usize,
    /// Records of feeds and deliveries that are changed or deleted.
    pub(super) records: usize,
    /// Messages and alerts of other articles that lose the words of the forgotten ones.
    pub(super) scrubbed: usize,
    /// Kept events that lose articles or words, or go.
    pub(super) kept: usize,
    /// Remaining articles, which the detector reads again at the next start.
    pub(super) stay: usize,
}

/// The whole plan.
#[derive(Default)]
pub(super) struct Plan {
    /// The new body of each message that changes, by its stream and sequence. `None` deletes the message.
    pub(super) edits: BTreeMap<(&'static str, u64), Option<Bytes>>,
    /// The new value of each key that changes, by its bucket. `None` deletes the key.
    pub(super) changes: BTreeMap<(&'static str, String), Option<Bytes>>,
    /// The new content of each kept event that changes, by the name of its object. `None` deletes the object. Those that
    /// have a forgotten article come last, because a second run finds the article in them.
    pub(super) kept: Vec<(String, Option<Bytes>)>,
    /// Whether one of the messages that get a new body is signed.
    pub(super) has_signed: bool,
    pub(super) counts: RemovedCounts,
    /// The forgotten articles for people: outlet and title.
    pub(super) shown: Vec<String>,
    pub(super) ids: Ids,
    titles: BTreeSet<String>,
    addresses: BTreeSet<String>,
    pub(super) alerts: Alerts,
}

/// The fields that a fetched article, an enriched one and a decision have in common.
#[derive(Deserialize)]
struct NamedArticle {
    id: ArticleId,
    article: AboutArticle,
}

impl Plan {
    /// Whether nothing is stored about the articles.
    pub(super) fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.changes.is_empty() && self.kept.is_empty()
    }

    pub(super) fn has(&self, id: ArticleId) -> bool {
        self.ids.contains(&id.to_string())
    }

    /// Notes an article that has one of these keys, or is known to have one. Returns whether it does.
    pub(super) fn note(
        &mut self,
        id: ArticleId,
        about: &AboutArticle,
        keys: &BTreeSet<String>,
    ) -> bool {
        if !self.has(id) && !about.forgotten_keys().iter().any(|key| keys.contains(key)) {
            return false;
        }
        if self.ids.insert(id.to_string()) {
            self.shown.push(format!("{}: {}", about.outlet_label(), about.title));
        }
        self.titles.extend((!about.title.is_empty()).then(|| about.title.clone()));
        self.addresses.extend(about.url.iter().chain(&about.canonical_url).cloned());
        true
    }

    /// Removes an article. Of a decision the changes stay that it made to other stories.
    pub(super) fn article(
        &mut self,
        stream: &'static str,
        stored: &Stored,
        keys: &BTreeSet<String>,
    ) {
        let named = serde_json::from_slice(&stored.body);
        let Ok(NamedArticle { id, article }) = named else { return };
        if !self.note(id, &article, keys) {
            self.counts.stay += usize::from(stream == ENRICHED.name);
            return;
        }
        let is_output = stream == OUTPUT.name;
        self.counts.output += usize::from(is_output);
        let left = if is_output { forgotten(&stored.body) } else { None };
        self.edit(stream, stored, left);
    }

    /// Removes the words of the articles from output about others.
    pub(super) fn other_output(&mut self, stored: &Stored) {
        let is_own = self.edits.contains_key(&(OUTPUT.name, stored.sequence));
        if is_own || !names_one(&stored.body, &self.ids) {
            return;
        }
        if let Some(body) = without_words(&stored.body, Some(&self.ids)) {
            self.edit(OUTPUT.name, stored, Some(body));
            self.counts.scrubbed += 1;
        }
    }

    pub(super) fn note_alert(&mut self, stored: &Stored) {
        if let Ok(alert) = decode::<Alert>(&stored.body) {
            self.alerts.note(&alert, &self.ids, &self.titles);
        }
    }

    pub(super) fn alert(&mut self, stored: &Stored) {
        let Ok(alert) = decode::<Alert>(&stored.body) else { return };
        if let Some(edited) = self.alerts.edit_of(&alert, &self.ids, &self.titles) {
            self.edit(ALERTS.name, stored, edited.and_then(|it| encode(&it).ok()));
        }
    }

    pub(super) fn dead(&mut self, stored: &Stored) {
        let holds = |body: &[u8]| names_one(body, &self.ids) || holds_one(body, &self.addresses);
        let message = decode::<DeadLetter>(&stored.body).ok().and_then(|letter| letter.message);
        let bytes = message.as_ref().and_then(DeadBody::bytes);
        if holds(&stored.body) || bytes.is_some_and(|bytes| holds(&bytes)) {
            self.edit(DEAD.name, stored, None);
            self.counts.dead += 1;
        }
    }

    fn edit(&mut self, stream: &'static str, stored: &Stored, body: Option<Vec<u8>>) {
        self.has_signed |= body.is_some() && is_signed(stored);
        self.edits.insert((stream, stored.sequence), body.map(Bytes::from));
    }

    /// Finds the forgotten articles in a table of the stages.
    pub(super) fn table(&mut self, bucket: &'static str, entries: Vec<Entry>) {
        let escaped = |id: &AlertId| token::escape(&id.to_string());
        let gone: BTreeSet<String> = self.alerts.deleted().map(escaped).collect();
        let scrubbed: BTreeSet<String> = self.alerts.scrubbed().map(escaped).collect();
        let deleted = self.alerts.deleted();
        let handled: BTreeSet<String> =
            deleted.flat_map(|it| [handling_key(it), acknowledged_key(it.target)]).collect();
        for entry in entries {
            let Some(value) = &entry.value else { continue };
            let goes = match bucket {
                // The answer of a target may quote the alert that it received.
                _ if bucket == DELIVERIES.name => {
                    alert_of(&entry.key).is_some_and(|(alert, is_attempts)| {
                        gone.contains(alert) || is_attempts && scrubbed.contains(alert)
                    })
                }
                _ if bucket == SUBSCRIPTIONS.name => handled.contains(&entry.key),
                _ if bucket == STORIES.name => names_one(value, &self.ids),
                _ => false,
            };
            let written = match bucket == FEEDS.name && entry.key.starts_with("seen.") {
                _ if goes => None,
                true => without_items(value, &self.ids),
                false => without_addresses(value, &self.addresses),
            };
            if goes || written.is_some() {
                self.changes.insert((bucket, entry.key), written.map(Bytes::from));
            }
        }
    }

    /// A kept event without the articles, or `None` for its deletion. Nothing if it has nothing of them.
    pub(super) fn kept_event(&self, mut kept: Kept) -> anyhow::Result<Option<Option<Bytes>>> {
        let before = kept.export.clone();
        let export = &mut kept.export;
        export.articles.retain(|it| !self.has(it.output.id));
        if export.articles.is_empty() {
            return Ok(Some(None));
        }
        self.kept_alerts(export);
        for row in &mut export.commands {
            row.title = row.title.take().filter(|title| !self.titles.contains(title));
        }
        let body = encode(export)?;
        let body = without_words(&body, Some(&self.ids)).unwrap_or(body);
        *export = decode(&without_addresses(&body, &self.addresses).unwrap_or(body))?;
        if *export == before {
            return Ok(None);
        }
        if export.articles.len() < before.articles.len() {
            kept.restate();
        }
        Ok(Some(Some(kept.written()?.into())))
    }

    /// Edits the alerts as in `WF_ALERTS`. The answer of a target may quote the alert that it received.
    fn kept_alerts(&self, export: &mut EventExport) {
        let mut alerts = Alerts::default();
        for revision in export.alerts.iter().flat_map(|it| &it.revisions) {
            alerts.note(&revision.alert, &self.ids, &self.titles);
        }
        for ExportedAlert { revisions, deliveries, .. } in &mut export.alerts {
            let edited = revisions.drain(..).filter_map(|revision| {
                let Some(edit) = alerts.edit_of(&revision.alert, &self.ids, &self.titles) else {
                    return Some(revision);
                };
                deliveries.iter_mut().for_each(|it| it.attempts.clear());
                edit.map(in_short)
            });
            *revisions = edited.collect();
        }
        export.alerts.retain(|it| !it.revisions.is_empty());
    }
}

/// A revision without the words of its message, which may quote a forgotten article.
fn in_short(alert: Alert) -> ExportedRevision {
    let lines = alert.reasons.iter().map(|reason| reason.words.clone()).collect();
    ExportedRevision { title: alert.headline.title.clone(), lines, alert }
}

/// Reads a kept event. One that cannot be read may have a forgotten article.
pub(super) fn read_kept(name: &str, object: &[u8]) -> anyhow::Result<Kept> {
    match Kept::read(object) {
        Some(kept) => Ok(kept),
        None => {
            stop!(Failure, "{}/{name} cannot be read: delete it, then run this again", KEPT.name)
        }
    }
}

/// The changes that an article made to other stories, without its words. `None` if there are none.
fn forgotten(body: &[u8]) -> Option<Vec<u8>> {
    let OutputArticle { decision, input, article, changes, .. } = decode(body).ok()?;
    if changes.is_empty() {
        return None;
    }
    let left = OutputForgotten { schema: Tag::new(), decision, input, at: article.seen, changes };
    let encoded = encode(&left).ok()?;
    Some(without_words(&encoded, None).unwrap_or(encoded))
}

/// The alert of a key `<delivery>.<alert>` or `<delivery>.<alert>.attempts`, and whether it is the latter.
fn alert_of(key: &str) -> Option<(&str, bool)> {
    let (_, rest) = key.split_once('.')?;
    match rest.strip_suffix(".attempts") {
        Some(alert) => Some((alert, true)),
        None => Some((rest, false)),
    }
}
