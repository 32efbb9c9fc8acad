//! Removes words of forgotten articles from messages that stay. An alert about forgotten articles alone is deleted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wirefold_proto::{Alert, AlertId, ReasonKind};

/// The length of an article's id: `a-` and 26 digits.
const ID: usize = 28;
/// Replaces a forgotten address.
const FORGOTTEN: &str = "(forgotten)";

/// The ids of the forgotten articles.
pub(super) type Ids = BTreeSet<String>;

/// Whether a body names one of them.
pub(super) fn names_one(body: &[u8], ids: &Ids) -> bool {
    let has = |id: &[u8]| std::str::from_utf8(id).is_ok_and(|id| ids.contains(id));
    body.windows(ID).any(|part| part.starts_with(b"a-") && has(part))
}

/// Whether a body contains one of these texts.
pub(super) fn holds_one(body: &[u8], texts: &BTreeSet<String>) -> bool {
    let holds = |text: &String| {
        !text.is_empty() && body.windows(text.len()).any(|part| part == text.as_bytes())
    };
    texts.iter().any(holds)
}

/// A decision or its output without the words quoted from these articles. Without `ids` a forgotten article made the
/// decision: everything that it quotes is removed. `None` if nothing changes.
pub(super) fn without_words(body: &[u8], ids: Option<&Ids>) -> Option<Vec<u8>> {
    changed(body, |value| change_each(value, &mut |it| remove_words(it, ids)))
}

/// A record without these addresses. `None` if it has none of them.
pub(super) fn without_addresses(body: &[u8], addresses: &BTreeSet<String>) -> Option<Vec<u8>> {
    if !holds_one(body, addresses) {
        return None;
    }
    let mut remove = |value: &mut Value| match value {
        Value::String(text) if holds_one(text.as_bytes(), addresses) => {
            FORGOTTEN.clone_into(text);
            true
        }
        _ => false,
    };
    changed(body, |value| change_each(value, &mut remove))
}

/// The items that a feed has listed, without those of these articles. `None` if it has none of them.
pub(super) fn without_items(body: &[u8], ids: &Ids) -> Option<Vec<u8>> {
    if !names_one(body, ids) {
        return None;
    }
    let is_gone = |row: &Value| {
        let mut columns = row.as_array().into_iter().flatten();
        columns.any(|column| column.as_str().is_some_and(|id| ids.contains(id)))
    };
    changed(body, |value| {
        let Some(rows) = value.as_array_mut() else { return false };
        let before = rows.len();
        rows.retain(|row| !is_gone(row));
        rows.len() < before
    })
}

fn changed(body: &[u8], change: impl FnOnce(&mut Value) -> bool) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let is_changed = change(&mut value);
    is_changed.then(|| serde_json::to_vec(&value).ok()).flatten()
}

/// Changes a value and all values in it. Returns whether one was changed.
fn change_each(value: &mut Value, change: &mut dyn FnMut(&mut Value) -> bool) -> bool {
    let here = change(value);
    let parts: Vec<&mut Value> = match value {
        Value::Array(parts) => parts.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => return here,
    };
    // `any` would stop at the first change.
    parts.into_iter().fold(here, |so_far, part| change_each(part, change) || so_far)
}

/// Removes the words of evidence, and in a decision of a forgotten article those that a correction changed. Returns
/// whether there were any.
fn remove_words(value: &mut Value, ids: Option<&Ids>) -> bool {
    let Some(fields) = value.as_object_mut() else { return false };
    let article = fields.get("article").and_then(Value::as_str);
    let is_quoted = fields.contains_key("place")
        && ids.is_none_or(|ids| article.is_some_and(|article| ids.contains(article)));
    let correction = fields.get_mut("correction").and_then(Value::as_object_mut);
    let correction = correction.filter(|_| ids.is_none());
    let had_change = correction.is_some_and(|it| it.remove("change").is_some());
    match fields.get_mut("words") {
        Some(Value::String(words)) if is_quoted && !words.is_empty() => {
            words.clear();
            true
        }
        _ => had_change,
    }
}

/// Replaces a reason that a forgotten article may have given.
const REASON: &str = "removed: an article that was forgotten may have said so";

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

    /// The revision without the words of forgotten articles, or `None` for its deletion. Nothing if it stays unchanged.
    pub(super) fn edit_of(
        &self,
        alert: &Alert,
        ids: &Ids,
        titles: &BTreeSet<String>,
    ) -> Option<Option<Alert>> {
        let history = self.0.get(&alert.id).filter(|history| history.shows_forgotten)?;
        let Some(title) = &history.stays else { return Some(None) };
        let mut edited = alert.clone();
        edited.articles.retain(|article| !ids.contains(&article.id.to_string()));
        if titles.contains(&alert.headline.title) {
            edited.headline.title.clone_from(title);
        }
        // It may be of an earlier version with the same title.
        edited.headline.lede = None;
        for reason in &mut edited.reasons {
            // A source is an agency, or an outlet, which has a dot.
            reason.sources.retain(|it| !it.contains('.') || history.outlets.contains(it));
            // It is unknown which article gave a reason, so all reasons that a text may have given are replaced.
            if matches!(reason.kind, ReasonKind::Material | ReasonKind::Correction) {
                REASON.clone_into(&mut reason.words);
                (reason.old, reason.new) = (None, None);
            }
        }
        edited.first = edited.first.filter(|it| history.outlets.contains(it.outlet.as_str()));
        Some(Some(edited))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GONE: &str = "a-00000000000000000000000001";
    const OTHER: &str = "a-00000000000000000000000002";

    fn ids() -> Ids {
        [GONE.to_owned()].into()
    }

    fn decision(article: Option<&str>) -> Value {
        let evidence = json!({"place": "dateline", "words": "QUAYTON (AP)", "article": article});
        json!({"id": OTHER, "verdict": {
            "agency": {"name": "AP", "evidence": [evidence]},
            "correction": {"change": "Ada Ruiz → Ida Ruiz"},
        }})
    }

    fn scrubbed(value: &Value, ids: Option<&Ids>) -> Option<Value> {
        let body = without_words(&serde_json::to_vec(value).unwrap(), ids)?;
        Some(serde_json::from_slice(&body).unwrap())
    }

    #[test]
    fn words_quoted_from_a_forgotten_article_go_and_others_stay() {
        let found = scrubbed(&decision(Some(GONE)), Some(&ids())).unwrap();
        let verdict = &found["verdict"];
        assert_eq!(verdict["agency"]["evidence"][0]["words"], "");
        assert_eq!(verdict["agency"]["evidence"][0]["article"], GONE, "an id is no word");
        assert_eq!(verdict["correction"]["change"], "Ada Ruiz → Ida Ruiz", "that is its own");
        assert_eq!(scrubbed(&decision(Some(OTHER)), Some(&ids())), None);
        let own = scrubbed(&decision(None), None).unwrap();
        assert_eq!(own["verdict"]["agency"]["evidence"][0]["words"], "");
        assert_eq!(own["verdict"]["correction"].get("change"), None);
    }

    #[test]
    fn the_items_of_a_forgotten_article_are_deleted() {
        let rows = json!([["1", "2", GONE, 20_000, "3"], ["4", "5", OTHER, 20_000, "6"]]);
        let body = serde_json::to_vec(&rows).unwrap();
        let left: Value = serde_json::from_slice(&without_items(&body, &ids()).unwrap()).unwrap();
        assert_eq!(left, json!([["4", "5", OTHER, 20_000, "6"]]));
        assert_eq!(without_items(&serde_json::to_vec(&left).unwrap(), &ids()), None);
    }

    #[test]
    fn an_address_is_removed_from_every_place() {
        let addresses = ["http://harbour.example/ferry".to_owned()].into();
        let record = json!({"problem": "http://harbour.example/ferry: 404", "failures": 1});
        let body = without_addresses(&serde_json::to_vec(&record).unwrap(), &addresses).unwrap();
        let left: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(left, json!({"problem": "(forgotten)", "failures": 1}));
        assert_eq!(without_addresses(&body, &addresses), None);
    }
}
