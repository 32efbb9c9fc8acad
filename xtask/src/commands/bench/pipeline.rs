//! `bench pipeline`: articles a second through all stages on the embedded bus and through each stage alone,
//! and how long one article takes from the first bus hop to the output.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rusqlite::{Connection, params};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wirefold_alerter::{ConfiguredSubscription, Printer};
use wirefold_envelope::{Limits, Sender, create_streams, timestamp};
use wirefold_flow::{
    Answer, BoxFuture, Bus, BusError, ChainedPublisher, Clock, KeyValue, Lease, Objects,
    OrderedReader, Outgoing, Published, StageContext, Stored, StreamConfig, StreamState,
    SystemClock, UnixMillis,
};
use wirefold_gateway::{Gateway, Probe, Rehearse, Replay};
use wirefold_proto::streams::{ALERTS, ENRICHED, FETCHED, OUTPUT, SUBSCRIPTIONS};
use wirefold_proto::{
    AboutArticle, Alert, ArticleFetched, ArticleId, Command, ContentHash, ControlCommand,
    DeadLetter, FeedId, Interval, ItemAddress, Outlet, Rehearsal, SubscriptionSettings, Tag,
    TextPolicy, TextSource, decode,
};
use wirefold_text::normalise;

use super::Common;
use crate::generator::{self, Kind, OUTLETS};
use crate::machine::{self, Stopwatch, file_system};
use crate::tree;

/// The number of articles of a run, also for a quick one.
const ARTICLES: usize = 20_000;
const QUICK: usize = 4_000;
/// The time between two articles, the last of which is seen now.
const APART: Duration = Duration::from_millis(1);
const SEED: u64 = 20_260_301;

/// The arguments of `bench pipeline`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    common: Common,
    /// The folder for the data, in a subfolder that is removed again. Use a disk, or the result means little.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Measures in a folder on a disk.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let parent = match &arguments.folder {
        Some(folder) => folder.clone(),
        None => tree::root().join("target"),
    };
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&parent)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(folder.path(), &arguments.common))
}

async fn measure(folder: &Path, common: &Common) -> anyhow::Result<()> {
    let count = if common.quick { QUICK } else { ARTICLES };
    let conditions = format!("{}, {count} articles", file_system(folder)?);
    let mut report = Report::new("pipeline", &conditions);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut factory = ArticleFactory::new(SEED)?;
    let articles = make(&mut factory, &*clock, count)?;
    let simple = Baselines {
        simhash: count as f64 / simhash(&articles),
        sqlite: sqlite(folder, &articles)?,
        count: count as f64,
    };
    let seconds = if common.quick { 10 } else { 30 };
    let whole_folder = folder.join("whole");
    let ground = DataFolder::open(&whole_folder, clock.clone()).await?;
    let stages = whole(&ground, &articles, &simple, &mut report).await?;
    latencies(&ground, &mut factory, Duration::from_secs(seconds), &simple, &mut report).await?;
    stages.stop().await?;
    by_stage(&folder.join("stages"), &clock, &articles, &simple, &mut report).await?;
    let memory = machine::peak_memory(std::process::id())? as f64 / 1e6;
    let texts: usize = articles.iter().map(|article| article.text.len()).sum();
    report.beside("peak memory", (memory, "MB"), ("the texts", texts as f64 / 1e6));
    report.print_and_write(common.write)
}

/// The baselines.
struct Baselines {
    /// Articles a second.
    simhash: f64,
    sqlite: SqliteTimes,
    count: f64,
}

impl Baselines {
    fn inserts(&self) -> f64 {
        self.count / self.sqlite.all
    }
}

const SIMHASH: &str = "SimHash and a map lookup";
/// The number of publishes that wait for their acknowledgement at a time.
const WINDOW: usize = 100;
const SQLITE_ALL: &str = "plain SQLite inserts by 100, all";
const SQLITE: &str = "plain SQLite inserts by 100";
const SINGLE: &str = "one SQLite insert, p50";

/// This many articles, the last of them seen now.
fn make(
    factory: &mut ArticleFactory,
    clock: &dyn Clock,
    count: usize,
) -> anyhow::Result<Vec<Ready>> {
    let whole = APART.saturating_mul(u32::try_from(count)?);
    let mut seen = clock.now().minus(whole);
    let mut articles = Vec::with_capacity(count);
    for _ in 0..count {
        articles.push(factory.next(seen)?);
        seen = seen.plus(APART);
    }
    Ok(articles)
}

/// Measures all stages together, as in `up`.
async fn whole(
    ground: &DataFolder,
    articles: &[Ready],
    simple: &Baselines,
    report: &mut Report,
) -> anyhow::Result<Stages> {
    let stages = ground.all().await?;
    let count = articles.len() as u64;
    let watch = Stopwatch::start();
    publish(&*ground.bus, articles).await?;
    let published = watch.seconds();
    stages.enricher.progress.until_handled(count).await;
    let enriched = watch.seconds();
    let to_decide = ground.bus.stream_state(ENRICHED.name).await?.last;
    stages.detector.progress.until_handled(to_decide).await;
    let decided = watch.seconds();
    let last = ground.bus.stream_state(OUTPUT.name).await?.last;
    stages.gateway.progress.until_handled(last).await;
    stages.alerter.progress.until_handled(last).await;
    let rate = count as f64 / watch.seconds();
    let name = "all stages, until nothing lags";
    report.beside(name, (rate, "articles/s"), (SIMHASH, simple.simhash));
    report.beside("… published by", (published, "s"), (SQLITE_ALL, simple.sqlite.all));
    report.add("… enriched by", enriched, "s");
    report.add("… in the output by", decided, "s");
    let alerts = ground.bus.stream_state(ALERTS.name).await?.messages;
    report.add("… revisions of alerts", alerts as f64, "");
    let reprints = articles.iter().filter(|article| article.is_reprint).count();
    let folded = (folded(&*ground.bus).await? as f64, "articles");
    report.beside("… folded", folded, ("reprints written", reprints as f64));
    Ok(stages)
}

/// Measures one article at a time through stages that run.
async fn latencies(
    ground: &DataFolder,
    factory: &mut ArticleFactory,
    time: Duration,
    simple: &Baselines,
    report: &mut Report,
) -> anyhow::Result<()> {
    let Latency { output, alert, alerted } =
        latency(&ground.bus, &*ground.clock, factory, time).await?;
    let single = (SINGLE, simple.sqlite.single);
    for (to, Percentiles { p50, p99 }) in [("output", output), ("alert", alert)] {
        report.beside(format!("publish to {to} at 20/s, p50"), (p50, "ms"), single);
        report.beside(format!("publish to {to} at 20/s, p99"), (p99, "ms"), single);
    }
    report.add("… articles that alerted", alerted as f64, "");
    Ok(())
}

/// The number of copies in the output.
async fn folded(bus: &dyn Bus) -> anyhow::Result<usize> {
    let mut reader = bus.read(OUTPUT.name, "wirefold.v1.output.article.copy.>", 1).await?;
    let mut folded = 0;
    loop {
        match reader.ready(1_000).await?.len() {
            0 => return Ok(folded),
            more => folded += more,
        }
    }
}

/// Measures each stage alone, on the messages of the previous one.
async fn by_stage(
    folder: &Path,
    clock: &Arc<dyn Clock>,
    articles: &[Ready],
    simple: &Baselines,
    report: &mut Report,
) -> anyhow::Result<()> {
    let ground = DataFolder::open(folder, clock.clone()).await?;
    let count = articles.len() as u64;
    let mut add = |name: &str, watch: &Stopwatch, beside: (&str, f64)| {
        let rate = count as f64 / watch.seconds();
        report.beside(format!("{name} alone"), (rate, "articles/s"), beside);
        report.add(format!("{name} alone"), 1e6 / rate, "µs an article");
    };
    let (simhash, inserts) = ((SIMHASH, simple.simhash), (SQLITE, simple.inserts()));

    let mut watch = Stopwatch::start();
    publish(&*ground.bus, articles).await?;
    add("publish", &watch, inserts);

    let fetched = ground.bus.stream_state(FETCHED.name).await?.last;
    watch = Stopwatch::start();
    let enricher = ground.enricher();
    enricher.progress.until_handled(fetched).await;
    add("enricher", &watch, simhash);
    enricher.stop().await?;

    let enriched = ground.bus.stream_state(ENRICHED.name).await?.last;
    watch = Stopwatch::start();
    let detector = ground.detector();
    detector.progress.until_handled(enriched).await;
    add("detector", &watch, simhash);
    detector.stop().await?;

    let last = ground.bus.stream_state(OUTPUT.name).await?.last;
    watch = Stopwatch::start();
    let alerter = ground.alerter()?;
    alerter.progress.until_handled(last).await;
    add("alerter", &watch, inserts);
    alerter.stop().await?;

    watch = Stopwatch::start();
    let gateway = ground.gateway().await?;
    gateway.progress.until_handled(last).await;
    add("projection", &watch, inserts);
    gateway.stop().await
}

/// Publishes in order, in a bounded window.
async fn publish(bus: &dyn Bus, articles: &[Ready]) -> anyhow::Result<()> {
    let publishing = stream::iter(articles).map(|it| Ok(bus.publish(it.message.clone())));
    publishing.try_buffered(WINDOW).try_for_each(|_| async { Ok(()) }).await?;
    Ok(())
}

const SENDER: Sender = Sender { source: "/wirefold/fetcher" };

/// An article that is ready to be published.
pub(super) struct Ready {
    pub(super) message: Outgoing,
    pub(super) text: String,
    pub(super) is_reprint: bool,
}

/// Makes generated articles ready to be published.
pub(super) struct ArticleFactory {
    news: Box<dyn Iterator<Item = generator::Article>>,
    /// The outlets. Each has one feed.
    outlets: Vec<Outlet>,
    feeds: Vec<FeedId>,
    /// The last version of each item.
    items: HashMap<u64, ArticleId>,
    /// The ids of all articles so far.
    published: HashSet<ArticleId>,
}

impl ArticleFactory {
    /// A factory whose articles have a median of some 500 words.
    pub(super) fn new(seed: u64) -> anyhow::Result<Self> {
        let outlets = (0..OUTLETS).map(|number| generator::host(number).parse());
        let feeds = (0..OUTLETS).map(|number| generator::host(number).parse());
        Ok(Self {
            news: Box::new(generator::news(seed, 100)),
            outlets: outlets.collect::<Result<_, _>>().context("an outlet")?,
            feeds: feeds.collect::<Result<_, _>>().context("a feed")?,
            items: HashMap::new(),
            published: HashSet::new(),
        })
    }

    /// The next article, seen at this time. A version with the text of an earlier one is not a new article:
    /// the fetcher would ignore it.
    pub(super) fn next(&mut self, seen: UnixMillis) -> anyhow::Result<Ready> {
        loop {
            let made = self.news.next().context("news never end")?;
            let text = made.text();
            let article = self.article(&made, text.clone(), seen);
            if self.published.insert(article.id) {
                let message = SENDER.outgoing(&article, timestamp(seen))?;
                // Copies, merged texts and texts above a wall have the text of another article.
                let is_reprint = made.main != made.number && made.kind != Kind::Version;
                return Ok(Ready { message, text, is_reprint });
            }
        }
    }

    fn article(
        &mut self,
        made: &generator::Article,
        text: String,
        seen: UnixMillis,
    ) -> ArticleFetched {
        let outlet = self.outlets[made.outlet].clone();
        let url = made.url();
        let content = ContentHash::of(&normalise(&made.title), &normalise(&text));
        let id = ArticleId::of(&outlet, ItemAddress::Url(&url), content);
        let before = self.items.insert(made.item, id);
        let about = AboutArticle {
            outlet,
            via: None,
            feeds: vec![self.feeds[made.outlet].clone()],
            item_key: format!("item-{}", made.item),
            url: Some(url.clone()),
            canonical_url: Some(url),
            title: made.title.clone(),
            authors: Vec::new(),
            teaser: None,
            truncated: false,
            paywalled: false,
            language_hint: None,
            published: Some(timestamp(seen)),
            date_problem: None,
            seen: timestamp(seen),
            version_of: before.filter(|before| *before != id),
            source: None,
            media: Vec::new(),
            baseline: false,
            updates_baseline: false,
            beyond_budget: false,
        };
        let text_source = TextSource::Feed;
        ArticleFetched { schema: Tag::new(), id, article: about, text, text_source }
    }
}

/// The number of rows in one transaction, the same as in a group of the bus.
const BATCH: usize = 100;
/// The number of single inserts that are timed.
const SINGLES: usize = 50;

/// The times of SQLite alone with the same bytes.
pub(super) struct SqliteTimes {
    /// Seconds for all articles, in batches of 100.
    pub(super) all: f64,
    /// The median of a single insert in milliseconds.
    pub(super) single: f64,
}

/// The seconds of a SimHash and a look-up in a map for each text. Exact equality of 64 bits is the least that
/// a detector of reprints can do, and a poor one.
pub(super) fn simhash(articles: &[Ready]) -> f64 {
    let watch = Stopwatch::start();
    let mut known: HashMap<u64, usize> = HashMap::new();
    for (place, article) in articles.iter().enumerate() {
        let signature = simhash::simhash(&article.text);
        std::hint::black_box(known.entry(signature).or_insert(place));
    }
    watch.seconds()
}

/// Inserts the same bodies into a table in the same folder, with the durability of the bus.
pub(super) fn sqlite(folder: &Path, articles: &[Ready]) -> anyhow::Result<SqliteTimes> {
    let mut connection = Connection::open(folder.join("plain.sqlite"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("CREATE TABLE rows (key INTEGER PRIMARY KEY, body BLOB NOT NULL)")?;
    let watch = Stopwatch::start();
    for batch in articles.chunks(BATCH) {
        insert(&mut connection, batch)?;
    }
    let all = watch.seconds();
    let mut singles = Vec::new();
    for article in articles.chunks(1).take(SINGLES) {
        let one = Stopwatch::start();
        insert(&mut connection, article)?;
        singles.push(one.seconds() * 1_000.0);
    }
    singles.sort_by(f64::total_cmp);
    Ok(SqliteTimes { all, single: singles.get(singles.len() / 2).copied().unwrap_or_default() })
}

fn insert(connection: &mut Connection, articles: &[Ready]) -> anyhow::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached("INSERT INTO rows (body) VALUES (?)")?;
        for article in articles {
            insert.execute(params![&article.message.body[..]])?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// The interval at which articles are published: 20 a second.
const PUBLISH_INTERVAL: Duration = Duration::from_millis(50);
/// An article that takes longer is an error and not a figure.
const DEADLINE: Duration = Duration::from_secs(60);
/// How often to check whether the subscription is in force.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// The subscription that alerts on every article without waiting.
const AT_ONCE: &str = "at-once";

/// An article without an alert this long after its output gets none.
const SILENCE: Duration = Duration::from_secs(3);

/// The times from the call of `publish` until an ordered reader has the message.
pub(super) struct Latency {
    /// Until the output.
    pub(super) output: Percentiles,
    /// Until the first revision of an alert that has the article.
    pub(super) alert: Percentiles,
    /// The number of articles with such a revision.
    pub(super) alerted: usize,
}

/// The median and the 99th percentile in milliseconds.
pub(super) struct Percentiles {
    pub(super) p50: f64,
    pub(super) p99: f64,
}

impl Percentiles {
    fn of(mut times: Vec<f64>) -> anyhow::Result<Self> {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied();
        let percentile = |share| at(share).context("nothing was timed");
        Ok(Self { p50: percentile(0.5)?, p99: percentile(0.99)? })
    }
}

/// Publishes articles in turn and waits until the last is in the output and alerts. The alerter must run.
pub(super) async fn latency(
    bus: &Arc<dyn Bus>,
    clock: &dyn Clock,
    factory: &mut ArticleFactory,
    time: Duration,
) -> anyhow::Result<Latency> {
    alert_on_everything_at_once(&**bus, clock).await?;
    // One article first: it waits until the alerts of all earlier ones, whose group_wait ends now, are out.
    timed(bus, clock, factory, PUBLISH_INTERVAL).await?;
    let LatencyTimes { output, alerts, .. } = timed(bus, clock, factory, time).await?;
    let (alert, alerted) = (Percentiles::of(alerts.values().copied().collect())?, alerts.len());
    Ok(Latency { output: Percentiles::of(output)?, alert, alerted })
}

/// Publishes, reads output and alerts, and ends once all articles are in the output and no alert came for
/// [`SILENCE`].
async fn timed(
    bus: &Arc<dyn Bus>,
    clock: &dyn Clock,
    factory: &mut ArticleFactory,
    time: Duration,
) -> anyhow::Result<LatencyTimes> {
    let count = usize::try_from(time.as_millis() / PUBLISH_INTERVAL.as_millis())?;
    let mut output = bus.read(OUTPUT.name, ">", next_of(&**bus, OUTPUT.name).await?).await?;
    let mut alerts = bus.read(ALERTS.name, ">", next_of(&**bus, ALERTS.name).await?).await?;
    let watch = Stopwatch::start();
    let mut publishing = Vec::new();
    let mut timed = LatencyTimes::default();
    let mut ticks = tokio::time::interval(PUBLISH_INTERVAL);
    loop {
        let is_out = timed.output.len() == count;
        tokio::select! {
            _ = ticks.tick(), if publishing.len() < count => {
                let message = factory.next(clock.now())?.message;
                timed.begun.insert(message.id.clone(), watch.seconds());
                let bus = bus.clone();
                publishing.push(tokio::spawn(async move { bus.publish(message).await }));
            }
            read = output.next(100) => {
                let now = watch.seconds();
                read?.iter().for_each(|stored| timed.put_out(stored, now));
            }
            read = alerts.next(100) => {
                let now = watch.seconds();
                read?.iter().try_for_each(|stored| timed.alerted(stored, now))?;
            }
            () = tokio::time::sleep(SILENCE), if is_out => break,
            () = tokio::time::sleep(DEADLINE) => bail!("an article did not come out"),
        }
    }
    for published in publishing {
        published.await??;
    }
    Ok(timed)
}

async fn next_of(bus: &dyn Bus, stream: &str) -> anyhow::Result<u64> {
    Ok(bus.stream_state(stream).await?.last + 1)
}

/// Adds the subscription as the API would and waits until the alerter has it.
async fn alert_on_everything_at_once(bus: &dyn Bus, clock: &dyn Clock) -> anyhow::Result<()> {
    let id = AT_ONCE.parse().context("an id")?;
    let now = Some(Interval::from_seconds(0));
    let subscription = SubscriptionSettings {
        group_wait: now,
        update_interval: now,
        ..SubscriptionSettings::new(id, "At once".to_owned(), "*".to_owned())
    };
    let command = ControlCommand {
        schema: Tag::new(),
        id: AT_ONCE.to_owned(),
        at: timestamp(clock.now()),
        by: "the benchmark".to_owned(),
        command: Command::SubscriptionPut { subscription: Box::new(subscription) },
    };
    let sender = Sender { source: "/wirefold/bench" };
    bus.publish(sender.outgoing(&command, command.at)?).await?;
    let keys = bus.key_value(SUBSCRIPTIONS.name)?;
    while keys.get(&format!("subscription.{AT_ONCE}")).await?.is_none() {
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
    Ok(())
}

/// The times so far, in milliseconds.
#[derive(Default)]
struct LatencyTimes {
    /// The publication time of each article that is not yet in the output, by its id, in seconds.
    begun: HashMap<String, f64>,
    /// The same for articles in the output, by their sequence there.
    came_out: HashMap<u64, f64>,
    output: Vec<f64>,
    /// The first alert for each sequence of the output.
    alerts: HashMap<u64, f64>,
    /// Alerts that were read before the article in the output.
    early: HashMap<u64, f64>,
}

impl LatencyTimes {
    fn put_out(&mut self, stored: &Stored, now: f64) {
        let article = stored.headers.get("ce-id").unwrap_or_default();
        let Some(begun) = self.begun.remove(article) else {
            return;
        };
        self.output.push((now - begun) * 1_000.0);
        self.came_out.insert(stored.sequence, begun);
        if let Some(alerted) = self.early.remove(&stored.sequence) {
            self.alerts.insert(stored.sequence, (alerted - begun) * 1_000.0);
        }
    }

    fn alerted(&mut self, stored: &Stored, now: f64) -> anyhow::Result<()> {
        let alert: Alert = decode(&stored.body)?;
        if alert.subscription.as_str() != AT_ONCE {
            return Ok(());
        }
        match self.came_out.get(&alert.output) {
            Some(begun) => {
                self.alerts.entry(alert.output).or_insert((now - begun) * 1_000.0);
            }
            None => {
                self.early.entry(alert.output).or_insert(now);
            }
        }
        Ok(())
    }
}

/// A data folder with its bus and clock.
pub(super) struct DataFolder {
    pub(super) folder: PathBuf,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) clock: Arc<dyn Clock>,
}

/// A running stage.
pub(super) struct Running {
    pub(super) progress: Arc<Progress>,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Lets it finish its work and stops it.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.task.await.context("a stage broke down")?
    }
}

/// All stages except the fetcher.
pub(super) struct Stages {
    pub(super) detector: Running,
    pub(super) enricher: Running,
    pub(super) alerter: Running,
    pub(super) gateway: Running,
}

impl Stages {
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        for stage in [self.detector, self.enricher, self.alerter, self.gateway] {
            stage.stop().await?;
        }
        Ok(())
    }
}

impl DataFolder {
    /// Opens a data folder and makes the streams in it.
    pub(super) async fn open(folder: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let bus = wirefold_flow_sqlite::open(folder, clock.clone())?;
        create_streams(&*bus, &Limits::default()).await?;
        Ok(Self { folder: folder.to_owned(), bus, clock })
    }

    /// Starts all stages except the fetcher.
    pub(super) async fn all(&self) -> anyhow::Result<Stages> {
        let (detector, enricher) = (self.detector(), self.enricher());
        let (alerter, gateway) = (self.alerter()?, self.gateway().await?);
        Ok(Stages { detector, enricher, alerter, gateway })
    }

    pub(super) fn detector(&self) -> Running {
        let settings = wirefold_detector::Settings {
            fold: Default::default(),
            writer: "detector-1".to_owned(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            text_policy: TextPolicy::Lead,
            snapshot_after: wirefold_detector::SNAPSHOT_AFTER,
            texts: Some(self.folder.clone()),
        };
        self.run(ENRICHED.name, |context, stop| async move {
            Ok(wirefold_detector::run_on_own_thread(context, settings, Lease::alone(), stop)
                .await?)
        })
    }

    pub(super) fn enricher(&self) -> Running {
        let settings = wirefold_enricher::Settings {
            writer: "enricher-1".to_owned(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
        };
        self.run(FETCHED.name, move |context, stop| async move {
            Ok(wirefold_enricher::run(context, settings, Lease::alone(), stop).await?)
        })
    }

    pub(super) fn alerter(&self) -> anyhow::Result<Running> {
        let settings = wirefold_alerter::Settings {
            subscriptions: subscriptions()?,
            ..wirefold_alerter::Settings::default()
        };
        Ok(self.run(OUTPUT.name, |context, stop| async move {
            let printer: Arc<dyn Printer> = Arc::new(NoServices);
            Ok(wirefold_alerter::run(context, settings, printer, stop).await?)
        }))
    }

    /// Starts the projection.
    pub(super) async fn gateway(&self) -> anyhow::Result<Running> {
        let nowhere = Arc::new(NoServices);
        let settings = wirefold_gateway::Settings {
            folder: self.folder.clone(),
            demo: false,
            release: env!("CARGO_PKG_VERSION").to_owned(),
            hosts: Vec::new(),
            text_policy: TextPolicy::Lead,
            base_url: "http://127.0.0.1:8787".to_owned(),
            gate: None,
            tables: false,
            rehearse: nowhere.clone(),
            replay: nowhere.clone(),
            probe: nowhere,
            condition: Arc::new(()),
        };
        let progress = Arc::new(Progress::default());
        let gateway = Gateway::open(self.context(OUTPUT.name, &progress), settings).await?;
        Ok(start(progress, |stop| async move { Ok(gateway.run(stop).await?) }))
    }

    /// Runs a service and observes how far it has read the stream.
    pub(super) fn run<F>(
        &self,
        stream: &'static str,
        service: impl FnOnce(StageContext, CancellationToken) -> F,
    ) -> Running
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let progress = Arc::new(Progress::default());
        let context = self.context(stream, &progress);
        start(progress, |stop| service(context, stop))
    }

    fn context(&self, stream: &'static str, progress: &Arc<Progress>) -> StageContext {
        let bus = WatchedBus::new(self.bus.clone(), stream, progress.clone());
        StageContext::new(Arc::new(bus), self.clock.clone())
    }
}

fn start<F>(progress: Arc<Progress>, service: impl FnOnce(CancellationToken) -> F) -> Running
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let stop = CancellationToken::new();
    let task = tokio::spawn(service(stop.clone()));
    Running { progress, stop, task }
}

/// Twenty subscriptions: one matches everything, the others are typical queries. None has a delivery.
fn subscriptions() -> anyhow::Result<Vec<ConfiguredSubscription>> {
    let mut queries = vec!["*".to_owned()];
    queries.extend((0..6).map(|number| format!("outlet:paper{number:03}.example")));
    queries
        .extend((0..5).map(|number| format!("title:said AND NOT site:paper{number:03}.example")));
    queries.extend((1..5).map(|number| format!("origins>={number} AND (million OR \"said the\")")));
    queries.extend((2..6).map(|number| format!("outlets>{number} class:copy")));
    queries.iter().enumerate().map(|(number, query)| subscription(number, query)).collect()
}

fn subscription(number: usize, query: &str) -> anyhow::Result<ConfiguredSubscription> {
    let id = format!("subscription-{number:02}").parse().context("an id")?;
    let settings = SubscriptionSettings::new(id, format!("Subscription {number}"), query);
    Ok(ConfiguredSubscription { settings, managed_by: "the benchmark".to_owned() })
}

/// A stub for the terminal of `wirefold up` and for the services that its page uses.
struct NoServices;

impl Printer for NoServices {
    fn print(&self, _line: &str) -> std::io::Result<()> {
        Ok(())
    }
}

fn unasked<T>() -> BoxFuture<'static, Result<T, String>>
where
    T: Send + 'static,
{
    Box::pin(async { Err("a benchmark serves nobody".to_owned()) })
}

impl Rehearse for NoServices {
    fn rehearse(
        &self,
        _subscription: SubscriptionSettings,
        _back: Duration,
    ) -> BoxFuture<'_, Result<Rehearsal, String>> {
        unasked()
    }
}

impl Replay for NoServices {
    fn replay(&self, _letter: DeadLetter, _at: u64) -> BoxFuture<'_, Result<String, String>> {
        unasked()
    }
}

impl Probe for NoServices {
    fn probe(
        &self,
        _: wirefold_gateway::shapes::ProbeRequest,
    ) -> BoxFuture<'_, Result<serde_json::Value, String>> {
        unasked()
    }
}

/// The figures of a run as rows of a table.
pub(super) struct Report {
    name: &'static str,
    head: String,
    rows: Vec<[String; 6]>,
}

impl Report {
    /// `conditions` go into the line above the table.
    pub(super) fn new(name: &'static str, conditions: &str) -> Self {
        let head = format!(
            "`cargo xtask bench {name} --write`, {}, {} cores, load average {:.1} before, {conditions}.",
            machine::today(),
            machine::cores(),
            machine::load(),
        );
        Self { name, head, rows: Vec::new() }
    }

    /// Adds a figure.
    pub(super) fn add(&mut self, name: impl Into<String>, value: f64, unit: &str) {
        let none = String::new;
        self.rows.push([name.into(), three_digits(value), unit.to_owned(), none(), none(), none()]);
    }

    /// Adds a figure with the simpler thing beside it.
    pub(super) fn beside(
        &mut self,
        name: impl Into<String>,
        (value, unit): (f64, &str),
        (beside, simple): (&str, f64),
    ) {
        self.add(name, value, unit);
        if let Some([.., named, is, ratio]) = self.rows.last_mut() {
            *named = beside.to_owned();
            *is = three_digits(simple);
            *ratio = format!("{:.2}", value / simple.max(f64::MIN_POSITIVE));
        }
    }

    /// Prints the table, and writes it into docs/performance.md if `is_asked`.
    pub(super) fn print_and_write(&self, is_asked: bool) -> anyhow::Result<()> {
        let head = "| measure | figure | unit | beside it in the same run | is | ratio |\n\
                    |---|--:|---|---|--:|--:|\n";
        let rows: String =
            self.rows.iter().map(|row| format!("| {} |\n", row.join(" | "))).collect();
        let block = format!("{}\n\n{head}{rows}", self.head);
        writeln!(std::io::stdout().lock(), "{block}")?;
        if is_asked { super::put(self.name, &block) } else { Ok(()) }
    }
}

/// Three digits. A shared machine gives no more.
fn three_digits(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        small if small < 1.0 => format!("{value:.3}"),
        small if small < 10.0 => format!("{value:.2}"),
        middle if middle < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// How far a service has come.
#[derive(Default)]
pub(super) struct Progress {
    handled: AtomicU64,
    changed: Notify,
}

impl Progress {
    /// Waits until everything up to a sequence of its stream is handled.
    pub(super) async fn until_handled(&self, sequence: u64) {
        loop {
            let changed = self.changed.notified();
            if self.handled.load(Ordering::SeqCst) >= sequence {
                return;
            }
            changed.await;
        }
    }

    fn note_handled(&self, sequence: u64) {
        self.handled.fetch_max(sequence, Ordering::SeqCst);
        self.changed.notify_waiters();
    }
}

/// The bus of one service.
pub(super) struct WatchedBus {
    bus: Arc<dyn Bus>,
    /// The stream whose reading is recorded.
    stream: &'static str,
    progress: Arc<Progress>,
}

impl WatchedBus {
    pub(super) fn new(bus: Arc<dyn Bus>, stream: &'static str, progress: Arc<Progress>) -> Self {
        Self { bus, stream, progress }
    }
}

impl Bus for WatchedBus {
    fn create_stream(&self, config: StreamConfig) -> Answer<'_, ()> {
        self.bus.create_stream(config)
    }

    fn stream_state<'a>(&'a self, stream: &'a str) -> Answer<'a, StreamState> {
        self.bus.stream_state(stream)
    }

    fn publish(&self, message: Outgoing) -> Answer<'_, Published> {
        self.bus.publish(message)
    }

    fn publish_if_last(&self, message: Outgoing, expected: u64) -> Answer<'_, Published> {
        self.bus.publish_if_last(message, expected)
    }

    fn take_over(&self, record: Outgoing, expected: u64) -> Answer<'_, Box<dyn ChainedPublisher>> {
        self.bus.take_over(record, expected)
    }

    fn read(&self, stream: &str, filter: &str, from: u64) -> Answer<'_, Box<dyn OrderedReader>> {
        let reading = self.bus.read(stream, filter, from);
        let is_watched = stream == self.stream;
        let progress = self.progress.clone();
        Box::pin(async move {
            let reader = reading.await?;
            if !is_watched {
                return Ok(reader);
            }
            let watched = WatchedReader { reader, given: from.saturating_sub(1), progress };
            Ok(Box::new(watched) as Box<dyn OrderedReader>)
        })
    }

    fn mark_read<'a>(&'a self, stream: &'a str, reader: &'a str, through: u64) -> Answer<'a, ()> {
        self.bus.mark_read(stream, reader, through)
    }

    fn get<'a>(&'a self, stream: &'a str, sequence: u64) -> Answer<'a, Stored> {
        self.bus.get(stream, sequence)
    }

    fn get_each<'a>(
        &'a self,
        stream: &'a str,
        sequences: &'a [u64],
    ) -> Answer<'a, Vec<Result<Stored, BusError>>> {
        self.bus.get_each(stream, sequences)
    }

    fn last<'a>(&'a self, stream: &'a str, filter: &'a str) -> Answer<'a, Option<Stored>> {
        self.bus.last(stream, filter)
    }

    fn key_value(&self, bucket: &str) -> Result<Arc<dyn KeyValue>, BusError> {
        self.bus.key_value(bucket)
    }

    fn objects(&self, store: &str) -> Result<Arc<dyn Objects>, BusError> {
        self.bus.objects(store)
    }
}

/// A request for more means that the previous messages are handled.
struct WatchedReader {
    reader: Box<dyn OrderedReader>,
    given: u64,
    progress: Arc<Progress>,
}

impl WatchedReader {
    fn give(&mut self, messages: Vec<Stored>) -> Vec<Stored> {
        self.given = messages.last().map_or(self.given, |message| message.sequence);
        messages
    }
}

impl OrderedReader for WatchedReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        self.progress.note_handled(self.given);
        Box::pin(async move {
            let messages = self.reader.next(max).await?;
            Ok(self.give(messages))
        })
    }

    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        self.progress.note_handled(self.given);
        Box::pin(async move {
            let messages = self.reader.ready(max).await?;
            Ok(self.give(messages))
        })
    }
}

#[cfg(test)]
mod articles_tests {
    use super::*;

    /// The bus stores a message once, so a wait for the number of published messages would never end. With
    /// this seed, the correction at index 778 has the text of an earlier article.
    #[test]
    fn no_article_comes_twice() {
        let mut factory = ArticleFactory::new(20_260_301).unwrap();
        let mut ids = HashSet::new();
        let all: Vec<Ready> = (0..800).map(|_| factory.next(UnixMillis(0)).unwrap()).collect();
        assert!(all.iter().all(|article| ids.insert(article.message.id.clone())));
        let reprints = all.iter().filter(|article| article.is_reprint).count();
        assert!((200..320).contains(&reprints), "{reprints} reprints");
    }
}
