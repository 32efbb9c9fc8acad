//! Alerts of forgotten articles: those of forgotten articles alone are deleted, the others lose the words of
//! them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wirefold_proto::{Alert, AlertId, ReasonKind};

use super::scrub::{Ids, changed};

/// The words of a reason that a forgotten article may have given.
const REASON: &str = "an article that was forgotten said so";

/// One alert over all its revisions.
#[derive(Default)]
struct Life {
    /// Whether it shows a forgotten article, or the headline of one.
    shows_forgotten: bool,
    /// The title and outlet of an article that stays; none where none does.
    stays: Option<String>,
    /// The outlets of the articles that stay.
    outlets: BTreeSet<String>,
}

/// All alerts.
#[derive(Default)]
pub(super) struct Alerts(BTreeMap<AlertId, Life>);

/// What becomes of a revision.
pub(super) enum Fate {
    /// It stays as it is.
    Stays,
    /// It goes with its alert.
    Goes,
    /// It says this instead.
    Says(Vec<u8>),
}

impl Alerts {
    /// Notes what a revision shows.
    pub(super) fn note(&mut self, alert: &Alert, ids: &Ids, titles: &BTreeSet<String>) {
        let life = self.0.entry(alert.id.clone()).or_default();
        let is_gone = |id: &str| ids.contains(id);
        life.shows_forgotten |= titles.contains(&alert.headline.title);
        for article in &alert.articles {
            if is_gone(&article.id.to_string()) {
                life.shows_forgotten = true;
            } else {
                life.outlets.insert(article.outlet_in_words());
                life.outlets.insert(article.outlet.to_string());
                life.stays = Some(article.title.clone());
            }
        }
    }

    /// The alerts that go.
    pub(super) fn gone(&self) -> impl Iterator<Item = &AlertId> {
        self.concerned().filter(|(_, life)| life.stays.is_none()).map(|(id, _)| id)
    }

    /// The alerts that stay with fewer words.
    pub(super) fn scrubbed(&self) -> impl Iterator<Item = &AlertId> {
        self.concerned().filter(|(_, life)| life.stays.is_some()).map(|(id, _)| id)
    }

    fn concerned(&self) -> impl Iterator<Item = (&AlertId, &Life)> {
        self.0.iter().filter(|(_, life)| life.shows_forgotten)
    }

    /// What becomes of a revision.
    pub(super) fn fate(
        &self,
        alert: &Alert,
        body: &[u8],
        ids: &Ids,
        titles: &BTreeSet<String>,
    ) -> Fate {
        let life = self.0.get(&alert.id).filter(|life| life.shows_forgotten);
        let Some(life) = life else { return Fate::Stays };
        let Some(title) = &life.stays else { return Fate::Goes };
        let scrubbed = changed(body, |value| {
            take_articles(value, ids);
            if titles.contains(&alert.headline.title) {
                value["headline"]["title"] = title.as_str().into();
            }
            take_reasons(value, life);
            take_outlets(value, life);
            true
        });
        scrubbed.map_or(Fate::Stays, Fate::Says)
    }
}

fn take_articles(value: &mut Value, ids: &Ids) {
    let is_gone = |article: &Value| article["id"].as_str().is_some_and(|id| ids.contains(id));
    if let Some(articles) = value.get_mut("articles").and_then(Value::as_array_mut) {
        articles.retain(|article| !is_gone(article));
    }
}

/// Nobody can tell any more which article gave a reason: its words go where a text may have given them.
fn take_reasons(value: &mut Value, life: &Life) {
    let reasons = value.get_mut("reasons").and_then(Value::as_array_mut);
    for reason in reasons.into_iter().flatten() {
        let kind = serde_json::from_value::<ReasonKind>(reason["kind"].clone());
        let quotes =
            matches!(kind, Ok(ReasonKind::Material | ReasonKind::Claimed | ReasonKind::Correction));
        take_sources(reason, life);
        if let (true, Some(fields)) = (quotes, reason.as_object_mut()) {
            fields.insert("words".to_owned(), REASON.into());
            fields.remove("old");
            fields.remove("new");
        }
    }
}

/// Outlets that no article of the alert has any more.
fn take_outlets(value: &mut Value, life: &Life) {
    let figures = value.get_mut("figures").and_then(Value::as_array_mut);
    figures.into_iter().flatten().for_each(|figure| take_sources(figure, life));
    let first = value["first"]["outlet"].as_str();
    if first.is_some_and(|outlet| !life.outlets.contains(outlet))
        && let Some(fields) = value.as_object_mut()
    {
        fields.remove("first");
    }
}

/// A source is an outlet, which has a dot or stays, or an agency.
fn take_sources(value: &mut Value, life: &Life) {
    let is_gone = |source: &Value| {
        let source = source.as_str().unwrap_or_default();
        source.contains('.') && !life.outlets.contains(source)
    };
    if let Some(sources) = value.get_mut("sources").and_then(Value::as_array_mut) {
        sources.retain(|source| !is_gone(source));
    }
}
