//! `bench pipeline`: articles a second through all stages on the embedded bus and through each stage alone,
//! and how long one article takes from the first bus hop to the output.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wirefold_flow::{Bus, Clock, SystemClock};
use wirefold_proto::streams::{ALERTS, FETCHED, JUDGED, OUTPUT};

use super::articles::{ArticleFactory, Ready};
use super::latency::{Latency, Percentiles, latency};
use super::report::Report;
use super::stages::{DataFolder, Stages};
use super::{Common, baseline};
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
        simhash: count as f64 / baseline::simhash(&articles),
        sqlite: baseline::sqlite(folder, &articles)?,
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
    sqlite: baseline::SqliteTimes,
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
    stages.detector.progress.until_handled(count).await;
    let judged = watch.seconds();
    stages.enricher.progress.until_done(count).await;
    let enriched = watch.seconds();
    let last = ground.bus.stream_state(OUTPUT.name).await?.last;
    stages.gateway.progress.until_handled(last).await;
    stages.alerter.progress.until_handled(last).await;
    let rate = count as f64 / watch.seconds();
    let name = "all stages, until nothing lags";
    report.beside(name, (rate, "articles/s"), (SIMHASH, simple.simhash));
    report.beside("… published by", (published, "s"), (SQLITE_ALL, simple.sqlite.all));
    report.add("… judged by", judged, "s");
    report.add("… in the output by", enriched, "s");
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
