//! A gateway over a simulated bus with a few articles in its projection.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use wirefold_envelope::{Limits, Sender, create_streams};
use wirefold_flow::sim::{SimBus, SimDisk, VirtualClock};
use wirefold_flow::{Bus, Clock, StageContext};
use wirefold_proto::{ArticleEnriched, ArticleId, OutputArticle, decode};

use crate::projection::{Batch, Change, Projection};
use crate::{Access, Gateway, Settings};

/// One article of the fixture.
pub(super) struct Given {
    pub(super) number: u64,
    pub(super) outlet: &'static str,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) url: &'static str,
    /// The number of its story's first article.
    pub(super) story: u64,
    /// The number of its event's first article.
    pub(super) event: u64,
    pub(super) class: &'static str,
    pub(super) is_text_kept: bool,
    pub(super) is_paywalled: bool,
    /// A quotation of the mayor that was found in its text.
    pub(super) quotation: Option<&'static str>,
    /// The number of deaths in it.
    pub(super) killed: Option<u32>,
    /// Its note that corrects something.
    pub(super) note: Option<&'static str>,
}

impl Default for Given {
    fn default() -> Self {
        Self {
            number: 1,
            outlet: "harbour.example",
            title: "Bridge to close".to_owned(),
            text: String::new(),
            url: "https://harbour.example/bridge",
            story: 1,
            event: 1,
            class: "new",
            is_text_kept: true,
            is_paywalled: false,
            quotation: None,
            killed: None,
            note: None,
        }
    }
}

const SENDER: Sender = Sender { source: "/wirefold/test" };

/// The digits of a number as in ids.
pub(super) fn id(prefix: char, number: u64) -> String {
    format!("{prefix}-{number:026}")
}

/// A gateway, and the parts that must outlive it.
pub(super) struct Fixture {
    router: axum::Router,
    _folder: TempDir,
    _disk: SimBus,
}

/// An answer, read to its end.
pub(super) struct Answer {
    pub(super) head: Response<()>,
    pub(super) body: String,
}

impl Fixture {
    /// Opens a gateway that has these articles.
    pub(super) async fn open(articles: &[Given], demo: bool) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock::default());
        let sim = SimBus::open(&SimDisk::default(), clock.clone());
        let bus = sim.bus();
        create_streams(&*bus, &Limits::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut changes = Vec::new();
        for article in articles {
            let enriched = publish(&*bus, article).await;
            let output = output(article, enriched, articles);
            let message = SENDER.outgoing(&output, output.article.seen).unwrap();
            let sequence = bus.publish(message).await.unwrap().sequence();
            let stored = bus.get("WF_OUTPUT", sequence).await.unwrap();
            changes.push(Change::of_article(&stored, Box::new(output)));
        }
        let projection = Projection::open(folder.path()).unwrap();
        projection
            .apply(Batch {
                stream: "WF_OUTPUT",
                through: wirefold_flow::Position::default(),
                changes,
            })
            .await
            .unwrap();
        drop(projection);
        let settings = settings(folder.path(), demo);
        let gateway = Gateway::open(StageContext::new(bus, clock), settings).await.unwrap();
        Self { router: gateway.router(Access::Socket), _folder: folder, _disk: sim }
    }

    /// Requests a page.
    pub(super) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            head: Response::from_parts(head, ()),
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }
}

/// Publishes the text and returns its sequence; 1,000,000 for a text that is not stored.
async fn publish(bus: &dyn Bus, given: &Given) -> u64 {
    if !given.is_text_kept {
        return 1_000_000;
    }
    let body = json!({
        "schema": "wirefold.article.enriched/1", "id": id('a', given.number),
        "article": about(given), "text": given.text, "text_source": "feed",
        "findings": {},
    });
    let enriched: ArticleEnriched = decode(body.to_string().as_bytes()).unwrap();
    let message = SENDER.outgoing(&enriched, enriched.article.seen).unwrap();
    bus.publish(message).await.unwrap().sequence()
}

fn about(given: &Given) -> Value {
    json!({
        "outlet": given.outlet, "feeds": ["harbour"], "item_key": given.number.to_string(),
        "url": given.url, "title": given.title, "published": seen(given.number),
        "seen": seen(given.number), "paywalled": given.is_paywalled,
    })
}

fn seen(number: u64) -> String {
    format!("2025-12-31T{:02}:{:02}:00Z", 8 + number / 60, number % 60)
}

fn output(given: &Given, enriched: u64, all: &[Given]) -> OutputArticle {
    let so_far = || all.iter().filter(|other| other.number <= given.number);
    let of_story = || so_far().filter(|other| other.story == given.story);
    let of_event = || so_far().filter(|other| other.event == given.event);
    let stories = of_event().filter(|other| other.story == other.number).count();
    let (story, event) = (of_story().count(), of_event().count());
    let kind = if given.class == "copy" { json!("reprint") } else { Value::Null };
    let first = id('a', given.story);
    let mut body = json!({
        "schema": "wirefold.output.article/4", "id": id('a', given.number),
        "decision": format!("1-{enriched}"), "input": { "enriched": enriched, "control": 0 },
        "article": about(given), "text_policy": "none",
        "verdict": {
            "class": given.class, "kind": kind, "comparable": true,
            "story": id('s', given.story), "event": id('e', given.event),
            "lead": first, "origin": first, "matches": [], "shared_quotations": 0, "novelty": 1.0,
            "simhash": "0000000000000000",
        },
        "story_state": {
            "revision": story, "articles": story, "outlets": story, "first_seen": seen(given.story),
        },
        "event_state": {
            "revision": event, "stories": stories, "articles": event, "outlets": event,
            "origins": stories, "first_seen": seen(given.event),
        },
        "findings": {
            "language": { "tag": "en", "how": "model" },
        },
    });
    if let Some(words) = given.quotation {
        body["findings"]["quotations"] =
            json!([{ "words": words, "speaker": "Mara <Voss>", "how": "rule" }]);
    }
    if let Some(words) = given.note {
        body["findings"]["note"] = json!({ "kind": "correction", "words": words, "how": "rule" });
    }
    if let Some(killed) = given.killed {
        let words = killed.to_string();
        let qualifier = given.text.contains("At least").then_some("at_least");
        body["findings"]["numbers"] = json!([{ "value": killed, "words": words, "unit": "people", "role": "killed", "qualifier": qualifier, "claim": true, "how": "rule" }]);
    }
    if given.class == "copy" {
        body["verdict"]["matches"] = json!([{
            "id": first, "contained": 0.8, "containing": 0.7, "passages": 3, "longest": 15,
        }]);
    } else if let Some(verdict) = body["verdict"].as_object_mut() {
        verdict.remove("kind");
    }
    decode(body.to_string().as_bytes()).unwrap()
}

fn settings(folder: &std::path::Path, demo: bool) -> Settings {
    Settings { demo, ..Settings::new(folder.to_owned(), "0.0.0") }
}

/// The id of an article as text.
pub(super) fn article(number: u64) -> ArticleId {
    id('a', number).parse().unwrap()
}
