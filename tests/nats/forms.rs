//! The same pipeline in its three forms: in memory, in one process over SQLite, and as processes over NATS.
//! The same input gives the same decisions and alerts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wirefold_alerter::{ConfiguredSubscription, Printer};
use wirefold_envelope::{Limits, create_streams, decode};
use wirefold_fetcher::{ConfiguredFeed, sources};
use wirefold_flow::sim::{SimBus, SimDisk};
use wirefold_flow::{Bus, Outgoing, StageContext, Stored, SystemClock};
use wirefold_proto::streams::{ALERTS, OUTPUT};
use wirefold_proto::{
    Alert, ArticleId, FeedSettings, FullText, Interval, OutputArticle, SubscriptionSettings,
    TextPolicy,
};

use super::over::{NatsPipeline, within};
use crate::pipeline::kept::StoredStreams;
use crate::pipeline::loopback::{Answer, Loopback};
use crate::pipeline::say;
use crate::pipeline::targets::Target;
use crate::pipeline::up::{CONFIG, Up};
use crate::program::Folder;
use crate::seeds::articles::{articles, latest_versions};
use crate::seeds::{expected, seeds};

/// The input: an ordered file of articles, or feeds with them.
#[derive(Clone)]
pub(super) enum SourceOfArticles {
    File(PathBuf),
    Feeds(Vec<(String, String)>),
}

impl SourceOfArticles {
    /// The input as settings of the binary.
    fn config(&self) -> String {
        match self {
            SourceOfArticles::File(path) => format!("[[source]]\npath = {path:?}\n"),
            SourceOfArticles::Feeds(feeds) => {
                feeds.iter().fold(String::new(), |mut config, (id, url)| {
                    let _ = write!(config, "[[feed]]\nid = {id:?}\nurl = {url:?}\n");
                    config
                })
            }
        }
    }

    /// The input as settings of the fetcher.
    fn settings(&self) -> wirefold_fetcher::Settings {
        let mut settings = wirefold_fetcher::Settings {
            allow: vec!["127.0.0.0/8".parse().expect("loopback")],
            per_host_delay: std::time::Duration::ZERO,
            ..wirefold_fetcher::Settings::default()
        };
        let kind = sources::Kind::File;
        match self.clone() {
            SourceOfArticles::File(path) => {
                settings.sources.push(sources::Source { path, kind, outlet: None });
            }
            SourceOfArticles::Feeds(feeds) => {
                settings.feeds.extend(feeds.into_iter().map(configured));
            }
        }
        settings
    }
}

fn configured((id, url): (String, String)) -> ConfiguredFeed {
    let feed = FeedSettings {
        full_text: FullText::Off,
        ..FeedSettings::new(id.parse().expect("a stem is a slug"), url)
    };
    ConfiguredFeed { feed, managed_by: "test:1".to_owned() }
}

/// A subscription that alerts about every article at once, so that each makes a revision.
const SUBSCRIPTION: &str = "[[subscription]]\nid = \"all\"\nname = \"All\"\nquery = \"*\"\n\
    deliveries = [\"desk\"]\ngroup_wait = \"0s\"\nupdate_interval = \"0s\"\n";

pub(super) fn folder(given: &SourceOfArticles, target: &Target) -> Folder {
    let (sources, delivery) = (given.config(), target.delivery());
    let config = format!(
        "data = \"data\"\nfull_text = \"off\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n\
         per_host_delay = \"0s\"\n{sources}{SUBSCRIPTION}{delivery}"
    );
    Folder::with(&[(CONFIG, config.as_bytes())])
}

/// Waits for this many articles in the output, and if `notifies` is set for the alert about the last of them.
#[track_caller]
fn await_all(up: &Up, target: &mut Target, count: usize, notifies: bool) {
    let articles = up.events(0).articles(count);
    if notifies {
        let last = last_of(&articles);
        target.wait_for(|message| is_about(&message.alert, last));
    }
}

/// The article that was decided last.
fn last_of(articles: &[OutputArticle]) -> ArticleId {
    articles.last().expect("some came").id
}

fn is_about(alert: &Alert, article: ArticleId) -> bool {
    alert.articles.iter().any(|told| told.id == article)
}

fn in_one_process(given: &SourceOfArticles, count: usize, notifies: bool) -> StoredStreams {
    let mut target = Target::open();
    let folder = folder(given, &target);
    let up = Up::start(&folder);
    await_all(&up, &mut target, count, notifies);
    assert_eq!(up.terminate().code, Some(0));
    StoredStreams::in_folder(&folder.path().join("data"))
}

fn as_processes(given: &SourceOfArticles, count: usize, notifies: bool) -> StoredStreams {
    let mut target = Target::open();
    let folder = folder(given, &target);
    let over = NatsPipeline::start(&folder);
    await_all(&over.up, &mut target, count, notifies);
    let kept = over.kept();
    assert_eq!(over.up.terminate().code, Some(0));
    kept
}

/// Runs the stages of all services in this process over a bus in memory.
fn in_memory(given: &SourceOfArticles, count: usize, notifies: bool) -> StoredStreams {
    let memory = Memory::default();
    memory.run(Some(given.settings()), count, notifies)
}

/// The results for articles that were fetched elsewhere, in that order, without disturbances.
pub(super) fn replayed(fetched: &[Stored]) -> StoredStreams {
    let memory = Memory::default();
    memory.begin_with(fetched);
    memory.run(None, fetched.len(), true)
}

struct Memory {
    runtime: Runtime,
    bus: Arc<dyn Bus>,
}

impl Default for Memory {
    fn default() -> Memory {
        let runtime = Runtime::new().expect("a runtime can be made");
        let bus = SimBus::open(&SimDisk::default(), Arc::new(SystemClock)).bus();
        let made = runtime.block_on(create_streams(&*bus, &Limits::default()));
        made.expect("streams are made");
        Memory { runtime, bus }
    }
}

impl Memory {
    fn begin_with(&self, fetched: &[Stored]) {
        for Stored { sequence, subject, id, headers, body, .. } in fetched.iter().cloned() {
            let published = self.bus.publish(Outgoing { subject, id, headers, body });
            let published = self.runtime.block_on(published).expect("it is stored");
            assert_eq!(published.sequence(), sequence);
        }
    }

    fn run(
        self,
        fetcher: Option<wirefold_fetcher::Settings>,
        count: usize,
        notifies: bool,
    ) -> StoredStreams {
        let Memory { runtime, bus } = self;
        runtime.block_on(async {
            let stop = CancellationToken::new();
            let running = start_stages(&bus, fetcher, &stop);
            let are_all = |articles: &[OutputArticle]| articles.len() >= count;
            let articles = read(&*bus, OUTPUT.name, ARTICLES, are_all).await;
            if notifies {
                let last = last_of(&articles);
                let has_notified = |alerts: &[Alert]| alerts.iter().any(|it| is_about(it, last));
                read(&*bus, ALERTS.name, ">", has_notified).await;
            }
            stop.cancel();
            let ended: Result<(), String> = running.join_all().await.into_iter().collect();
            ended.expect("all drain");
        });
        StoredStreams::on(&*bus, &runtime)
    }
}

const ARTICLES: &str = "wirefold.v1.output.article.>";

/// Reads a stream from its beginning until there is enough.
async fn read<M: wirefold_proto::Message>(
    bus: &dyn Bus,
    stream: &str,
    filter: &str,
    is_enough: impl Fn(&[M]) -> bool,
) -> Vec<M> {
    let mut reader = bus.read(stream, filter, 1).await.expect("it can be read");
    let mut all = Vec::new();
    while !is_enough(&all) {
        let messages = within(reader.next(100)).await.expect("it can be read");
        all.extend(messages.iter().map(|stored| decode::<M>(stored).expect("a message of ours")));
    }
    all
}

/// Starts all services except the gateway, and the fetcher only if there is something to fetch.
fn start_stages(
    bus: &Arc<dyn Bus>,
    fetcher: Option<wirefold_fetcher::Settings>,
    stop: &CancellationToken,
) -> JoinSet<Result<(), String>> {
    let context = || StageContext::new(bus.clone(), Arc::new(SystemClock));
    let mut running = JoinSet::new();
    if let Some(settings) = fetcher {
        let run = wirefold_fetcher::run(context(), settings, stop.clone());
        running.spawn(async move { run.await.map_err(|error| error.to_string()) });
    }
    let judging = wirefold_detector::Settings {
        // The number of bytes that `up` gives the window by default.
        fold: wirefold_fold::Settings {
            window_bytes: 1 << 30,
            ..wirefold_fold::Settings::default()
        },
        writer: "detector-1".to_owned(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
        text_policy: TextPolicy::Lead,
        snapshot_after: 50,
        texts: None,
    };
    let detector =
        wirefold_detector::run(context(), judging, wirefold_flow::Lease::alone(), stop.clone());
    running.spawn(async move { detector.await.map_err(|error| error.to_string()) });
    let enriching = wirefold_enricher::Settings {
        writer: "enricher-1".to_owned(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let alone = wirefold_flow::Lease::alone();
    let enricher = wirefold_enricher::run(context(), enriching, alone, stop.clone());
    running.spawn(async move { enricher.await.map_err(|error| error.to_string()) });
    let nowhere = Arc::new(NoPrinter);
    let alerter = wirefold_alerter::run(context(), alerting(), nowhere, stop.clone());
    running.spawn(async move { alerter.await.map_err(|error| error.to_string()) });
    running
}

/// The subscription as in the binary, without a delivery.
fn alerting() -> wirefold_alerter::Settings {
    let at_once = Some(Interval::from_seconds(0));
    let settings = SubscriptionSettings {
        group_wait: at_once,
        update_interval: at_once,
        ..SubscriptionSettings::new("all".parse().expect("a slug"), "All", "*")
    };
    let managed_by = "test:1".to_owned();
    wirefold_alerter::Settings {
        subscriptions: vec![ConfiguredSubscription { settings, managed_by }],
        ..wirefold_alerter::Settings::default()
    }
}

struct NoPrinter;

impl Printer for NoPrinter {
    fn print(&self, _line: &str) -> std::io::Result<()> {
        Ok(())
    }
}

/// The fields that differ between two runs over the same input: the times at which an article was received.
const TIMES: [&str; 4] = ["seen", "first_seen", "last_seen", "at"];

/// A body without the values of these fields. All other bytes stay.
fn without(body: &[u8], fields: &[&str]) -> String {
    let mut text = String::from_utf8(body.to_vec()).expect("bodies are UTF-8");
    for field in fields {
        let start = format!("\"{field}\":\"");
        let mut parts = text.split(&start);
        let mut kept = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (_, rest) = part.split_once('"').expect("a text ends");
            let _ = write!(kept, "{start}\"{rest}");
        }
        text = kept;
    }
    text
}

/// The decisions in their order, with the records that name the writer.
fn decisions(kept: &StoredStreams) -> Vec<(String, String)> {
    let plain = |stored: &Stored| (stored.id.clone(), without(&stored.body, &TIMES));
    kept.output.iter().map(plain).collect()
}

/// The final members of each story and stories of each event.
pub(super) fn groups(kept: &StoredStreams) -> BTreeMap<String, BTreeSet<String>> {
    let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for article in kept.articles() {
        let (story, event) = (article.verdict.story.to_string(), article.verdict.event.to_string());
        groups.entry(event).or_default().insert(story.clone());
        groups.entry(story).or_default().insert(article.id.to_string());
    }
    groups
}

/// The alerts with their revisions, contents and volume, without places in streams, which vary with the number of
/// take-overs.
pub(super) fn alerts(kept: &StoredStreams) -> Vec<String> {
    let told = |alert: &Alert| {
        let mut plain = Alert { output: 0, ..alert.clone() };
        plain.articles.iter_mut().for_each(|article| article.enriched = 0);
        without(&wirefold_proto::encode(&plain).expect("an alert"), &TIMES)
    };
    kept.alerts.iter().map(told).collect()
}

/// Compares element by element, so that only the first difference is printed.
#[track_caller]
fn assert_same<T: PartialEq + std::fmt::Debug>(ours: &[T], theirs: &[T], form: &str) {
    for (our, their) in ours.iter().zip(theirs) {
        assert_eq!(our, their, "{form}");
    }
    assert_eq!(ours.len(), theirs.len(), "{form}");
}

#[test]
fn one_ordered_source_gives_the_same_in_all_forms() {
    let path = std::path::absolute(seeds("articles.jsonl")).expect("a path");
    let (given, count) = (SourceOfArticles::File(path), articles().len());
    let memory = in_memory(&given, count, true);
    let others = [
        ("in one process", in_one_process(&given, count, true)),
        ("as processes", as_processes(&given, count, true)),
    ];
    for (form, kept) in others {
        assert_same(&decisions(&memory), &decisions(&kept), form);
        assert_eq!(groups(&memory), groups(&kept), "{form}");
        assert_same(&alerts(&memory), &alerts(&kept), form);
        assert!(kept.dead.is_empty(), "{form}: {:?}", kept.dead);
    }
    let loud = memory.alerts.iter().filter(|it| it.volume == wirefold_proto::Volume::Loud).count();
    let silent = memory.alerts.len() - loud;
    say(format_args!("  {count} articles, {loud} loud and {silent} silent revisions, three times"));
    assert!(loud > 0 && silent > 0, "both marks are compared");
}

/// The eight feeds on loopback.
fn served() -> (Loopback, Vec<(String, String)>) {
    let files: Vec<PathBuf> = std::fs::read_dir(seeds("feeds"))
        .expect("seeds are in every clone")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    let server = Loopback::answering(|asked| {
        let name = asked.path.trim_start_matches('/');
        let kind = match name.rsplit_once('.') {
            Some((_, "json")) => "application/feed+json",
            Some((_, "atom")) => "application/atom+xml",
            _ => "application/rss+xml",
        };
        match std::fs::read(seeds("feeds").join(name)) {
            Ok(body) => Answer::ok(kind, body),
            Err(_) => Answer::status(404),
        }
    });
    let feed = |path: &PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let (stem, _) = name.split_once('.').expect("its kind");
        (stem.to_owned(), server.url(&format!("/{name}")))
    };
    let feeds = files.iter().map(feed).collect();
    (server, feeds)
}

/// The articles of each story by their addresses, because ids of items differ between feeds.
fn partition(kept: &StoredStreams) -> BTreeSet<BTreeSet<String>> {
    let mut stories: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for article in kept.articles() {
        let url = article.article.url.expect("each names its page");
        stories.entry(article.verdict.story.to_string()).or_default().insert(url);
    }
    stories.into_values().collect()
}

fn expected_partition() -> BTreeSet<BTreeSet<String>> {
    let urls: BTreeMap<String, String> =
        articles().into_iter().map(|article| (article.id, article.url)).collect();
    let of = |story: expected::Story| story.members.iter().map(|id| urls[id].clone()).collect();
    let mut partition: BTreeSet<BTreeSet<String>> =
        expected::expected().stories.into_iter().map(of).collect();
    for [copied, missed] in expected::MISSED {
        partition.remove(&BTreeSet::from([copied, missed].map(|id| urls[id].clone())));
        partition.extend([copied, missed].map(|id| BTreeSet::from([urls[id].clone()])));
    }
    partition
}

#[test]
fn eight_polled_feeds_give_the_same_stories_in_all_forms() {
    let (_server, feeds) = served();
    assert_eq!(feeds.len(), 8);
    let (given, count) = (SourceOfArticles::Feeds(feeds), latest_versions().len());
    let forms = [
        ("in memory", in_memory(&given, count, false)),
        ("in one process", in_one_process(&given, count, false)),
        ("as processes", as_processes(&given, count, false)),
    ];
    for (form, kept) in forms {
        assert_eq!(partition(&kept), expected_partition(), "{form}");
    }
}
