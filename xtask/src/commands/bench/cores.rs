//! `bench cores`: the pool that prepares, the writer's step, and the whole stage of the detector over the
//! embedded bus, on one core and on all of them. Each run has a process of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{anyhow, ensure};
use serde::{Deserialize, Serialize};
use wirefold_detector::Settings;
use wirefold_detector::measured::{Preparing, WriterStep};
use wirefold_flow::{Clock, Stored, SystemClock};
use wirefold_proto::streams::FETCHED;

use super::Common;
use super::articles::{ArticleFactory, Ready};
use super::goals;
use super::own_process::{own_process, results_of};
use super::pipeline::print;
use super::publishing::{messages, publish};
use super::report::Report;
use super::stages::DataFolder;
use crate::machine::{self, Stopwatch, ThreadWatch, file_system};

const ARTICLES: usize = 20_000;
const QUICK: usize = 4_000;
/// How many articles the loop of the detector shows to the pool at a time.
const BATCH: usize = 100;
const SEED: u64 = 20_260_301;

/// The arguments of the child.
#[derive(clap::Args)]
pub(super) struct Child {
    #[arg(long)]
    folder: PathBuf,
    #[arg(long)]
    articles: usize,
    /// Whether the process stays on one core.
    #[arg(long)]
    one: bool,
}

/// The results of a child.
#[derive(Serialize, Deserialize)]
struct Rates {
    /// Articles a second of elapsed time.
    prepared: f64,
    judged: f64,
    /// Microseconds of processor time of the writer's step.
    step: f64,
}

/// Measures on one core and then on all.
pub(super) fn run(common: &Common) -> anyhow::Result<()> {
    let scratch = common.scratch()?;
    let file_system = file_system(scratch.path())?;
    let mut report = Report::new("wirefold.bench.cores/1", common.quick, file_system);
    let articles = if common.quick { QUICK } else { ARTICLES };
    report.articles(articles as u64);
    let one = measure(&scratch.path().join("one"), articles, true)?;
    let all = measure(&scratch.path().join("all"), articles, false)?;
    let cores = machine::cores();
    report.add("preparing alone, one core", one.prepared, "articles/s");
    report.add(format!("preparing alone, {cores} cores"), all.prepared, "articles/s");
    report.beside("one core", one.prepared).goal_of_ratio(goals::PREPARING);
    report.add("the detector's stage, one core", one.judged, "articles/s");
    report.add(format!("the detector's stage, {cores} cores"), all.judged, "articles/s");
    report.beside("one core", one.judged).goal_of_ratio(goals::STAGE);
    report.add("the writer's step of a prepared article", one.step, "µs").goal(goals::SERIAL);
    report.print_and_write("cores", common.write)
}

fn measure(folder: &Path, articles: usize, is_one: bool) -> anyhow::Result<Rates> {
    let mut child = own_process("cores-stage")?;
    child.args(["--articles", &articles.to_string(), "--folder"]).arg(folder);
    results_of(child.args(is_one.then_some("--one")))
}

/// Measures and prints the results as a line of JSON.
pub(super) fn run_child(child: &Child) -> anyhow::Result<()> {
    // Called before threads start, because they inherit the core.
    if child.one {
        machine::stay_on_one_core()?;
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let articles = print(&mut ArticleFactory::new(SEED)?, &*clock, child.articles)?;
    let inputs = stored(&articles, &*clock);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Only the writer's step, so that no snapshot is written beside it.
    let settings = |texts: &Path| Settings {
        dedup: wirefold_dedup::Settings::default(),
        writer: "detector-1".to_owned(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
        snapshot_after: 0,
        texts: Some(texts.to_owned()),
    };
    let beside = child.folder.join("step");
    std::fs::create_dir_all(&beside)?;
    let prepared = prepare_all(&inputs, &settings(&beside))?;
    let entered = runtime.enter();
    let step = writer_step(&beside, clock.clone(), &inputs, settings(&beside))?;
    drop(entered);
    let judged = runtime.block_on(judge_all(&child.folder.join("stage"), clock, &articles))?;
    let rate = |seconds: f64| articles.len() as f64 / seconds;
    let rates = Rates { prepared: rate(prepared), judged: rate(judged), step };
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string(&rates)?)?;
    Ok(())
}

/// The articles as the bus stores them.
fn stored(articles: &[Ready], clock: &dyn Clock) -> Vec<Stored> {
    let store = |(sequence, Ready { message, .. }): (u64, &Ready)| Stored {
        stream: FETCHED.name.to_owned(),
        sequence,
        at: clock.now(),
        subject: message.subject.clone(),
        id: message.id.clone(),
        headers: message.headers.clone(),
        body: message.body.clone(),
    };
    (1..).zip(articles).map(store).collect()
}

/// The seconds in which the detector's own pool decodes and prepares all articles, by the batch as its loop
/// does.
fn prepare_all(inputs: &[Stored], settings: &Settings) -> anyhow::Result<f64> {
    let mut pool = Preparing::on_cores(machine::cores(), settings);
    let watch = Stopwatch::start();
    let prepared: usize = inputs.chunks(BATCH).map(|batch| pool.prepare(batch)).sum();
    let seconds = watch.seconds();
    ensure!(prepared == inputs.len(), "{prepared} of {} were prepared", inputs.len());
    Ok(seconds)
}

/// The microseconds of the writer's thread for an article that is already prepared, in the mean.
fn writer_step(
    folder: &Path,
    clock: Arc<dyn Clock>,
    inputs: &[Stored],
    settings: Settings,
) -> anyhow::Result<f64> {
    let bus = wirefold_flow_sqlite::open(folder, clock)?;
    let mut step = WriterStep::new(settings, bus);
    let mut micros = 0.0;
    for batch in inputs.chunks(BATCH) {
        step.prepare(batch);
        let watch = ThreadWatch::start();
        for input in batch {
            let decided = step.decide(input);
            let decided = decided.map_err(|reason| anyhow!("not decided: {}", reason.text))?;
            std::hint::black_box(decided);
        }
        micros += watch.micros();
    }
    Ok(micros / inputs.len() as f64)
}

/// The seconds in which the detector's stage judges all articles, which are on the bus before it starts.
async fn judge_all(
    folder: &Path,
    clock: Arc<dyn Clock>,
    articles: &[Ready],
) -> anyhow::Result<f64> {
    let ground = DataFolder::open(folder, clock).await?;
    publish(&*ground.bus, messages(articles)).await?;
    let fetched = ground.bus.stream_state(FETCHED.name).await?.last;
    let watch = Stopwatch::start();
    let detector = ground.detector();
    detector.progress.until_handled(fetched).await;
    let seconds = watch.seconds();
    detector.stop().await?;
    Ok(seconds)
}
