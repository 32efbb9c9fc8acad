//! A detector on a simulated bus, and articles to feed it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::{Limits, Sender, create_streams};
use wirefold_flow::sim::{SimBus, SimDisk, VirtualClock};
use wirefold_flow::{Bus, Lease, LoopError, Outgoing, StageContext, Stored, UnixMillis};
use wirefold_proto::streams;
use wirefold_proto::{
    AboutArticle, ArticleEnriched, ArticleId, ContentHash, ControlCommand, Findings, ItemAddress,
    Outlet, OutputArticle, Published, Tag, TextPolicy, TextSource, decode,
};

use crate::{Settings, run};

pub(super) fn settings() -> Settings {
    Settings {
        fold: wirefold_fold::Settings::default(),
        writer: "detector-1".to_owned(),
        release: "0.0.0".to_owned(),
        text_policy: TextPolicy::Lead,
        snapshot_after: 0,
        texts: None,
    }
}

/// An article in the form of the fixtures, before it is converted to the contract.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct TestArticle {
    pub(super) id: String,
    pub(super) feed: String,
    pub(super) outlet: String,
    pub(super) url: Option<String>,
    pub(super) title: String,
    pub(super) author: Option<String>,
    pub(super) published: Option<Timestamp>,
    pub(super) text: String,
}

impl TestArticle {
    /// An article read from a file: only its text is known.
    pub(super) fn file(id: &str, text: &str) -> Self {
        Self {
            id: id.to_owned(),
            feed: "files".to_owned(),
            outlet: "local".to_owned(),
            url: None,
            title: String::new(),
            author: None,
            published: None,
            text: text.to_owned(),
        }
    }

    /// The article, seen at this second.
    pub(super) fn enriched(&self, second: i64) -> ArticleEnriched {
        let outlet: Outlet = self.outlet.parse().unwrap();
        let address = self.url.as_deref().map_or(ItemAddress::Key(&self.id), ItemAddress::Url);
        let content = ContentHash::of(&self.title, &self.text);
        let given = if self.url.is_some() { TextSource::Feed } else { TextSource::Given };
        ArticleEnriched {
            schema: Tag::new(),
            id: ArticleId::of(&outlet, address, content),
            article: AboutArticle {
                outlet,
                via: None,
                feeds: vec![self.feed.parse().unwrap()],
                item_key: self.id.clone(),
                url: self.url.clone(),
                canonical_url: self.url.clone(),
                title: self.title.clone(),
                authors: self.author.iter().cloned().collect(),
                teaser: None,
                truncated: false,
                paywalled: false,
                language_hint: None,
                published: self.published,
                date_problem: None,
                seen: Timestamp::from_second(second).unwrap(),
                version_of: None,
                source: None,
                media: Vec::new(),
                baseline: false,
                updates_baseline: false,
                beyond_budget: false,
            },
            text: self.text.clone(),
            text_source: given,
            made_title: None,
            findings: Findings::default(),
        }
    }
}

/// The fixtures of `seeds/articles.jsonl`, in order.
pub(super) fn seeds() -> Vec<TestArticle> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../seeds/articles.jsonl");
    let lines = std::fs::read_to_string(path).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The fixtures, seen at their claimed times of publication.
pub(super) fn seed_articles() -> Vec<ArticleEnriched> {
    let at = |article: &TestArticle| article.published.unwrap().as_second();
    seeds().iter().map(|article| article.enriched(at(article))).collect()
}

/// A simulated bus, whose clock moves only when a test advances it.
pub(super) struct Harness {
    pub(super) clock: VirtualClock,
    pub(super) sim: SimBus,
    pub(super) bus: Arc<dyn Bus>,
    /// The folder for text files.
    pub(super) folder: tempfile::TempDir,
}

impl Harness {
    pub(super) async fn new() -> Self {
        let clock = VirtualClock::default();
        // Start later than the times of all fixtures.
        clock.advance(Duration::from_hours(2 * 365 * 24));
        let disk = SimDisk::default();
        let sim = SimBus::open(&disk, Arc::new(clock.clone()));
        let bus = sim.bus();
        create_streams(&*bus, &Limits::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { clock, sim, bus, folder }
    }

    pub(super) fn context(&self) -> StageContext {
        StageContext::new(self.bus.clone(), Arc::new(self.clock.clone()))
    }

    pub(super) fn start(&self) -> (CancellationToken, JoinHandle<Result<(), LoopError>>) {
        let stop = CancellationToken::new();
        let running = tokio::spawn(run(self.context(), settings(), Lease::alone(), stop.clone()));
        (stop, running)
    }

    pub(super) async fn publish(&self, articles: &[ArticleEnriched]) {
        for article in articles {
            self.bus.publish(outgoing(article)).await.unwrap();
        }
    }

    pub(super) async fn command(&self, command: &ControlCommand) {
        let sender = Sender { source: "/wirefold/gateway" };
        self.bus.publish(sender.outgoing(command, command.at).unwrap()).await.unwrap();
    }

    /// Waits until there are this many records, not counting epoch records.
    pub(super) async fn judged(&self, count: usize) -> Vec<Stored> {
        let subject = streams::OUTPUT_DECISIONS;
        let mut reader = self.bus.read(streams::OUTPUT.name, subject, 1).await.unwrap();
        let mut found = Vec::new();
        while found.len() < count {
            let next = reader.next(1_000);
            let waited = tokio::time::timeout(Duration::from_secs(60), next).await;
            found.extend(waited.expect("decisions come").unwrap());
        }
        found
    }

    /// Runs a detector on the published messages until there are this many records.
    pub(super) async fn run_to(&self, count: usize) -> Vec<Stored> {
        let (stop, running) = self.start();
        let judged = self.judged(count).await;
        stop.cancel();
        running.await.unwrap().unwrap();
        judged
    }

    pub(super) fn now(&self) -> UnixMillis {
        wirefold_flow::Clock::now(&self.clock)
    }
}

pub(super) fn outgoing(article: &ArticleEnriched) -> Outgoing {
    let sender = Sender { source: "/wirefold/enricher" };
    sender.outgoing(article, article.article.seen).unwrap()
}

pub(super) fn decision(stored: &Stored) -> OutputArticle {
    decode(&stored.body).unwrap()
}

/// The bytes of the decisions without the epochs in which they were made.
pub(super) fn without_epochs(judged: &[Stored]) -> Vec<String> {
    let plain = |stored: &Stored| {
        let body = String::from_utf8(stored.body.to_vec()).unwrap();
        let (_, input) = stored.id.split_once('-').unwrap();
        let plain = body.replacen(&format!("\"{}\"", stored.id), &format!("\"{input}\""), 1);
        assert_ne!(plain, body, "the record says its id");
        plain
    };
    judged.iter().map(plain).collect()
}

#[test]
fn message_ids_are_article_ids() {
    let article = TestArticle::file("x", "Some text.").enriched(1);
    assert_eq!(outgoing(&article).id, article.message_id());
}
