//! Finds everything that must be removed, by reading everything that is stored.

use std::collections::BTreeSet;

use serde::Serialize;
use wirefold_flow::{BusError, Stored};
use wirefold_proto::streams::{ALERTS, DEAD, FETCHED, JUDGED, OUTPUT};
use wirefold_proto::{
    AboutArticle, Alert, ArticleFetched, DeadBody, DeadLetter, Judged, Message as _, OutputArticle,
    OutputStory, decode, name_of,
};

use super::alerts::{Alerts, RevisionChange};
use super::change::{Change, Edit};
use super::records;
use super::scrub::{DecidedBy, Ids, holds_one, names_one, without_words};
use super::store::OfflineStore;

/// The number of removed things of each kind.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct RemovedCounts {
    pub(super) articles: usize,
    pub(super) decisions: usize,
    pub(super) output: usize,
    pub(super) alerts: usize,
    pub(super) dead: usize,
    /// Records of feeds and deliveries that are changed or deleted.
    pub(super) records: usize,
    /// Messages and alerts of other articles that lose the words of the forgotten ones.
    pub(super) scrubbed: usize,
    /// Remaining articles, which the detector reads again at the next start.
    pub(super) stay: usize,
}

/// The whole plan.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) edits: Vec<Edit>,
    pub(super) changes: Vec<Change>,
    pub(super) counts: RemovedCounts,
    /// The forgotten articles for people: outlet and title.
    pub(super) shown: Vec<String>,
    pub(super) ids: Ids,
    pub(super) titles: BTreeSet<String>,
    pub(super) addresses: BTreeSet<String>,
    pub(super) alerts: Alerts,
    decisions: BTreeSet<String>,
}

impl Plan {
    /// Finds everything about the articles that have one of these keys.
    pub(super) fn of(
        keys: &BTreeSet<String>,
        store: &mut dyn OfflineStore,
    ) -> Result<Self, BusError> {
        let mut plan = Self::default();
        store.each(FETCHED.name, &mut |stored| plan.fetched(&stored, keys))?;
        store.each(OUTPUT.name, &mut |stored| plan.output_article(&stored, keys))?;
        plan.counts.articles = plan.ids.len();
        store.each(JUDGED.name, &mut |stored| plan.judged(&stored))?;
        store.each(OUTPUT.name, &mut |stored| plan.other_output(&stored))?;
        store.each(ALERTS.name, &mut |stored| plan.note_alert(&stored))?;
        store.each(ALERTS.name, &mut |stored| plan.alert(&stored))?;
        plan.counts.alerts = plan.alerts.deleted().count();
        plan.counts.scrubbed += plan.alerts.scrubbed().count();
        store.each(DEAD.name, &mut |stored| plan.dead(&stored))?;
        let forgotten =
            records::Forgotten { ids: &plan.ids, addresses: &plan.addresses, alerts: &plan.alerts };
        plan.changes = records::changes_for(&forgotten, store)?;
        plan.counts.records = plan.changes.len();
        Ok(plan)
    }

    fn erase(&mut self, stream: &'static str, sequence: u64) {
        self.edits.push(Edit { stream, sequence, body: None });
    }

    fn rewrite(&mut self, stream: &'static str, sequence: u64, body: Vec<u8>) {
        self.edits.push(Edit { stream, sequence, body: Some(body.into()) });
    }

    fn note(&mut self, id: String, about: &AboutArticle) {
        if self.ids.insert(id) {
            self.shown.push(format!("{}: {}", about.outlet_label(), about.title));
        }
        self.titles.extend((!about.title.is_empty()).then(|| about.title.clone()));
        self.addresses.extend(about.url.iter().chain(&about.canonical_url).cloned());
    }

    fn fetched(&mut self, stored: &Stored, keys: &BTreeSet<String>) {
        let Ok(fetched) = decode::<ArticleFetched>(&stored.body) else { return };
        match is_asked_for(&fetched.article, keys) {
            true => {
                self.note(fetched.id.to_string(), &fetched.article);
                self.erase(FETCHED.name, stored.sequence);
            }
            false => self.counts.stay += 1,
        }
    }

    fn output_article(&mut self, stored: &Stored, keys: &BTreeSet<String>) {
        let Some(article) = output_article(stored) else { return };
        let id = article.id.to_string();
        if is_asked_for(&article.article, keys) || self.ids.contains(&id) {
            self.note(id, &article.article);
            self.decisions.insert(article.decision.to_string());
            self.erase(OUTPUT.name, stored.sequence);
            self.counts.output += 1;
        }
    }

    fn judged(&mut self, stored: &Stored) {
        let Ok(judged) = Judged::decode(&stored.body) else { return };
        let own = match &judged {
            Judged::Article(record) if self.ids.contains(&record.id.to_string()) => Some(record),
            _ => None,
        };
        let Some(own) = own else {
            return self.scrub(JUDGED.name, stored, DecidedBy::Other);
        };
        self.counts.decisions += 1;
        self.decisions.insert(own.decision.to_string());
        // The changes to other stories may not be in the output yet.
        match own.changes.is_empty() {
            true => self.erase(JUDGED.name, stored.sequence),
            false => self.scrub(JUDGED.name, stored, DecidedBy::Forgotten),
        }
    }

    /// Records output about other articles.
    fn other_output(&mut self, stored: &Stored) {
        let is_article = |article: OutputArticle| self.ids.contains(&article.id.to_string());
        if output_article(stored).is_some_and(is_article) {
            return;
        }
        let of_story = decode::<OutputStory>(&stored.body).ok();
        let is_own = of_story.is_some_and(|it| self.decisions.contains(&it.decision.to_string()));
        self.scrub(
            OUTPUT.name,
            stored,
            if is_own { DecidedBy::Forgotten } else { DecidedBy::Other },
        );
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
        match self.alerts.change_of(&alert, &stored.body, &self.ids, &self.titles) {
            RevisionChange::Keep => {}
            RevisionChange::Delete => self.erase(ALERTS.name, stored.sequence),
            RevisionChange::Replace(body) => self.rewrite(ALERTS.name, stored.sequence, body),
        }
    }

    fn dead(&mut self, stored: &Stored) {
        let holds = |body: &[u8]| names_one(body, &self.ids) || holds_one(body, &self.addresses);
        let message = decode::<DeadLetter>(&stored.body).ok().and_then(|letter| letter.message);
        let is_hex = match message {
            Some(DeadBody::Hex { data }) => holds(&bytes_of(&data)),
            _ => false,
        };
        if holds(&stored.body) || is_hex {
            self.erase(DEAD.name, stored.sequence);
            self.counts.dead += 1;
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

/// The bytes of hexadecimal digits.
fn bytes_of(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}
