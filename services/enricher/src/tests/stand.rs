//! Articles for tests, and streams to send them through.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use wirefold_envelope::{Limits, Sender, stream_configs};
use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{Bus, Outgoing, Stored};
use wirefold_proto::{
    AboutArticle, ArticleFetched, ArticleId, ContentHash, ItemAddress, Outlet, Tag, TextPolicy,
    TextSource,
};

use crate::Settings;

pub(super) fn settings() -> Settings {
    Settings { writer: "enricher-1".to_owned(), release: "0.0.0".to_owned() }
}

pub(super) fn detector_settings(text_policy: TextPolicy) -> wirefold_detector::Settings {
    wirefold_detector::Settings {
        fold: Default::default(),
        writer: "detector-1".to_owned(),
        release: "0.0.0".to_owned(),
        text_policy,
        snapshot_after: 0,
        texts: None,
    }
}

/// A line of `seeds/articles.jsonl`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Seed {
    pub(super) id: String,
    feed: String,
    outlet: String,
    url: String,
    title: String,
    author: Option<String>,
    published: Timestamp,
    lang: String,
    text: String,
}

impl Seed {
    pub(super) fn fetched(&self) -> ArticleFetched {
        let outlet: Outlet = self.outlet.parse().unwrap();
        let content = ContentHash::of(&self.title, &self.text);
        ArticleFetched {
            schema: Tag::new(),
            id: ArticleId::of(&outlet, ItemAddress::Url(&self.url), content),
            article: AboutArticle {
                outlet,
                via: None,
                feeds: vec![self.feed.parse().unwrap()],
                item_key: self.url.clone(),
                url: Some(self.url.clone()),
                canonical_url: Some(self.url.clone()),
                title: self.title.clone(),
                authors: self.author.iter().cloned().collect(),
                teaser: None,
                truncated: false,
                paywalled: false,
                language_hint: None,
                published: Some(self.published),
                date_problem: None,
                seen: self.published,
                version_of: None,
                source: None,
                media: Vec::new(),
                baseline: false,
                updates_baseline: false,
                beyond_budget: false,
            },
            text: self.text.clone(),
            text_source: TextSource::Feed,
        }
    }

    /// The same text at another outlet.
    pub(super) fn of_outlet(&self, outlet: &str) -> Seed {
        let url = format!("https://{outlet}/{}", self.id);
        Seed { outlet: outlet.to_owned(), url, ..self.clone() }
    }

    pub(super) fn language(&self) -> &str {
        &self.lang
    }
}

pub(super) fn seeds() -> Vec<Seed> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../seeds/articles.jsonl");
    let lines = std::fs::read_to_string(path).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(super) fn outgoing(article: &ArticleFetched) -> Outgoing {
    let sender = Sender { source: "/wirefold/fetcher" };
    sender.outgoing(article, article.article.seen).unwrap()
}

/// Creates the contract's streams, with ids remembered for longer than any fault lasts.
pub(super) async fn create_streams(bus: &dyn Bus) {
    for mut config in stream_configs(&Limits::default()) {
        config.window = Duration::from_hours(24);
        bus.create_stream(config).await.unwrap();
    }
}

/// All messages of a stream.
pub(super) async fn all(bus: &dyn Bus, stream: &str, filter: &str) -> Vec<Stored> {
    bus.read(stream, filter, 1).await.unwrap().ready(10_000).await.unwrap()
}

/// A clock that is later than all times of the fixtures.
pub(super) fn behind_the_fixtures() -> VirtualClock {
    let clock = VirtualClock::default();
    clock.advance(Duration::from_hours(365 * 24));
    clock
}
