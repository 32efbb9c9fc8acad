//! `bench cores`: preparing alone, and the whole stage of the detector over the embedded bus, on one core and
//! on all of them, by elapsed time. Each run has a process of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use wirefold_dedup::{Incoming, Preparer, Settings};
use wirefold_flow::{Clock, SystemClock};
use wirefold_proto::streams::FETCHED;

use super::Common;
use super::articles::{ArticleFactory, Ready};
use super::machine::{self, Stopwatch, file_system};
use super::own_process::{own_process, results_of};
use super::pipeline::{print, publish};
use super::report::{Goal, Report};
use super::stages::DataFolder;

const ARTICLES: usize = 20_000;
const QUICK: usize = 4_000;
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

/// Articles a second of elapsed time.
#[derive(Serialize, Deserialize)]
struct Rates {
    prepared: f64,
    judged: f64,
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
    report.beside("one core", one.prepared).goal_of_ratio(Goal::AtLeast(1.9));
    report.add("the detector's stage, one core", one.judged, "articles/s");
    report.add(format!("the detector's stage, {cores} cores"), all.judged, "articles/s");
    report.beside("one core", one.judged).goal_of_ratio(Goal::AtLeast(1.5));
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
    let prepared = prepare_all(&articles);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let judged = runtime.block_on(judge_all(&child.folder, clock, &articles))?;
    let rate = |seconds: f64| articles.len() as f64 / seconds;
    let rates = Rates { prepared: rate(prepared), judged: rate(judged) };
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string(&rates)?)?;
    Ok(())
}

/// The seconds in which one thread for each core prepares all articles.
fn prepare_all(articles: &[Ready]) -> f64 {
    let (settings, next) = (Settings::default(), AtomicUsize::new(0));
    let work = || {
        let mut preparer = Preparer::default();
        while let Some(article) = articles.get(next.fetch_add(1, Ordering::Relaxed)) {
            let incoming = Incoming { text: &article.text, ..Incoming::default() };
            std::hint::black_box(preparer.prepare(&incoming, &settings));
        }
    };
    let watch = Stopwatch::start();
    std::thread::scope(|scope| {
        (0..machine::cores()).for_each(|_| drop(scope.spawn(work)));
    });
    watch.seconds()
}

/// The seconds in which the detector's stage judges all articles, which are on the bus before it starts.
async fn judge_all(
    folder: &Path,
    clock: Arc<dyn Clock>,
    articles: &[Ready],
) -> anyhow::Result<f64> {
    let ground = DataFolder::open(folder, clock).await?;
    publish(&*ground.bus, articles.iter().map(|article| article.message.clone()).collect()).await?;
    let fetched = ground.bus.stream_state(FETCHED.name).await?.last;
    let watch = Stopwatch::start();
    let detector = ground.detector();
    detector.progress.until_handled(fetched).await;
    let seconds = watch.seconds();
    detector.stop().await?;
    Ok(seconds)
}
