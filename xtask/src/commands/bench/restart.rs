//! `bench restart`: how soon the real program judges again over a full window.
//!
//! The stages fill the window in this process, with articles seen over six days, the last of them now. They
//! stop as for an update. One more article waits in the bus, and `wirefold up` starts.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use wirefold_flow::{Clock, SystemClock, UnixMillis};
use wirefold_proto::streams::{FETCHED, JUDGED, OUTPUT};

use super::Common;
use super::articles::ArticleFactory;
use super::goals;
use super::publishing::publish;
use super::report::Report;
use super::stages::{DataFolder, Stages};
use crate::machine::{self, Stopwatch};
use crate::running::{Running, command};

/// The number of articles of a run, also for a quick one.
const ARTICLES: usize = 1_000_000;
const QUICK: usize = 20_000;
/// All articles are within the seven days of the detector's window.
const SPAN: Duration = Duration::from_hours(6 * 24);
/// The number of articles that are published at a time.
const BATCH: usize = 2_000;
/// The largest lag of the detector while the window is filled.
const MAX_LAG: u64 = 10_000;
/// How often the progress is printed, in articles.
const PROGRESS_EVERY: usize = 50_000;
/// `retention.max_bytes`. No article leaves the window early.
const MAX_BYTES: u64 = 24 << 30;
const SEED: u64 = 20_261_125;
/// The pause between two requests.
const POLL_INTERVAL: Duration = Duration::from_millis(5);
/// A start that takes longer is an error and not a figure, in seconds.
const DEADLINE: f64 = 600.0;

/// The arguments of `bench restart`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) common: Common,
    /// How many articles the window holds [default: 1000000].
    #[arg(long, value_name = "N")]
    articles: Option<usize>,
    /// Starts over this data folder, which an earlier run filled.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Fills a window in this folder, which is on a disk, and starts the program over it.
pub(super) fn run(
    folder: &Path,
    arguments: &Arguments,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<()> {
    let is_quick = arguments.common.quick;
    let file_system = machine::file_system(folder)?;
    let mut report = Report::new("wirefold.bench.restart/1", is_quick, file_system);
    let count = arguments.articles.unwrap_or(if is_quick { QUICK } else { ARTICLES });
    report.articles(count as u64);
    let data = match &arguments.data {
        Some(data) => data.canonicalize().with_context(|| data.display().to_string())?,
        None => folder.join("data"),
    };
    // Without any source, `up` would show its demo.
    std::fs::write(folder.join("source.jsonl"), "")?;
    let config = format!(
        "data = {data:?}\n[retention]\nmax_bytes = {MAX_BYTES}\n[[source]]\npath = \"source.jsonl\"\n"
    );
    std::fs::write(folder.join("wirefold.toml"), config)?;
    if arguments.data.is_some() {
        // Starts and stops it once, in case the earlier run was killed.
        start(folder, None)?.stop()?;
    } else {
        let filled = runtime.block_on(fill(&data, count))?;
        let rate = count as f64 / filled.seconds;
        report.add("filled, all stages, until nothing lags", rate, "articles/s");
        report.add("… and stopped in", filled.stopped, "s");
    }
    report.add("data folder", machine::size_of_folder(&data)? as f64 / 1e9, "GB");
    for (number, ended) in ["a stop", "a kill"].into_iter().enumerate() {
        let waiting = runtime.block_on(publish_one_more(&data))?;
        let started = start(folder, Some(&waiting))?;
        report.add(format!("`up` after {ended}, until its page answers"), started.page, "s");
        let what = "… until the article that waited is in its tables";
        report.add(format!("{what}, after {ended}"), started.article, "s");
        report.goal(goals::RESTART);
        report.add(format!("… peak resident memory, after {ended}"), started.peak()?, "MB");
        match number {
            0 => started.up.kill(),
            _ => started.stop()?,
        }
    }
    let plain = folder.join("plain");
    std::fs::create_dir_all(&plain)?;
    std::fs::write(
        plain.join("wirefold.toml"),
        "data = \"data\"\n[[source]]\npath = \"../source.jsonl\"\n",
    )?;
    let watch = Stopwatch::start();
    Running::start(&program()?, &plain)?.kill();
    report.add("`up` with no data, until its page answers", watch.seconds(), "s");
    report.print_and_write("restart", arguments.common.write)
}

fn program() -> anyhow::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("wirefold"))
}

/// A data folder with a full window.
struct FilledFolder {
    seconds: f64,
    /// The seconds until all stages had stopped.
    stopped: f64,
}

async fn fill(data: &Path, count: usize) -> anyhow::Result<FilledFolder> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ground = DataFolder::open_for(data, clock.clone(), MAX_BYTES).await?;
    let stages = ground.all().await?;
    let mut factory = ArticleFactory::new(SEED)?;
    let mut watch = Stopwatch::start();
    publish_all(&ground, &stages, &mut factory, count).await?;
    until_done(&ground, &stages).await?;
    let seconds = watch.seconds();
    watch = Stopwatch::start();
    stages.stop().await?;
    let stopped = watch.seconds();
    Ok(FilledFolder { seconds, stopped })
}

/// Publishes an article that no stage has seen, and returns its id.
async fn publish_one_more(data: &Path) -> anyhow::Result<String> {
    let ground = DataFolder::open_for(data, Arc::new(SystemClock), MAX_BYTES).await?;
    // Neighbouring seeds have articles in common.
    let mut factory = ArticleFactory::new(SEED + ground.clock.now().0)?;
    let message = factory.next(ground.clock.now())?.message;
    let body: serde_json::Value = serde_json::from_slice(&message.body)?;
    let id = body["id"].as_str().context("an article has an id")?.to_owned();
    ground.bus.publish(message).await?;
    Ok(id)
}

async fn publish_all(
    ground: &DataFolder,
    stages: &Stages,
    factory: &mut ArticleFactory,
    count: usize,
) -> anyhow::Result<()> {
    let begin = ground.clock.now().minus(SPAN);
    let apart = SPAN.as_millis() as u64 / count.max(1) as u64;
    let watch = Stopwatch::start();
    let mut published = 0;
    while published < count {
        let batch = BATCH.min(count - published);
        let seen = |number: usize| UnixMillis(begin.0 + apart * number as u64);
        let messages =
            (published..published + batch).map(|number| Ok(factory.next(seen(number))?.message));
        publish(&*ground.bus, messages.collect::<anyhow::Result<_>>()?).await?;
        published += batch;
        stages.detector.progress.until_handled((published as u64).saturating_sub(MAX_LAG)).await;
        if published % PROGRESS_EVERY < batch {
            let rate = published as f64 / watch.seconds();
            writeln!(std::io::stderr(), "{published} of {count} articles, {rate:.0}/s")?;
        }
    }
    Ok(())
}

/// Waits until every stage has reached the end of its stream.
async fn until_done(ground: &DataFolder, stages: &Stages) -> anyhow::Result<()> {
    let last = async |stream| Ok::<u64, anyhow::Error>(ground.bus.stream_state(stream).await?.last);
    stages.detector.progress.until_handled(last(FETCHED.name).await?).await;
    // The first record names the writer.
    let judged = last(JUDGED.name).await?;
    let decisions = judged.checked_sub(1).context("nothing was judged")?;
    stages.enricher.progress.until_done(decisions).await;
    let output = last(OUTPUT.name).await?;
    stages.gateway.progress.until_handled(output).await;
    stages.alerter.progress.until_handled(output).await;
    Ok(())
}

/// A running `up`, and the seconds since its start.
struct StartedUp {
    up: Running,
    page: f64,
    article: f64,
}

impl StartedUp {
    fn peak(&self) -> anyhow::Result<f64> {
        Ok(self.up.peak().context("it runs")? as f64 / 1e6)
    }

    fn stop(self) -> anyhow::Result<()> {
        if !self.up.terminate() {
            bail!("`up` did not end well");
        }
        Ok(())
    }
}

/// Starts `up` and waits for its page, and for the waiting article if there is one.
fn start(folder: &Path, article: Option<&str>) -> anyhow::Result<StartedUp> {
    let watch = Stopwatch::start();
    let mut up = Running::start_as(command(&program()?, folder))?;
    let page = watch.seconds();
    let path = article.map(|id| format!("/api/v1/articles/{id}"));
    while path.as_ref().is_some_and(|path| up.get(path).is_err()) {
        if watch.seconds() > DEADLINE || !up.is_alive() {
            bail!("the article that waited is not on the page:\n{}", up.output());
        }
        std::thread::park_timeout(POLL_INTERVAL);
    }
    Ok(StartedUp { up, page, article: watch.seconds() })
}
