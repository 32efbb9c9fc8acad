//! `bench small`: 200 feeds for 30 simulated days, then the real program over their data.
//!
//! This process serves the feeds. The pipeline runs in a child, so that its memory and its writes are its
//! own. The clock of the child advances whenever it is idle.

mod child;
mod idle;
pub(super) mod server;

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wirefold_flow::{Clock, SystemClock};

use super::Common;
use super::goal::Goal;
use super::own_process::{own_process, run_simulated};
use super::report::Report;
use crate::machine::{self, Stopwatch};

pub(super) use child::{Child, run as run_child};
use idle::Idle;
use server::NewsFeeds;

/// The number of feeds.
pub(super) const FEEDS: usize = 200;
/// New items of one feed in a day.
pub(super) const ITEMS_A_DAY: u64 = 5;
pub(super) const DAY: Duration = Duration::from_hours(24);
const MEGA: f64 = 1e6;

/// The results of the child.
#[derive(Debug, Serialize, Deserialize)]
struct Results {
    articles: u64,
    alerts: u64,
    peak_memory: u64,
    written: u64,
    processor_seconds: f64,
}

/// Measures in this folder, which is on a disk.
pub(super) async fn run(folder: &Path, common: &Common) -> anyhow::Result<()> {
    let is_quick = common.quick;
    let file_system = machine::file_system(folder)?;
    let mut report = Report::new("wirefold.bench.small/1", is_quick, file_system);
    let days = if is_quick { 3 } else { 30 };
    let start = SystemClock.now().minus(DAY * days);
    let news_feeds = NewsFeeds::print(start, days, FEEDS, ITEMS_A_DAY)?;
    let address = news_feeds.clone().serve().await?;

    let data = folder.join("data");
    let watch = Stopwatch::start();
    let mut child = own_process("small-pipeline")?;
    child.arg("--data").arg(&data).args(["--address", &address]);
    child.args(["--start", &start.0.to_string(), "--days", &days.to_string()]);
    let results: Results = run_simulated(child, |now| news_feeds.set_time(now)).await?;
    let seconds = watch.seconds();
    let texts = news_feeds.text_bytes() as f64 / MEGA;
    let a_day = texts / f64::from(days);
    report.articles(results.articles);
    report.add("simulated days", f64::from(days), "d");
    report.add("… in", seconds, "s");
    report.add("… of processor", results.processor_seconds, "s");
    report.add("… revisions of alerts", results.alerts as f64, "");
    report.add("peak resident memory", results.peak_memory as f64 / MEGA, "MB");
    report.goal(Goal::AtMost(150.0)).beside("the texts of 7 days", a_day * f64::from(days.min(7)));
    let disk = machine::size_of_folder(&data)? as f64 / MEGA;
    report.add("data folder", disk, "MB").goal(Goal::AtMost(2_000.0));
    report.beside("the texts of all days", texts);
    let written = results.written as f64 / MEGA / f64::from(days);
    report.add("written a day", written, "MB").beside("the texts of a day", a_day);

    let time = Duration::from_secs(if is_quick { 10 } else { 60 });
    let Idle { ready, watching, nothing, peak_memory } =
        idle::idle(folder, &data, &address, time).await?;
    report.add("`up` on that data, until its page answers", ready, "s");
    report.add("… peak resident memory", peak_memory as f64 / MEGA, "MB").goal(Goal::AtMost(150.0));
    report.beside("the texts of 7 days", a_day * f64::from(days.min(7)));
    report.add("… idle, of a core", watching * 100.0, "%").goal(Goal::AtMost(2.0));
    report.beside("`up` with no feeds", nothing * 100.0);
    report.print_and_write("small", common.write)
}
