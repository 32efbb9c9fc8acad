//! `bench pipeline`: articles a second through all stages on the embedded bus and through each stage alone,
//! and how long one article takes from the first bus hop to the output.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::FutureExt as _;
use wirefold_flow::{Bus, Clock, SystemClock};
use wirefold_proto::streams::{ALERTS, FETCHED, JUDGED, OUTPUT};

use super::Common;
use super::articles::{ArticleFactory, Ready};
use super::latency::{Latency, latency_with_alerts};
use super::nats::{NatsHalf, plain};
use super::publishing::{messages, publish};
use super::report::Report;
use super::stages::DataFolder;
use super::{baseline, goals};
use crate::machine::{self, Stopwatch, file_system};

/// The number of articles of a run, also for a quick one.
const ARTICLES: usize = 20_000;
const QUICK: usize = 4_000;
/// The time between two articles, the last of which is seen now.
const APART: Duration = Duration::from_millis(1);
const SEED: u64 = 20_260_301;

/// Measures in folders inside this one, which is on a disk; also over NATS, or only there.
pub(super) async fn run(folder: &Path, common: &Common, only_nats: bool) -> anyhow::Result<()> {
    let is_quick = common.quick;
    if common.write && !NatsHalf::is_possible() {
        bail!("no nats-server, and the page has rows over NATS: run `cargo xtask tools`");
    }
    let mut report = Report::new("wirefold.bench.pipeline/1", is_quick, file_system(folder)?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut factory = ArticleFactory::new(SEED)?;
    let count = if is_quick { QUICK } else { ARTICLES };
    let articles = print(&mut factory, &*clock, count)?;
    report.articles(articles.len() as u64);

    let simple = Baselines {
        simhash: count as f64 / baseline::simhash(&articles),
        sqlite: baseline::sqlite(folder, &articles)?,
        count: count as f64,
    };
    if !only_nats {
        whole(&folder.join("whole"), &clock, &articles, &mut factory, &simple, &mut report).await?;
        by_stage(&folder.join("stages"), &clock, &articles, &simple, &mut report).await?;
    }
    match NatsHalf::new(folder, &articles)? {
        Some(half) => half.run(&mut factory, &mut report).await?,
        None => report.note("no nats-server, so nothing over NATS: run `cargo xtask tools`"),
    }
    let memory = machine::peak_memory(std::process::id())? as f64 / 1e6;
    report.add("peak memory, these articles included", memory, "MB");
    report.print_and_write("pipeline", common.write)
}

/// The baselines.
struct Baselines {
    /// Articles a second.
    simhash: f64,
    sqlite: baseline::SqliteTimes,
    count: f64,
}

impl Baselines {
    fn inserts(&self) -> f64 {
        self.count / self.sqlite.all
    }
}

const SIMHASH: &str = "SimHash and a map lookup";
const SQLITE: &str = "plain SQLite inserts by 100";
const SINGLE: &str = "one SQLite insert, p50";

/// This many articles, the last of them seen now.
pub(super) fn print(
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

/// Measures all stages together, as in `up`, and then one article at a time.
async fn whole(
    folder: &Path,
    clock: &Arc<dyn Clock>,
    articles: &[Ready],
    factory: &mut ArticleFactory,
    simple: &Baselines,
    report: &mut Report,
) -> anyhow::Result<()> {
    let ground = DataFolder::open(folder, clock.clone()).await?;
    let stages = ground.all().await?;
    let count = articles.len() as u64;
    let watch = Stopwatch::start();
    let seconds = |what: &'static str| {
        let watch = &watch;
        move |()| (what, watch.seconds())
    };
    let enriched = async {
        stages.enricher.progress.until_done(count).await;
        ground.bus.stream_state(OUTPUT.name).await.map(|state| (watch.seconds(), state.last))
    };
    let published = publish(&*ground.bus, messages(articles));
    let published = async { published.await.map(|()| watch.seconds()) };
    let judged = stages.detector.progress.until_handled(count).map(seconds("judged"));
    let (published, judged, enriched) = tokio::join!(published, judged, enriched);
    let (published, (_, judged), (enriched, last)) = (published?, judged, enriched?);
    let projected = stages.gateway.progress.until_handled(last).map(seconds("projected"));
    let matched = stages.alerter.progress.until_handled(last).map(seconds("matched"));
    let ((_, projected), (_, matched)) = tokio::join!(projected, matched);

    let rate = |at: f64| count as f64 / at;
    let end = projected.max(matched);
    report.add("all stages, until nothing lags", rate(end), "articles/s");
    report.goal(goals::PIPELINE).beside(SIMHASH, simple.simhash);
    report.add("… published by", published, "s").beside(SQLITE, simple.sqlite.all);
    for (what, at) in [
        ("judged", judged),
        ("in the output", enriched),
        ("projected", projected),
        ("matched", matched),
    ] {
        report.add(format!("… {what} by"), at, "s");
    }
    let alerts = ground.bus.stream_state(ALERTS.name).await?.messages;
    report.add("… revisions of alerts", alerts as f64, "");
    let reprints = articles.iter().filter(|article| article.is_reprint).count();
    report.add("… folded", folded(&*ground.bus).await? as f64, "articles");
    report.beside("reprints written", reprints as f64);

    let time = if report.is_quick() { Duration::from_secs(10) } else { Duration::from_secs(30) };
    let Latency { output, alert, alerted } =
        latency_with_alerts(&ground.bus, &*ground.clock, factory, time).await?;
    let single = simple.sqlite.single;
    report.add("publish to output at 20/s, p50", output.p50, "ms").beside(SINGLE, single);
    report.add("publish to output at 20/s, p99", output.p99, "ms").goal(goals::LATENCY);
    report.beside(SINGLE, single);
    report.add("publish to alert at 20/s, p50", alert.p50, "ms").beside(SINGLE, single);
    report.add("publish to alert at 20/s, p99", alert.p99, "ms").beside(SINGLE, single);
    report.add("… articles that alerted", alerted as f64, "");
    stages.stop().await
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
    let mut add = |name: &str, watch: &Stopwatch, (beside, rate): (&str, f64)| {
        let seconds = watch.seconds();
        let micros = seconds * 1e6 / count as f64;
        report.add(format!("{name} alone"), count as f64 / seconds, "articles/s");
        report.beside(beside, rate);
        report.add(format!("{name} alone"), micros, "µs an article");
        if let Some(budget) = goals::budget(name) {
            report.goal(budget);
        }
        micros
    };
    let (simhash, inserts) = ((SIMHASH, simple.simhash), (SQLITE, simple.inserts()));

    let mut watch = Stopwatch::start();
    publish(&*ground.bus, messages(articles)).await?;
    add("publish", &watch, inserts);

    let fetched = ground.bus.stream_state(FETCHED.name).await?.last;
    watch = Stopwatch::start();
    let detector = ground.detector();
    detector.progress.until_handled(fetched).await;
    add("detector", &watch, simhash);
    detector.stop().await?;

    let decisions = ground.bus.stream_state(JUDGED.name).await?.messages;
    // The first record names the writer.
    let decisions = decisions.checked_sub(1).context("nothing was judged")?;
    watch = Stopwatch::start();
    let enricher = ground.enricher();
    enricher.progress.until_done(decisions).await;
    add("enricher", &watch, simhash);
    enricher.stop().await?;

    let last = ground.bus.stream_state(OUTPUT.name).await?.last;
    watch = Stopwatch::start();
    let alerter = ground.alerter()?;
    alerter.progress.until_handled(last).await;
    let alerter_micros = add("alerter", &watch, inserts);
    alerter.stop().await?;

    watch = Stopwatch::start();
    let (gateway, _) = ground.gateway().await?;
    gateway.progress.until_handled(last).await;
    let projection_micros = add("projection", &watch, inserts);
    gateway.stop().await?;
    let both = alerter_micros + projection_micros;
    report.add("alerter and projection", both, "µs an article").goal(goals::READERS);
    let size = async |stream: &str| {
        let state = ground.bus.stream_state(stream).await?;
        anyhow::Ok(usize::try_from(state.bytes / state.messages.max(1))?)
    };
    let sizes = (size(JUDGED.name).await?, size(OUTPUT.name).await?);
    empty_loops(&folder.join("loops"), clock, articles, sizes, report).await
}

/// Measures from the publication to the output with nothing in the loops of detector and enricher. They write
/// decisions and outputs of these sizes.
async fn empty_loops(
    folder: &Path,
    clock: &Arc<dyn Clock>,
    articles: &[Ready],
    (decision, output): (usize, usize),
    report: &mut Report,
) -> anyhow::Result<()> {
    let ground = DataFolder::open(folder, clock.clone()).await?;
    let count = articles.len() as u64;
    let watch = Stopwatch::start();
    let writer = ground.run(FETCHED.name, |context, stop| plain::write(context, decision, stop));
    let stage = ground.run(JUDGED.name, |context, stop| plain::pass_on(context, output, stop));
    publish(&*ground.bus, messages(articles)).await?;
    stage.progress.until_done(count).await;
    let micros = watch.seconds() * 1e6 / count as f64;
    report.add("fetch to output with empty loops", micros, "µs an article").goal(goals::BUS);
    writer.stop().await?;
    stage.stop().await
}
