//! The answers of a version about its data, compared with those of this version.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::pipeline::up::Up;

/// The answers of the API when the data was stored.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Expected {
    /// The number of articles.
    pub(super) articles: u64,
    pub(super) stories: Vec<Story>,
    pub(super) alerts: Vec<ExpectedAlert>,
    /// Each message that the webhook had received, as alert and revision.
    pub(super) hooked: BTreeSet<String>,
    /// Ids of stories and events, with the ids to which they led.
    pub(super) leads: BTreeMap<String, String>,
    /// Subscriptions, with the end of each mute.
    pub(super) subscriptions: BTreeMap<String, Option<String>>,
    /// Ids and addresses of feeds.
    pub(super) feeds: BTreeMap<String, String>,
    /// The number of dead letters.
    pub(super) dead: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Story {
    pub(super) id: String,
    pub(super) event: String,
    pub(super) lead: String,
    pub(super) articles: BTreeSet<String>,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct ExpectedAlert {
    pub(super) id: String,
    pub(super) subscription: String,
    pub(super) target: String,
    pub(super) revision: u64,
}

impl Expected {
    /// Fails if a running wirefold gives other answers. Alerts may have new revisions: they become quiet with
    /// time.
    #[track_caller]
    pub(super) fn check(&self, up: &Up) {
        assert_eq!(up.get("/api/v1/status")["articles"], self.articles, "articles");
        let stories: BTreeMap<String, Story> = stories(up);
        for story in &self.stories {
            let said = up.output();
            assert_eq!(stories.get(&story.id), Some(story), "a story was another\n{said}");
        }
        assert_eq!(stories.len(), self.stories.len(), "{:?}", stories.keys());
        for (old, new) in &self.leads {
            assert_eq!(leads_to(up, old), *new, "where {old} leads");
        }
        self.check_alerts(&alerts(up));
        self.check_subscriptions(&up.get("/api/v1/subscriptions")["subscriptions"]);
        self.check_feeds(&up.get("/api/v1/feeds")["feeds"]);
        let dead = up.get("/api/v1/dead");
        assert_eq!(list(&dead["dead"]).len(), self.dead, "dead letters: {dead:#}");
    }

    #[track_caller]
    pub(super) fn check_alerts(&self, alerts: &BTreeMap<String, ExpectedAlert>) {
        for alert in &self.alerts {
            let found = alerts.get(&alert.id).unwrap_or_else(|| panic!("no alert {}", alert.id));
            let (revision, kept) = (found.revision, alert.revision);
            assert!(revision >= kept, "{}: revision {revision}, once {kept}", alert.id);
            assert_eq!(ExpectedAlert { revision: kept, ..found.clone() }, *alert);
        }
        let known: BTreeSet<&String> = self.alerts.iter().map(|alert| &alert.id).collect();
        let new: Vec<&String> = alerts.keys().filter(|id| !known.contains(id)).collect();
        assert!(new.is_empty(), "alerts that were not there: {new:?}");
    }

    #[track_caller]
    pub(super) fn check_subscriptions(&self, found: &Value) {
        let muted = |record: &Value| record["muted_until"].as_str().map(str::to_owned);
        let found: BTreeMap<String, Option<String>> = list(found)
            .iter()
            .map(|record| (text(&record["subscription"]["id"]), muted(record)))
            .collect();
        assert_eq!(found, self.subscriptions, "subscriptions, and until when they are muted");
    }

    #[track_caller]
    pub(super) fn check_feeds(&self, found: &Value) {
        let address = |record: &Value| (text(&record["feed"]["id"]), text(&record["feed"]["url"]));
        let found: BTreeMap<String, String> = list(found).iter().map(address).collect();
        assert_eq!(found, self.feeds, "feeds and their addresses");
    }
}

/// The stories of a running wirefold, by their ids.
#[track_caller]
pub(super) fn stories(up: &Up) -> BTreeMap<String, Story> {
    let listed = up.get("/api/v1/stories?limit=100");
    let of = |brief: &Value| {
        let id = text(&brief["id"]);
        (id.clone(), story(&up.get(&format!("/api/v1/stories/{id}"))))
    };
    list(&listed["stories"]).iter().map(of).collect()
}

/// A story as the API shows it.
#[track_caller]
pub(super) fn story(shown: &Value) -> Story {
    let brief = &shown["story"];
    let articles = list(&shown["articles"]).iter().map(|article| text(&article["id"]));
    Story {
        id: text(&brief["id"]),
        event: text(&brief["event"]),
        lead: text(&brief["lead"]),
        articles: articles.collect(),
    }
}

/// The alerts of a running wirefold, by their ids.
#[track_caller]
pub(super) fn alerts(up: &Up) -> BTreeMap<String, ExpectedAlert> {
    let listed = up.get("/api/v1/alerts?limit=100");
    list(&listed["alerts"]).iter().map(|row| alert_of(&row["alert"])).collect()
}

/// An alert in the API, with its id.
#[track_caller]
pub(super) fn alert_of(alert: &Value) -> (String, ExpectedAlert) {
    let expected = ExpectedAlert {
        id: text(&alert["id"]),
        subscription: text(&alert["subscription"]),
        target: text(&alert["target"]),
        revision: alert["revision"].as_u64().expect("an alert has a revision"),
    };
    (expected.id.clone(), expected)
}

/// The id to which the id of a story or event leads.
#[track_caller]
fn leads_to(up: &Up, id: &str) -> String {
    let kind = if id.starts_with("s-") { "story" } else { "event" };
    let kinds = if id.starts_with("s-") { "stories" } else { "events" };
    text(&up.get(&format!("/api/v1/{kinds}/{id}"))[kind]["id"])
}

#[track_caller]
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("a list: {value:#}"))
}

#[track_caller]
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value:#}")).to_owned()
}
