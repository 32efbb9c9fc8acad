//! `bench gateway`: how long the gateway takes for pages, lists, searches and feeds over 100,000 stories, how far event
//! streams lag behind, and how large the page is. Beside each figure stands a server without work that sends the same bytes.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::{Body, Bytes};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::{Limits, Sender, timestamp};
use wirefold_flow::{Clock as _, SystemClock, UnixMillis};
use wirefold_gateway::Access;
use wirefold_proto::streams::{FEEDS, OUTPUT};
use wirefold_proto::{
    ArticleEnriched, Class, CopyKind, DecisionId, EventId, FeedRecord, FeedSettings, Input,
    Offsets, OutputArticle, StoryId, Tag, TextPolicy, decode, encode,
};

use super::pipeline::{ArticleFactory, DataFolder, Ready, three_digits};
use super::{OnDisk, all_cores, report};
use crate::enriched;
use crate::machine::{self, Stopwatch};
use crate::running::exchange;
use crate::statistics::quantile;
use crate::table::Table;

const SEED: u64 = 20_261_130;
const STORIES: usize = 100_000;
const QUICK: usize = 4_000;
/// The time between two articles, the last of which is seen now.
const APART: Duration = Duration::from_secs(2);
/// The number of publishes that wait for their acknowledgement at a time.
const WINDOW: usize = 100;
/// How often each kind of request is sent.
const REQUESTS: usize = 200;
/// The open event streams, and the articles a second.
const READERS: usize = 500;
const RATE: u64 = 50;

/// Measures in a folder on a disk.
pub(super) fn run(arguments: &OnDisk) -> anyhow::Result<()> {
    let folder = arguments.parent.make_folder()?;
    let common = &arguments.common;
    let stories = if common.quick { QUICK } else { STORIES };
    let conditions = all_cores(folder.path())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let tables = runtime.block_on(async {
        let counters = PrometheusBuilder::new().install_recorder()?;
        // Nothing may wait for a stage that does not run.
        let limits = Limits { max_bytes: 1 << 34, ..Limits::default() };
        let data = DataFolder::open(folder.path(), &counters, &limits).await?;
        let mut world = World::new(stories);
        world.fill(&data).await?;
        measure(&data, world).await
    })?;
    report(common, "gateway", ("gateway", &conditions), &tables)
}

/// A story as far as its next article needs it.
#[derive(Clone, Copy)]
struct StoryCounts {
    id: StoryId,
    event: usize,
    articles: u32,
    first_seen: UnixMillis,
}

/// An event as far as its next article needs it.
#[derive(Clone, Copy)]
struct EventCounts {
    id: EventId,
    stories: u32,
    articles: u32,
    first_seen: UnixMillis,
}

/// Generated articles with the decisions of a detector that knows which texts they copy.
struct World {
    factory: ArticleFactory,
    wanted: usize,
    output: OutputArticle,
    /// By the number of the article that had the text first.
    stories: HashMap<u64, StoryCounts>,
    events: Vec<EventCounts>,
    articles: u64,
    /// Words, outlets and stories that requests name.
    words: Vec<String>,
    outlets: Vec<String>,
    named: Vec<(StoryId, EventId)>,
}

const SENDER: Sender = Sender { source: "/wirefold/bench" };
/// One of so many stories joins the event of the story before it.
const JOINS: usize = 4;
/// One of so many articles is of an agency.
const OF_AGENCY: u64 = 3;
/// One of so many articles gives names to requests.
const NAMED: u64 = 97;

impl World {
    fn new(wanted: usize) -> Self {
        let sample =
            include_bytes!("../../../../proto/samples/wirefold.output.article.4.minimal.json");
        Self {
            factory: ArticleFactory::new(SEED),
            wanted,
            output: decode(sample).expect("a test reads the sample"),
            stories: HashMap::new(),
            events: Vec::new(),
            articles: 0,
            words: Vec::new(),
            outlets: Vec::new(),
            named: Vec::new(),
        }
    }

    /// Publishes articles with their outputs until there are enough stories, and the feeds of their groups.
    async fn fill(&mut self, data: &DataFolder) -> anyhow::Result<()> {
        let articles = u32::try_from(self.wanted)? * 3 / 2;
        let mut seen = SystemClock.now().minus(APART.saturating_mul(articles));
        while self.stories.len() < self.wanted {
            let mut messages = Vec::new();
            for _ in 0..WINDOW {
                seen = seen.plus(APART);
                messages.extend(self.next(seen)?);
            }
            let publishing = stream::iter(messages).map(|it| Ok(data.bus.publish(it)));
            publishing.try_buffered(WINDOW).try_for_each(|_| async { Ok(()) }).await?;
        }
        let keys = data.bus.key_value(FEEDS.name)?;
        for (number, outlet) in self.outlets.iter().take(40).enumerate() {
            let group = ["north", "south"][number % 2];
            let settings = serde_json::json!({"id": outlet, "url": format!("https://{outlet}/feed"), "group": group});
            let settings: FeedSettings = serde_json::from_value(settings)?;
            let record = encode(&FeedRecord::waiting(settings, None, 900))?;
            keys.put(&format!("feed.{}", wirefold_proto::token::escape(outlet)), record.into())
                .await?;
        }
        Ok(())
    }

    /// The messages of the next article: its text, and its decision.
    fn next(&mut self, seen: UnixMillis) -> anyhow::Result<[wirefold_flow::Outgoing; 2]> {
        let Ready { fetched, made, .. } = self.factory.next(seen)?;
        self.articles += 1;
        let findings = enriched::findings(&fetched.article.title, &fetched.text, None);
        let enriched = ArticleEnriched {
            schema: Tag::new(),
            id: fetched.id,
            article: fetched.article,
            text: fetched.text,
            text_source: fetched.text_source,
            made_title: None,
            findings,
        };
        let output = self.output_of(&enriched, made.main, seen);
        self.name(&output);
        let at = timestamp(seen);
        Ok([SENDER.outgoing(&enriched, at)?, SENDER.outgoing(&output, at)?])
    }

    fn output_of(
        &mut self,
        enriched: &ArticleEnriched,
        main: u64,
        seen: UnixMillis,
    ) -> OutputArticle {
        let is_new = !self.stories.contains_key(&main);
        if is_new {
            let count = self.stories.len();
            if count % JOINS != JOINS - 1 {
                let id = EventId::from(enriched.id);
                self.events.push(EventCounts { id, stories: 0, articles: 0, first_seen: seen });
            }
            let (id, event) = (StoryId::from(enriched.id), self.events.len() - 1);
            self.stories.insert(main, StoryCounts { id, event, articles: 0, first_seen: seen });
            self.events[event].stories += 1;
        }
        let story = self.stories.get_mut(&main).expect("it was added");
        let event = &mut self.events[story.event];
        (story.articles, event.articles) = (story.articles + 1, event.articles + 1);
        let mut output = self.output.clone();
        output.id = enriched.id;
        output.decision = DecisionId { epoch: 1, input: Input::Article(self.articles) };
        output.input = Offsets { enriched: self.articles, control: 0 };
        output.article = enriched.article.clone();
        output.findings = enriched.findings.clone();
        output.text = Some(enriched.text.chars().take(300).collect());
        output.text_policy = TextPolicy::Lead;
        let verdict = &mut output.verdict;
        (verdict.story, verdict.event) = (story.id, event.id);
        (verdict.comparable, verdict.class, verdict.kind) = (true, Class::New, None);
        if !is_new {
            let is_version = enriched.article.version_of.is_some();
            verdict.class = if is_version { Class::Version } else { Class::Copy };
            verdict.kind = (!is_version).then_some(CopyKind::Reprint);
        }
        if self.articles.is_multiple_of(OF_AGENCY) {
            let name = if self.articles.is_multiple_of(OF_AGENCY * 500) {
                "Rare Press"
            } else {
                "Common Press"
            };
            let agency = serde_json::json!({"name": name, "how": "credited", "confidence": "certainly", "evidence": []});
            verdict.agency = serde_json::from_value(agency).ok();
        }
        let revision = self.articles;
        output.story_state.revision = revision;
        output.story_state.articles = story.articles;
        output.story_state.first_seen = timestamp(story.first_seen);
        output.event_state.revision = revision;
        (output.event_state.stories, output.event_state.articles) = (event.stories, event.articles);
        output.event_state.origins = event.stories;
        output.event_state.first_seen = timestamp(event.first_seen);
        output
    }

    /// Notes what requests may name.
    fn name(&mut self, output: &OutputArticle) {
        if !self.articles.is_multiple_of(NAMED) {
            return;
        }
        let long = |word: &&str| word.len() > 5 && word.chars().all(char::is_alphanumeric);
        self.words.extend(output.article.title.split(' ').find(long).map(str::to_owned));
        self.outlets.push(output.article.outlet.to_string());
        self.named.push((output.verdict.story, output.verdict.event));
    }

    /// The value at this place, from the last to the first.
    fn of<T>(values: &[T], at: usize) -> &T {
        &values[values.len() - 1 - at % values.len()]
    }

    /// A request of each kind.
    fn requests(&self, at: usize) -> [(&'static str, String); 13] {
        let word = Self::of(&self.words, at);
        let (story, event) = Self::of(&self.named, at);
        // A filter costs most if it finds little.
        let outlet = match at % 4 {
            3 => "nobody.example",
            _ => Self::of(&self.outlets, at),
        };
        let agency = ["Common+Press", "Rare+Press", "Nobody"][at % 3];
        let group = ["north", "south"][at % 2];
        let language = ["en", "de", "ja"][at % 3];
        [
            ("river", "/".to_owned()),
            ("… of an outlet", format!("/?outlet={outlet}")),
            ("… in a language", format!("/?language={language}")),
            ("… of an agency", format!("/?agency={agency}")),
            ("… of a group", format!("/?group={group}")),
            ("… of ten outlets", "/?min_outlets=10".to_owned()),
            ("… of five origins", "/?min_origins=5".to_owned()),
            ("… by outlets", "/?sort=outlets".to_owned()),
            ("event", format!("/events/{event}")),
            ("story", format!("/stories/{story}")),
            ("search", format!("/?q={word}")),
            ("… of an outlet, in the API", format!("/api/v1/stories?q={word}&outlet={outlet}")),
            ("stories of an agency, in the API", format!("/api/v1/stories?agency={agency}")),
        ]
    }
}

/// Serves what was published, and measures.
async fn measure(data: &DataFolder, mut world: World) -> anyhow::Result<String> {
    let gateway = data.open_gateway().await?;
    let projecting = data.run_gateway(gateway.clone());
    let watch = Stopwatch::start();
    projecting.until_counted(data.bus.stream_state(OUTPUT.name).await?.last).await;
    let projected = watch.seconds();
    let server = serve(gateway.router(Access::Socket)).await?;
    let mut table =
        Table::new("request | p50, ms | p99, ms | KB | the same bytes, p50, ms | p99, ms");
    for (nth, (kind, _)) in world.requests(0).into_iter().enumerate() {
        let paths = (0..REQUESTS).map(|at| world.requests(at)[nth].1.clone()).collect();
        table.row(timed(server, kind, paths, "").await?);
    }
    let (head, _) = blocking(move || get(server, "/feeds/all.atom", "")).await?;
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).context("an ETag")?;
    let known = format!("if-none-match: {tag}\r\n");
    let paths = vec!["/feeds/all.atom".to_owned(); REQUESTS];
    table.row(timed(server, "feed that did not change (304)", paths, &known).await?);
    let mut others = Table::new("measure | figure | unit");
    let (stories, articles) = (world.stories.len(), world.articles);
    others.row(["stories", &stories.to_string(), ""]);
    others.row(["articles", &articles.to_string(), ""]);
    others.row(["projection of all", &three_digits(articles as f64 / projected), "articles/s"]);
    for row in sizes(server).await? {
        others.row(row);
    }
    for row in streams(data, &mut world, server).await? {
        others.row(row);
    }
    projecting.stop().await?;
    Ok(format!("{}\n{}", table.markdown(), others.markdown()))
}

/// Sends a request with more lines of its head. Returns head and body of the answer.
fn get(server: SocketAddr, path: &str, more: &str) -> anyhow::Result<(String, Vec<u8>)> {
    let request = format!("GET {path} HTTP/1.0\r\nhost: 127.0.0.1\r\n{more}\r\n");
    exchange(&server.to_string(), request.as_bytes())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await?
}

/// Serves routes on loopback until the process ends.
async fn serve(router: Router) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// The row of a kind of request: one after the other, and then the same bytes from a server that only sends them.
async fn timed(
    server: SocketAddr,
    kind: &str,
    paths: Vec<String>,
    more: &str,
) -> anyhow::Result<Vec<String>> {
    let more_here = more.to_owned();
    let (times, bodies) = blocking(move || {
        // The first request of a kind prepares its statements.
        get(server, &paths[0], &more_here)?;
        let (mut times, mut bodies) = (Vec::new(), Vec::new());
        for path in &paths {
            let watch = Stopwatch::start();
            let (head, body) = get(server, path, &more_here)?;
            times.push(watch.seconds() * 1e3);
            ensure!(head.contains(" 200 ") || head.contains(" 304 "), "{path}: {head}");
            bodies.push(Bytes::from(body));
        }
        Ok((times, bodies))
    })
    .await?;
    let mean = bodies.iter().map(Bytes::len).sum::<usize>() as f64 / bodies.len() as f64;
    let sent = Arc::new(Mutex::new(bodies.into_iter()));
    let plain = Router::new().fallback(move || {
        let next = machine::lock(&sent).next();
        async move { next.unwrap_or_default() }
    });
    let beside = serve(plain).await?;
    let plain_times = blocking(move || {
        let one = |_| {
            let watch = Stopwatch::start();
            get(beside, "/", "").map(|_| watch.seconds() * 1e3)
        };
        (0..REQUESTS).map(one).collect::<anyhow::Result<Vec<f64>>>()
    })
    .await?;
    let of = |all: &[f64]| [0.5, 0.99].map(|share| three_digits(quantile(all, share)));
    let [p50, p99] = of(&times);
    let [plain50, plain99] = of(&plain_times);
    Ok(vec![kind.to_owned(), p50, p99, three_digits(mean / 1e3), plain50, plain99])
}

/// The sizes of the page and of what it loads, compressed.
async fn sizes(server: SocketAddr) -> anyhow::Result<Vec<[String; 3]>> {
    let (_, page) = blocking(move || get(server, "/", "")).await?;
    let text = String::from_utf8_lossy(&page).into_owned();
    let mut rows = vec![("page".to_owned(), compressed(&page)?)];
    for (name, mark) in [("JavaScript", "script src=\""), ("style sheet", "stylesheet\" href=\"")] {
        let path = text.split(mark).nth(1).and_then(|rest| rest.split('"').next());
        let path = path.context("what a page loads")?.to_owned();
        let (_, loaded) = blocking(move || get(server, &path, "")).await?;
        rows.push((name.to_owned(), compressed(&loaded)?));
    }
    let row = |(name, size): (String, usize)| {
        [format!("{name}, compressed by gzip"), three_digits(size as f64 / 1e3), "KB".to_owned()]
    };
    Ok(rows.into_iter().map(row).collect())
}

fn compressed(bytes: &[u8]) -> anyhow::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

/// How long articles are measured that event streams send.
const STREAMED: Duration = Duration::from_secs(10);

/// The lag of event streams behind the publishing of an article, and that of a server that only passes the same bytes on.
async fn streams(
    data: &DataFolder,
    world: &mut World,
    server: SocketAddr,
) -> anyhow::Result<Vec<[String; 3]>> {
    let count = usize::try_from(RATE * STREAMED.as_secs())?;
    let mut bodies = Vec::new();
    let mut messages = Vec::new();
    for _ in 0..count {
        let [enriched, output] = world.next(SystemClock.now())?;
        bodies.push(output.body.clone());
        messages.push([enriched, output]);
    }
    let next = data.bus.stream_state(OUTPUT.name).await?.last + 1;
    let readers = Readers::connect(server, "/api/v1/stream", next).await?;
    let mut messages = messages.into_iter();
    let lags = readers
        .measure(count, async |_| {
            for message in messages.next().into_iter().flatten() {
                data.bus.publish(message).await?;
            }
            Ok(())
        })
        .await?;
    let (sender, _) = broadcast::channel::<Bytes>(count);
    let passing = sender.clone();
    let plain = Router::new().fallback(move || {
        let receiver = passing.subscribe();
        let body = stream::unfold(receiver, |mut receiver| async move {
            let event = receiver.recv().await.ok()?;
            Some((Ok::<Bytes, std::io::Error>(event), receiver))
        });
        async move { Body::from_stream(body) }
    });
    let beside = Readers::connect(serve(plain).await?, "/", 0).await?;
    let passed_on = beside
        .measure(count, async |at| {
            let body = String::from_utf8_lossy(&bodies[at]).into_owned();
            sender.send(Bytes::from(format!("id: {at}\nevent: article\ndata: {body}\n\n")))?;
            Ok(())
        })
        .await?;
    let row = |name: &str, all: &[f64], share| {
        let name = format!("{READERS} event streams at {RATE} articles a second{name}");
        [name, three_digits(quantile(all, share)), "ms".to_owned()]
    };
    Ok(vec![
        row(": lag, p50", &lags, 0.5),
        row(": lag, p99", &lags, 0.99),
        row(", the same bytes passed on: lag, p50", &passed_on, 0.5),
        row(", the same bytes passed on: lag, p99", &passed_on, 0.99),
    ])
}

/// Readers of an event stream, and when each event came to each of them, in seconds.
struct Readers {
    watch: Stopwatch,
    /// By the number of the event, from the first one on.
    arrived: Arc<Mutex<Vec<(usize, f64)>>>,
    stop: CancellationToken,
}

impl Readers {
    /// Connects all. The first event has this id.
    async fn connect(server: SocketAddr, path: &'static str, first: u64) -> anyhow::Result<Self> {
        let readers = Self {
            watch: Stopwatch::start(),
            arrived: Arc::default(),
            stop: CancellationToken::new(),
        };
        for _ in 0..READERS {
            let connection = tokio::net::TcpStream::connect(server).await?;
            let mut lines = BufReader::new(connection);
            let head = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
            lines.write_all(head.as_bytes()).await?;
            let mut line = String::new();
            lines.read_line(&mut line).await?;
            ensure!(line.contains(" 200 "), "{path}: {line}");
            let (watch, arrived, stop) =
                (readers.watch, readers.arrived.clone(), readers.stop.clone());
            tokio::spawn(stop.run_until_cancelled_owned(async move {
                loop {
                    line.clear();
                    if !matches!(lines.read_line(&mut line).await, Ok(1..)) {
                        return;
                    }
                    let id = line.strip_prefix("id: ").and_then(|id| id.trim().parse::<u64>().ok());
                    if let Some(id) = id {
                        let event = usize::try_from(id - first).unwrap_or_default();
                        machine::lock(&arrived).push((event, watch.seconds()));
                    }
                }
            }));
        }
        Ok(readers)
    }

    /// Publishes at the rate, and returns the milliseconds that each event took to each reader.
    async fn measure(
        self,
        count: usize,
        mut publish: impl AsyncFnMut(usize) -> anyhow::Result<()>,
    ) -> anyhow::Result<Vec<f64>> {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / u32::try_from(RATE)?);
        let mut begun = Vec::with_capacity(count);
        for at in 0..count {
            ticks.tick().await;
            begun.push(self.watch.seconds());
            publish(at).await?;
        }
        let all = || machine::lock(&self.arrived).len() >= count * READERS;
        let watch = Stopwatch::start();
        while !all() && watch.elapsed() < STREAMED {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.stop.cancel();
        let arrived = machine::lock(&self.arrived);
        ensure!(
            arrived.len() == count * READERS,
            "{} events did not arrive",
            count * READERS - arrived.len()
        );
        Ok(arrived.iter().map(|(event, at)| (at - begun[*event]) * 1e3).collect())
    }
}
