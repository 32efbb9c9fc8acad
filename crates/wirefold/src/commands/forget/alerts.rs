//! Alerts about forgotten articles. An alert about forgotten articles alone is deleted. Others lose the words
//! that come from them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wirefold_proto::{Alert, AlertId, ReasonKind};

use super::scrub::{Ids, changed};

/// Replaces a reason that a forgotten article may have given.
const REASON: &str = "an article that was forgotten said so";

/// All revisions of one alert.
#[derive(Default)]
struct AlertHistory {
    /// Whether it shows a forgotten article or its headline.
    shows_forgotten: bool,
    /// The title and outlet of an article that stays, if there is one.
    stays: Option<String>,
    /// The outlets of the articles that stay.
    outlets: BTreeSet<String>,
}

/// The alerts of the stream.
#[derive(Default)]
pub(super) struct Alerts(BTreeMap<AlertId, AlertHistory>);

/// The change of a revision.
pub(super) enum RevisionChange {
    /// It stays unchanged.
    Keep,
    /// It is deleted with its alert.
    Delete,
    /// It is replaced by this body.
    Replace(Vec<u8>),
}

impl Alerts {
    /// Records what a revision shows.
    pub(super) fn note(&mut self, alert: &Alert, ids: &Ids, titles: &BTreeSet<String>) {
        let history = self.0.entry(alert.id.clone()).or_default();
        let is_forgotten = |id: &str| ids.contains(id);
        history.shows_forgotten |= titles.contains(&alert.headline.title);
        for article in &alert.articles {
            if is_forgotten(&article.id.to_string()) {
                history.shows_forgotten = true;
            } else {
                history.outlets.insert(article.outlet_label());
                history.outlets.insert(article.outlet.to_string());
                history.stays = Some(article.title.clone());
            }
        }
    }

    /// The alerts that are deleted.
    pub(super) fn deleted(&self) -> impl Iterator<Item = &AlertId> {
        self.concerned().filter(|(_, history)| history.stays.is_none()).map(|(id, _)| id)
    }

    /// The alerts that stay without the words of forgotten articles.
    pub(super) fn scrubbed(&self) -> impl Iterator<Item = &AlertId> {
        self.concerned().filter(|(_, history)| history.stays.is_some()).map(|(id, _)| id)
    }

    fn concerned(&self) -> impl Iterator<Item = (&AlertId, &AlertHistory)> {
        self.0.iter().filter(|(_, history)| history.shows_forgotten)
    }

    /// The change of a revision.
    pub(super) fn change_of(
        &self,
        alert: &Alert,
        body: &[u8],
        ids: &Ids,
        titles: &BTreeSet<String>,
    ) -> RevisionChange {
        let history = self.0.get(&alert.id).filter(|history| history.shows_forgotten);
        let Some(history) = history else { return RevisionChange::Keep };
        let Some(title) = &history.stays else { return RevisionChange::Delete };
        let scrubbed = changed(body, |value| {
            remove_articles(value, ids);
            if titles.contains(&alert.headline.title) {
                value["headline"]["title"] = title.as_str().into();
            }
            replace_reasons(value, history);
            remove_outlets(value, history);
            true
        });
        scrubbed.map_or(RevisionChange::Keep, RevisionChange::Replace)
    }
}

fn remove_articles(value: &mut Value, ids: &Ids) {
    let is_forgotten = |article: &Value| article["id"].as_str().is_some_and(|id| ids.contains(id));
    if let Some(articles) = value.get_mut("articles").and_then(Value::as_array_mut) {
        articles.retain(|article| !is_forgotten(article));
    }
}

/// Replaces reasons. It is unknown which article gave a reason, so all reasons that a text may have given are
/// replaced.
fn replace_reasons(value: &mut Value, history: &AlertHistory) {
    let reasons = value.get_mut("reasons").and_then(Value::as_array_mut);
    for reason in reasons.into_iter().flatten() {
        let kind = serde_json::from_value::<ReasonKind>(reason["kind"].clone());
        let quotes =
            matches!(kind, Ok(ReasonKind::Material | ReasonKind::Claimed | ReasonKind::Correction));
        remove_sources(reason, history);
        if let (true, Some(fields)) = (quotes, reason.as_object_mut()) {
            fields.insert("words".to_owned(), REASON.into());
            fields.remove("old");
            fields.remove("new");
        }
    }
}

/// Removes outlets that no remaining article of the alert has.
fn remove_outlets(value: &mut Value, history: &AlertHistory) {
    let figures = value.get_mut("figures").and_then(Value::as_array_mut);
    figures.into_iter().flatten().for_each(|figure| remove_sources(figure, history));
    let first = value["first"]["outlet"].as_str();
    if first.is_some_and(|outlet| !history.outlets.contains(outlet))
        && let Some(fields) = value.as_object_mut()
    {
        fields.remove("first");
    }
}

/// Removes sources. A source is an agency, or an outlet, which has a dot; outlets with an article that stays
/// are left.
fn remove_sources(value: &mut Value, history: &AlertHistory) {
    let is_forgotten = |source: &Value| {
        let source = source.as_str().unwrap_or_default();
        source.contains('.') && !history.outlets.contains(source)
    };
    if let Some(sources) = value.get_mut("sources").and_then(Value::as_array_mut) {
        sources.retain(|source| !is_forgotten(source));
    }
}
