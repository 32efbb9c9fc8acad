//! `bench pipeline`: articles a second through all stages on the embedded bus and through each stage alone,
//! and how long one article takes from the first bus hop to the output.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use rusqlite::{Connection, params};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wirefold_alerter::{ConfiguredSubscription, Printer};
use wirefold_envelope::{Limits, Sender, create_streams, timestamp};
use wirefold_flow::{Bus, Clock, Lease, Outgoing, StageContext, Stored, SystemClock, UnixMillis};
use wirefold_gateway::Gateway;
use wirefold_proto::streams::{ALERTS, ENRICHED, OUTPUT, SUBSCRIPTIONS};
use wirefold_proto::{
    AboutArticle, Alert, ArticleFetched, ArticleId, Command, ContentHash, ControlCommand, Interval,
    ItemAddress, SubscriptionSettings, Tag, TextPolicy, TextSource, decode,
};
use wirefold_text::normalise;

use super::{Common, OnDisk, all_cores, report};
use crate::enriched;
use crate::generator::{self, Kind};
use crate::machine::{self, Stopwatch};
use crate::statistics::quantile;
use crate::table::Table;

/// The number of articles of a run, also for a quick one.
const ARTICLES: usize = 20_000;
const QUICK: usize = 4_000;
/// The time between two articles, the last of which is seen now.
const APART: Duration = Duration::from_millis(1);
const SEED: u64 = 20_260_301;
/// How often to check whether something has happened.
const CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// Measures in a folder on a disk.
pub(super) fn run(arguments: &OnDisk) -> anyhow::Result<()> {
    let folder = arguments.parent.make_folder()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(folder.path(), &arguments.common))
}

async fn measure(folder: &Path, common: &Common) -> anyhow::Result<()> {
    let count = if common.quick { QUICK } else { ARTICLES };
    let conditions = format!("{}, {count} articles", all_cores(folder)?);
    let mut factory = ArticleFactory::new(SEED);
    let articles = make(&mut factory, SystemClock.now(), count)?;
    let mut measurement = Measurement {
        simhash: count as f64 / simhash(&articles),
        sqlite: sqlite(folder, &articles)?,
        articles,
        counters: PrometheusBuilder::new().install_recorder()?,
        figures: Figures::new(),
    };
    let seconds = if common.quick { 10 } else { 30 };
    let limits = Limits::default();
    let whole = DataFolder::open(&folder.join("whole"), &measurement.counters, &limits).await?;
    let stages = measurement.whole(&whole).await?;
    measurement.latencies(&*whole.bus, &mut factory, Duration::from_secs(seconds)).await?;
    for stage in stages {
        stage.stop().await?;
    }
    let alone = DataFolder::open(&folder.join("stages"), &measurement.counters, &limits).await?;
    measurement.by_stage(&alone).await?;
    let Measurement { articles: all, mut figures, .. } = measurement;
    let memory = machine::peak_memory(rustix::process::getpid())? as f64 / 1e6;
    let texts: usize = all.iter().map(|article| article.fetched.text.len()).sum();
    figures.beside("peak memory", (memory, "MB"), ("the texts", texts as f64 / 1e6));
    report(common, "pipeline", ("pipeline", &conditions), &figures.0.markdown())
}

/// This many articles, the last of them seen at this time.
fn make(factory: &mut ArticleFactory, now: UnixMillis, count: usize) -> anyhow::Result<Vec<Ready>> {
    let mut seen = now.minus(APART.saturating_mul(u32::try_from(count)?));
    let mut articles = Vec::with_capacity(count);
    for _ in 0..count {
        articles.push(factory.next(seen)?);
        seen = seen.plus(APART);
    }
    Ok(articles)
}

/// The articles of a run with their baselines, and the figures so far.
struct Measurement {
    articles: Vec<Ready>,
    /// Articles a second.
    simhash: f64,
    sqlite: SqliteTimes,
    counters: PrometheusHandle,
    figures: Figures,
}

const SIMHASH: &str = "SimHash and a map lookup";
/// The number of publishes that wait for their acknowledgement at a time.
const WINDOW: usize = 100;
const SQLITE_ALL: &str = "plain SQLite inserts by 100, all";
const SQLITE: &str = "plain SQLite inserts by 100";
const SINGLE: &str = "one SQLite insert, p50";

impl Measurement {
    /// Measures all stages together, as in `up`.
    async fn whole(&mut self, folder: &DataFolder) -> anyhow::Result<[Running; 4]> {
        let (enricher, detector) = (folder.enricher(), folder.detector());
        let (alerter, gateway) = (folder.alerter()?, folder.gateway().await?);
        let count = self.articles.len() as u64;
        let watch = Stopwatch::start();
        self.publish(&*folder.bus).await?;
        let published = watch.seconds();
        self.until_last_in(ENRICHED.name, &*folder.bus).await?;
        let enriched = watch.seconds();
        self.until_last_in(OUTPUT.name, &*folder.bus).await?;
        let decided = watch.seconds();
        gateway.until_counted(folder.bus.stream_state(OUTPUT.name).await?.last).await;
        alerter.until_counted(count).await;
        let rate = count as f64 / watch.seconds();
        let (simhash, sqlite) = ((SIMHASH, self.simhash), (SQLITE_ALL, self.sqlite.all));
        let alerts = folder.bus.stream_state(ALERTS.name).await?.messages as f64;
        let reprints = self.articles.iter().filter(|article| article.is_reprint()).count() as f64;
        let folded = (folded(&*folder.bus).await? as f64, "articles");
        let figures = &mut self.figures;
        figures.beside("all stages, until nothing lags", (rate, "articles/s"), simhash);
        figures.beside("… published by", (published, "s"), sqlite);
        figures.add("… enriched by", enriched, "s");
        figures.add("… in the output by", decided, "s");
        figures.add("… revisions of alerts", alerts, "");
        figures.beside("… folded", folded, ("reprints written", reprints));
        Ok([detector, enricher, alerter, gateway])
    }

    /// Measures one article at a time through stages that run.
    async fn latencies(
        &mut self,
        bus: &dyn Bus,
        factory: &mut ArticleFactory,
        time: Duration,
    ) -> anyhow::Result<()> {
        alert_on_everything_at_once(bus).await?;
        // One article first: it waits until the alerts of all earlier ones, whose group_wait ends now, are out.
        timed(bus, factory, PUBLISH_INTERVAL).await?;
        let moments = timed(bus, factory, time).await?;
        let (output, alerts) = (moments.to_output(), moments.to_alerts());
        ensure!(!alerts.is_empty(), "nothing alerted");
        for (to, times) in [("output", &output), ("alert", &alerts)] {
            for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
                let name = format!("publish to {to} at 20/s, {name}");
                let single = (SINGLE, self.sqlite.single);
                self.figures.beside(&name, (quantile(times, share), "ms"), single);
            }
        }
        self.figures.add("… articles that alerted", alerts.len() as f64, "");
        Ok(())
    }

    /// Measures each stage alone, on the messages of the previous one.
    async fn by_stage(&mut self, folder: &DataFolder) -> anyhow::Result<()> {
        let count = self.articles.len() as u64;
        let simhash = (SIMHASH, self.simhash);
        let inserts = (SQLITE, count as f64 / self.sqlite.all);

        let mut watch = Stopwatch::start();
        self.publish(&*folder.bus).await?;
        self.figures.alone("publish", count, &watch, inserts);

        watch = Stopwatch::start();
        let enricher = folder.enricher();
        self.until_last_in(ENRICHED.name, &*folder.bus).await?;
        self.figures.alone("enricher", count, &watch, simhash);
        enricher.stop().await?;

        watch = Stopwatch::start();
        let detector = folder.detector();
        self.until_last_in(OUTPUT.name, &*folder.bus).await?;
        self.figures.alone("detector", count, &watch, simhash);
        detector.stop().await?;

        watch = Stopwatch::start();
        let alerter = folder.alerter()?;
        alerter.until_counted(count).await;
        self.figures.alone("alerter", count, &watch, inserts);
        alerter.stop().await?;

        let last = folder.bus.stream_state(OUTPUT.name).await?.last;
        watch = Stopwatch::start();
        let gateway = folder.gateway().await?;
        gateway.until_counted(last).await;
        self.figures.alone("projection", count, &watch, inserts);
        gateway.stop().await
    }

    /// Publishes in order, in a bounded window.
    async fn publish(&self, bus: &dyn Bus) -> anyhow::Result<()> {
        let publishing = stream::iter(&self.articles).map(|it| Ok(bus.publish(it.message.clone())));
        publishing.try_buffered(WINDOW).try_for_each(|_| async { Ok(()) }).await?;
        Ok(())
    }

    /// Waits until the last article is in a stream. Stages keep the order of articles.
    async fn until_last_in(&self, stream: &str, bus: &dyn Bus) -> anyhow::Result<()> {
        let wanted = self.articles.last().map(|article| article.message.id.as_str());
        while bus.last(stream, ">").await?.is_none_or(|last| article_of(&last) != wanted) {
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
        Ok(())
    }
}

/// The id of the article of a message.
fn article_of(stored: &Stored) -> Option<&str> {
    stored.headers.get("ce-id")
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

const SENDER: Sender = Sender { source: "/wirefold/fetcher" };

/// An article that is ready to be published.
pub(super) struct Ready {
    message: Outgoing,
    pub(super) fetched: ArticleFetched,
    pub(super) made: generator::Article,
}

impl Ready {
    /// Whether it has the text of another article: copies, merged texts and texts above a wall do.
    fn is_reprint(&self) -> bool {
        self.made.main != self.made.number && self.made.kind != Kind::Version
    }
}

/// Makes generated articles ready to be published.
pub(super) struct ArticleFactory {
    news: Box<dyn Iterator<Item = generator::Article>>,
    /// The last version of each item.
    items: HashMap<u64, ArticleId>,
    /// The ids of all articles so far.
    published: HashSet<ArticleId>,
}

impl ArticleFactory {
    /// A factory whose articles have a median of some 500 words.
    pub(super) fn new(seed: u64) -> Self {
        let news = Box::new(generator::news(seed, 100));
        Self { news, items: HashMap::new(), published: HashSet::new() }
    }

    /// The next article, seen at this time. A version with the text of an earlier one is not a new article:
    /// the fetcher would ignore it.
    pub(super) fn next(&mut self, seen: UnixMillis) -> anyhow::Result<Ready> {
        loop {
            let made = self.news.next().context("news never end")?;
            let article = self.article(&made, seen)?;
            if self.published.insert(article.id) {
                let message = SENDER.outgoing(&article, timestamp(seen))?;
                return Ok(Ready { message, fetched: article, made });
            }
        }
    }

    /// Each outlet has one feed.
    fn article(
        &mut self,
        made: &generator::Article,
        seen: UnixMillis,
    ) -> anyhow::Result<ArticleFetched> {
        let (url, text) = (made.url(), made.text());
        let outlet = made.host.parse().context("an outlet")?;
        let content = ContentHash::of(&normalise(&made.title), &normalise(&text));
        let id = ArticleId::of(&outlet, ItemAddress::Url(&url), content);
        let before = self.items.insert(made.item, id);
        let about = AboutArticle {
            outlet,
            feeds: vec![made.host.parse().context("a feed")?],
            item_key: format!("item-{}", made.item),
            url: Some(url.clone()),
            canonical_url: Some(url),
            title: made.title.clone(),
            published: Some(timestamp(seen)),
            seen: timestamp(seen),
            version_of: before.filter(|before| *before != id),
            ..enriched::sample()
        };
        let text_source = TextSource::Feed;
        Ok(ArticleFetched { schema: Tag::new(), id, article: about, text, text_source })
    }
}

/// The number of rows in one transaction, the same as in a group of the bus.
const BATCH: usize = 100;
/// The number of single inserts that are timed.
const SINGLES: usize = 50;

/// The times of SQLite alone with the same bytes.
struct SqliteTimes {
    /// Seconds for all articles, in batches of 100.
    all: f64,
    /// The median of a single insert in milliseconds.
    single: f64,
}

/// The seconds of a SimHash and a look-up in a map for each text. Exact equality of 64 bits is the least that
/// a detector of reprints can do, and a poor one.
fn simhash(articles: &[Ready]) -> f64 {
    let watch = Stopwatch::start();
    let mut known: HashMap<u64, usize> = HashMap::new();
    for (place, article) in articles.iter().enumerate() {
        let signature = simhash::simhash(&article.fetched.text);
        std::hint::black_box(known.entry(signature).or_insert(place));
    }
    watch.seconds()
}

/// Inserts the same bodies into a table in the same folder, with the durability of the bus.
fn sqlite(folder: &Path, articles: &[Ready]) -> anyhow::Result<SqliteTimes> {
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
    Ok(SqliteTimes { all, single: quantile(&singles, 0.5) })
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
/// The subscription that alerts on every article without waiting.
const AT_ONCE: &str = "at-once";
/// An article without an alert this long after its output gets none.
const SILENCE: Duration = Duration::from_secs(3);

/// When articles were published and read again by an ordered reader, in seconds.
#[derive(Default)]
struct Moments {
    /// The call of `publish` for each article, by its id.
    begun: HashMap<String, f64>,
    /// The call and the output of each article, by its sequence in the output.
    output: HashMap<u64, [f64; 2]>,
    /// The first revision of an alert that has the article, by the same sequence.
    alerts: HashMap<u64, f64>,
}

impl Moments {
    fn note_output(&mut self, stored: &Stored, now: f64) {
        if let Some(begun) = article_of(stored).and_then(|id| self.begun.get(id)) {
            self.output.insert(stored.sequence, [*begun, now]);
        }
    }

    fn note_alert(&mut self, stored: &Stored, now: f64) -> anyhow::Result<()> {
        let alert: Alert = decode(&stored.body)?;
        if alert.subscription.as_str() == AT_ONCE {
            self.alerts.entry(alert.output).or_insert(now);
        }
        Ok(())
    }

    /// The milliseconds of each article until its output.
    fn to_output(&self) -> Vec<f64> {
        self.output.values().map(|[begun, output]| (output - begun) * 1e3).collect()
    }

    /// The milliseconds of each article that alerted until its alert.
    fn to_alerts(&self) -> Vec<f64> {
        let times = self
            .output
            .iter()
            .filter_map(|(sequence, [begun, _])| Some((self.alerts.get(sequence)? - begun) * 1e3));
        times.collect()
    }
}

/// Publishes articles in turn, reads output and alerts, and ends once all articles are in the output and no alert
/// came for [`SILENCE`]. The alerter must run.
async fn timed(
    bus: &dyn Bus,
    factory: &mut ArticleFactory,
    time: Duration,
) -> anyhow::Result<Moments> {
    let count = usize::try_from(time.as_millis() / PUBLISH_INTERVAL.as_millis())?;
    let mut output = bus.read(OUTPUT.name, ">", next_of(bus, OUTPUT.name).await?).await?;
    let mut alerts = bus.read(ALERTS.name, ">", next_of(bus, ALERTS.name).await?).await?;
    let watch = Stopwatch::start();
    let mut publishing = stream::FuturesUnordered::new();
    let mut moments = Moments::default();
    let mut ticks = tokio::time::interval(PUBLISH_INTERVAL);
    loop {
        let is_out = moments.output.len() == count;
        tokio::select! {
            _ = ticks.tick(), if moments.begun.len() < count => {
                let message = factory.next(SystemClock.now())?.message;
                moments.begun.insert(message.id.clone(), watch.seconds());
                publishing.push(bus.publish(message));
            }
            Some(published) = publishing.next() => drop(published?),
            read = output.next(100) => {
                let now = watch.seconds();
                read?.iter().for_each(|stored| moments.note_output(stored, now));
            }
            read = alerts.next(100) => {
                let now = watch.seconds();
                read?.iter().try_for_each(|stored| moments.note_alert(stored, now))?;
            }
            () = tokio::time::sleep(SILENCE), if is_out => return Ok(moments),
            () = tokio::time::sleep(DEADLINE) => bail!("an article did not come out"),
        }
    }
}

async fn next_of(bus: &dyn Bus, stream: &str) -> anyhow::Result<u64> {
    Ok(bus.stream_state(stream).await?.last + 1)
}

/// Adds the subscription as the API would and waits until the alerter has it.
async fn alert_on_everything_at_once(bus: &dyn Bus) -> anyhow::Result<()> {
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
        at: timestamp(SystemClock.now()),
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

/// A data folder with its bus, and the counters of the stages in this process.
pub(super) struct DataFolder {
    folder: PathBuf,
    pub(super) bus: Arc<dyn Bus>,
    counters: PrometheusHandle,
}

/// A running stage.
pub(super) struct Running {
    counters: PrometheusHandle,
    /// The beginning of the line that counts its messages, and the number there at its start.
    counter: &'static str,
    before: u64,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Waits until it has counted this many messages.
    pub(super) async fn until_counted(&self, messages: u64) {
        while counted(&self.counters, self.counter) < self.before + messages {
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
    }

    /// Lets it finish its work and stops it.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.task.await.context("a stage broke down")?
    }
}

/// The sum of the counters whose lines begin like this.
fn counted(counters: &PrometheusHandle, counter: &str) -> u64 {
    let text = counters.render();
    let lines = text.lines().filter(|line| line.starts_with(counter));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

impl DataFolder {
    /// Opens a data folder and makes the streams in it.
    pub(super) async fn open(
        folder: &Path,
        counters: &PrometheusHandle,
        limits: &Limits,
    ) -> anyhow::Result<Self> {
        let bus = wirefold_flow_sqlite::open(folder, Arc::new(SystemClock))?;
        create_streams(&*bus, limits).await?;
        Ok(Self { folder: folder.to_owned(), bus, counters: counters.clone() })
    }

    fn detector(&self) -> Running {
        let settings = wirefold_detector::Settings {
            fold: Default::default(),
            writer: "detector-1".to_owned(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            text_policy: TextPolicy::Lead,
            snapshot_after: wirefold_detector::SNAPSHOT_AFTER,
            texts: Some(self.folder.clone()),
        };
        let context = self.context();
        self.run("wirefold_detector_articles_total", |stop| async move {
            Ok(wirefold_detector::run_on_own_thread(context, settings, Lease::alone(), stop)
                .await?)
        })
    }

    fn enricher(&self) -> Running {
        let settings = wirefold_enricher::Settings {
            writer: "enricher-1".to_owned(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let context = self.context();
        self.run("wirefold_enricher_articles_total", |stop| async move {
            Ok(wirefold_enricher::run(context, settings, Lease::alone(), stop).await?)
        })
    }

    fn alerter(&self) -> anyhow::Result<Running> {
        let settings = wirefold_alerter::Settings {
            subscriptions: subscriptions()?,
            ..wirefold_alerter::Settings::default()
        };
        let context = self.context();
        Ok(self.run("wirefold_alerter_articles_total", |stop| async move {
            Ok(wirefold_alerter::run(context, settings, Arc::new(NoTerminal), stop).await?)
        }))
    }

    /// Starts the projection.
    async fn gateway(&self) -> anyhow::Result<Running> {
        Ok(self.run_gateway(self.open_gateway().await?))
    }

    /// Runs the projection of an open gateway.
    pub(super) fn run_gateway(&self, gateway: Gateway) -> Running {
        self.run("wirefold_gateway_projected_total{stream=\"WF_OUTPUT\"}", |stop| async move {
            Ok(gateway.run(stop).await?)
        })
    }

    /// Opens the gateway.
    pub(super) async fn open_gateway(&self) -> anyhow::Result<Gateway> {
        let release = env!("CARGO_PKG_VERSION");
        let settings = wirefold_gateway::Settings::new(self.folder.clone(), release);
        Ok(Gateway::open(self.context(), settings).await?)
    }

    fn context(&self) -> StageContext {
        StageContext::new(self.bus.clone(), Arc::new(SystemClock))
    }

    /// Runs a service, whose messages are counted in lines that begin like this.
    fn run<F>(&self, counter: &'static str, service: impl FnOnce(CancellationToken) -> F) -> Running
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let (counters, stop) = (self.counters.clone(), CancellationToken::new());
        let before = counted(&counters, counter);
        let task = tokio::spawn(service(stop.clone()));
        Running { counters, counter, before, stop, task }
    }
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

/// A stub for the terminal of `wirefold up`.
struct NoTerminal;

impl Printer for NoTerminal {
    fn print(&self, _line: &str) -> std::io::Result<()> {
        Ok(())
    }
}

/// The figures of a run as rows of a table.
struct Figures(Table);

impl Figures {
    fn new() -> Self {
        Self(Table::new("measure | figure | unit | beside it in the same run | is | ratio"))
    }

    /// Adds a figure.
    fn add(&mut self, name: &str, value: f64, unit: &str) {
        self.0.row([name, &three_digits(value), unit, "", "", ""]);
    }

    /// Adds a figure with the simpler thing beside it.
    fn beside(&mut self, name: &str, (value, unit): (f64, &str), (beside, simple): (&str, f64)) {
        let ratio = format!("{:.2}", value / simple.max(f64::MIN_POSITIVE));
        let figures = [&three_digits(value), unit, beside, &three_digits(simple), &ratio];
        self.0.row([name].into_iter().chain(figures));
    }

    /// Adds the figures of a stage that handled these articles alone.
    fn alone(&mut self, name: &str, articles: u64, watch: &Stopwatch, beside: (&str, f64)) {
        let rate = articles as f64 / watch.seconds();
        let name = format!("{name} alone");
        self.beside(&name, (rate, "articles/s"), beside);
        self.add(&name, 1e6 / rate, "µs an article");
    }
}

/// Three digits. A shared machine gives no more.
pub(super) fn three_digits(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        small if small < 1.0 => format!("{value:.3}"),
        small if small < 10.0 => format!("{value:.2}"),
        middle if middle < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod articles_tests {
    use super::*;

    /// The bus stores a message once, so a wait for the number of published messages would never end. With
    /// this seed, the correction at index 778 has the text of an earlier article.
    #[test]
    fn no_article_comes_twice() {
        let mut factory = ArticleFactory::new(20_260_301);
        let mut ids = HashSet::new();
        let all: Vec<Ready> = (0..800).map(|_| factory.next(UnixMillis(0)).unwrap()).collect();
        assert!(all.iter().all(|article| ids.insert(article.message.id.clone())));
        let reprints = all.iter().filter(|article| article.is_reprint()).count();
        assert!((200..320).contains(&reprints), "{reprints} reprints");
    }
}
