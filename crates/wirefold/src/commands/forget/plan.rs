//! Finds everything that must be removed, by reading everything that is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bytes::Bytes;
use serde::Serialize;
use wirefold_flow::{Entry, Stored};
use wirefold_gateway::Kept;
use wirefold_gateway::shapes::ArticleDetail;
use wirefold_proto::streams::{
    ALERTS, DEAD, DELIVERIES, ENRICHED, FEEDS, FETCHED, KEPT, OUTPUT, STORIES, SUBSCRIPTIONS,
};
use wirefold_proto::{
    AboutArticle, Alert, AlertId, ArticleEnriched, ArticleFetched, DeadBody, DeadLetter,
    Message as _, OutputArticle, OutputForgotten, Tag, acknowledged_key, decode, encode,
    handling_key, name_of, token,
};

use super::Store;
use super::kept::without;
use super::scrub::{
    Alerts, DecidedBy, Ids, holds_one, names_one, without_addresses, without_items, without_words,
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
    pub(super) counts: RemovedCounts,
    /// The forgotten articles for people: outlet and title.
    pub(super) shown: Vec<String>,
    ids: Ids,
    titles: BTreeSet<String>,
    addresses: BTreeSet<String>,
    alerts: Alerts,
}

impl Plan {
    /// Finds everything about the articles that have one of these keys.
    pub(super) fn of(
        keys: &BTreeSet<String>,
        store: &mut dyn Store,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let mut plan = Self::default();
        store.each_kept(folder, &mut |name, object| plan.note_kept(name, object, keys))?;
        store.each(FETCHED.name, &mut |stored| plan.fetched(&stored, keys))?;
        store.each(ENRICHED.name, &mut |stored| plan.enriched(&stored, keys))?;
        store.each(OUTPUT.name, &mut |stored| plan.output_article(&stored, keys))?;
        plan.counts.articles = plan.ids.len();
        store.each(OUTPUT.name, &mut |stored| plan.other_output(&stored))?;
        store.each(ALERTS.name, &mut |stored| plan.note_alert(&stored))?;
        store.each(ALERTS.name, &mut |stored| plan.alert(&stored))?;
        plan.counts.alerts = plan.alerts.deleted().count();
        plan.counts.scrubbed += plan.alerts.scrubbed().count();
        store.each(DEAD.name, &mut |stored| plan.dead(&stored))?;
        for bucket in TABLES {
            plan.table(bucket, store.entries(bucket)?);
        }
        plan.counts.records = plan.changes.len();
        let (mut others, mut own) = (Vec::new(), Vec::new());
        store.each_kept(folder, &mut |name, object| {
            let kept = read_kept(name, object)?;
            let is_own = kept.export.articles.iter().any(|it| plan.is_noted(it));
            if let Some(edit) = without(kept, &plan.ids, &plan.titles, &plan.addresses)? {
                let list = if is_own { &mut own } else { &mut others };
                list.push((name.to_owned(), edit.map(Bytes::from)));
            }
            Ok(())
        })?;
        others.append(&mut own);
        (plan.counts.kept, plan.kept) = (others.len(), others);
        Ok(plan)
    }

    fn erase(&mut self, stream: &'static str, sequence: u64) {
        self.edits.insert((stream, sequence), None);
    }

    fn rewrite(&mut self, stream: &'static str, sequence: u64, body: Vec<u8>) {
        self.edits.insert((stream, sequence), Some(body.into()));
    }

    fn note(&mut self, id: String, about: &AboutArticle) {
        if self.ids.insert(id) {
            self.shown.push(format!("{}: {}", about.outlet_label(), about.title));
        }
        self.titles.extend((!about.title.is_empty()).then(|| about.title.clone()));
        self.addresses.extend(about.url.iter().chain(&about.canonical_url).cloned());
    }

    fn is_noted(&self, article: &ArticleDetail) -> bool {
        self.ids.contains(&article.output.id.to_string())
    }

    fn note_kept(
        &mut self,
        name: &str,
        object: &[u8],
        keys: &BTreeSet<String>,
    ) -> anyhow::Result<()> {
        for article in read_kept(name, object)?.export.articles {
            if is_asked_for(&article.output.article, keys) {
                self.note(article.output.id.to_string(), &article.output.article);
            }
        }
        Ok(())
    }

    fn fetched(&mut self, stored: &Stored, keys: &BTreeSet<String>) {
        let Ok(fetched) = decode::<ArticleFetched>(&stored.body) else { return };
        if is_asked_for(&fetched.article, keys) {
            self.note(fetched.id.to_string(), &fetched.article);
            self.erase(FETCHED.name, stored.sequence);
        }
    }

    fn enriched(&mut self, stored: &Stored, keys: &BTreeSet<String>) {
        let Ok(enriched) = decode::<ArticleEnriched>(&stored.body) else { return };
        match is_asked_for(&enriched.article, keys) {
            true => {
                self.note(enriched.id.to_string(), &enriched.article);
                self.erase(ENRICHED.name, stored.sequence);
            }
            false => self.counts.stay += 1,
        }
    }

    fn output_article(&mut self, stored: &Stored, keys: &BTreeSet<String>) {
        let Some(article) = output_article(stored) else { return };
        let id = article.id.to_string();
        if is_asked_for(&article.article, keys) || self.ids.contains(&id) {
            self.note(id, &article.article);
            self.counts.output += 1;
            match forgotten(article) {
                Some(body) => self.rewrite(OUTPUT.name, stored.sequence, body),
                None => self.erase(OUTPUT.name, stored.sequence),
            }
        }
    }

    /// Records output about other articles.
    fn other_output(&mut self, stored: &Stored) {
        let is_article = |article: OutputArticle| self.ids.contains(&article.id.to_string());
        if output_article(stored).is_some_and(is_article) {
            return;
        }
        self.scrub(OUTPUT.name, stored, DecidedBy::Other);
    }

    fn scrub(&mut self, stream: &'static str, stored: &Stored, of: DecidedBy) {
        if of == DecidedBy::Other && !names_one(&stored.body, &self.ids) {
            return;
        }
        if let Some(body) = without_words(&stored.body, &self.ids, of) {
            self.rewrite(stream, stored.sequence, body);
            self.counts.scrubbed += usize::from(of == DecidedBy::Other);
        }
    }

    fn note_alert(&mut self, stored: &Stored) {
        if let Ok(alert) = decode::<Alert>(&stored.body) {
            self.alerts.note(&alert, &self.ids, &self.titles);
        }
    }

    fn alert(&mut self, stored: &Stored) {
        let Ok(alert) = decode::<Alert>(&stored.body) else { return };
        let edit = self.alerts.edit_of(&alert, &self.ids, &self.titles);
        let body = |edited: Option<Alert>| Some(encode(&edited?).ok()?.into());
        self.edits.extend(edit.map(|edited| ((ALERTS.name, stored.sequence), body(edited))));
    }

    /// Finds the forgotten articles in a table of the stages.
    fn table(&mut self, bucket: &'static str, entries: Vec<Entry>) {
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

    fn dead(&mut self, stored: &Stored) {
        let holds = |body: &[u8]| names_one(body, &self.ids) || holds_one(body, &self.addresses);
        let message = decode::<DeadLetter>(&stored.body).ok().and_then(|letter| letter.message);
        let bytes = message.as_ref().and_then(DeadBody::bytes);
        if holds(&stored.body) || bytes.is_some_and(|bytes| holds(&bytes)) {
            self.erase(DEAD.name, stored.sequence);
            self.counts.dead += 1;
        }
    }
}

/// Reads a kept event. One that cannot be read may have a forgotten article.
fn read_kept(name: &str, object: &[u8]) -> anyhow::Result<Kept> {
    match Kept::read(object) {
        Some(kept) => Ok(kept),
        None => {
            stop!(Failure, "{}/{name} cannot be read: delete it, then run this again", KEPT.name)
        }
    }
}

fn is_asked_for(about: &AboutArticle, keys: &BTreeSet<String>) -> bool {
    about.forgotten_keys().iter().any(|key| keys.contains(key))
}

fn output_article(stored: &Stored) -> Option<OutputArticle> {
    let name = name_of(&stored.body).ok()?;
    (&*name == OutputArticle::NAME).then(|| decode(&stored.body).ok()).flatten()
}

/// The changes that an article made to other stories, without its words. `None` if there are none.
fn forgotten(article: OutputArticle) -> Option<Vec<u8>> {
    let OutputArticle { decision, input, article, changes, .. } = article;
    if changes.is_empty() {
        return None;
    }
    let (schema, at) = (Tag::new(), article.seen);
    let left = OutputForgotten { schema, decision, input, at, changes };
    let body = encode(&left).ok()?;
    Some(without_words(&body, &Ids::new(), DecidedBy::Forgotten).unwrap_or(body))
}

/// The alert of a key `<delivery>.<alert>` or `<delivery>.<alert>.attempts`, and whether it is the latter.
fn alert_of(key: &str) -> Option<(&str, bool)> {
    let (_, rest) = key.split_once('.')?;
    match rest.strip_suffix(".attempts") {
        Some(alert) => Some((alert, true)),
        None => Some((rest, false)),
    }
}
