//! `bench hostile`: a simulated day of fifty-two healthy feeds, alone and with as many hostile ones.
//!
//! This process serves all feeds. The pipeline runs in a child, once without the hostile feeds and once with
//! them. The clock of the child advances by five minutes whenever it is idle.

mod child;
mod feeds;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use wirefold_flow::{Clock, SystemClock, UnixMillis};

use super::Common;
use super::goal::Goal;
use super::own_process::{own_process, run_simulated};
use super::report::Report;
use super::small::server::NewsFeeds;
use crate::generator::OUTLETS;
use crate::machine::{self, Stopwatch};

pub(super) use child::{Child, run as run_child};
use feeds::Hostile;

/// The number of healthy feeds, one for each outlet, and of hostile ones.
const FEEDS: usize = OUTLETS;
/// New items of a healthy feed in a day.
const ITEMS_A_DAY: u64 = 20;
const MEGA: f64 = 1e6;

/// The results of the child.
#[derive(Debug, Serialize, Deserialize)]
struct Results {
    /// The number of all articles, including those of hostile feeds.
    articles: u64,
    /// The articles of healthy feeds by address.
    healthy: BTreeMap<String, Healthy>,
    /// The seconds of the slowest step of five minutes, and of all steps.
    slowest_step: f64,
    seconds: f64,
    processor_seconds: f64,
    /// The milliseconds of each answer of the page, sorted.
    page: Vec<f64>,
    peak_memory: u64,
}

/// The result for an article of a healthy feed.
#[derive(Debug, Serialize, Deserialize)]
struct Healthy {
    seen: u64,
    /// The seconds of the step in which it was seen.
    step: f64,
    /// The first of the healthy articles in its story.
    story: String,
    /// Whether an alert about it was sent immediately.
    alerted: bool,
}

/// Measures in this folder, which is on a disk.
pub(super) async fn run(folder: &Path, common: &Common) -> anyhow::Result<()> {
    let is_quick = common.quick;
    let mut report =
        Report::new("wirefold.bench.hostile/1", is_quick, machine::file_system(folder)?);
    let hours = if is_quick { 6 } else { 24 };
    let start = SystemClock.now().minus(super::small::DAY);
    let news_feeds = NewsFeeds::print(start, 1, FEEDS, ITEMS_A_DAY)?;
    let healthy = news_feeds.clone().serve().await?;
    let hostile = Hostile::new(news_feeds.clone(), healthy.clone()).serve().await?;
    let a_day = async |name: &str, beside: Option<&str>| {
        let watch = Stopwatch::start();
        let mut child = own_process("hostile-pipeline")?;
        child.arg("--data").arg(folder.join(name)).args(["--healthy", &healthy]);
        child.args(beside.into_iter().flat_map(|port| ["--hostile", port]));
        child.args(["--start", &start.0.to_string(), "--hours", &hours.to_string()]);
        let results: Results = run_simulated(child, |now| news_feeds.set_time(now)).await?;
        anyhow::Ok(Results { seconds: watch.seconds(), ..results })
    };
    let (alone, again) = (a_day("alone", None).await?, a_day("again", None).await?);
    let beside = a_day("beside", Some(&hostile)).await?;

    report.articles(beside.articles);
    let times: BTreeMap<String, UnixMillis> = news_feeds.times().collect();
    let (before, after) = (delays(&alone, &times, start), delays(&beside, &times, start));
    report.add("articles of the healthy feeds", beside.healthy.len() as f64, "");
    report.beside("alone", alone.healthy.len() as f64);
    let story = |of: &Results| differences(&alone, of, |it| &it.story);
    let alert = |of: &Results| differences(&alone, of, |it| &it.alerted);
    // Feeds that are polled at the same time arrive in another order in each run, so two runs without hostile
    // feeds differ too.
    for (name, with, without) in [
        ("… lost, or in another story than alone", story(&beside), story(&again)),
        ("… without their alert, or with one more", alert(&beside), alert(&again)),
    ] {
        report.add(name, with, "").beside("a second run alone", without);
        report.goal_of_ratio(Goal::AtMost(2.0));
    }
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        let (with, without) = (at_share(&after, share), at_share(&before, share));
        report
            .add(format!("from the item to the output, {name}"), with, "s")
            .beside("alone", without);
        report.goal_of_ratio(Goal::AtMost(1.2));
    }
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        report.add(format!("the page, {name}"), at_share(&beside.page, share), "ms");
        report.beside("alone", at_share(&alone.page, share));
    }
    report.goal(Goal::AtMost(100.0));
    report.add("the slowest five minutes took", beside.slowest_step, "s").goal(Goal::AtMost(300.0));
    report.beside("alone", alone.slowest_step);
    report.add("processor time of the day", beside.processor_seconds, "s");
    report.beside("alone", alone.processor_seconds);
    report
        .add("peak resident memory", beside.peak_memory as f64 / MEGA, "MB")
        .goal(Goal::AtMost(500.0));
    report.beside("alone", alone.peak_memory as f64 / MEGA);
    report.note(format!("{FEEDS} healthy and {FEEDS} hostile feeds, {hours} simulated hours, in {:.0} s and {:.0} s", alone.seconds, beside.seconds));
    report.print_and_write("hostile", common.write)
}

/// The number of articles that are missing or for which a fact differs from the run without hostile feeds.
fn differences<F: PartialEq>(
    alone: &Results,
    beside: &Results,
    fact: impl Fn(&Healthy) -> &F,
) -> f64 {
    let urls: BTreeSet<&String> = alone.healthy.keys().chain(beside.healthy.keys()).collect();
    let has_fact = |of: &Results, url: &String| of.healthy.get(url).map(&fact).is_some();
    let is_other = |url: &&&String| {
        let (one, other) = (alone.healthy.get(**url), beside.healthy.get(**url));
        !has_fact(alone, url) || !has_fact(beside, url) || one.map(&fact) != other.map(&fact)
    };
    urls.iter().filter(is_other).count() as f64
}

/// The seconds from each item's publication to its output, sorted. Work takes no simulated time, so the real
/// time of the step is added.
fn delays(results: &Results, times: &BTreeMap<String, UnixMillis>, start: UnixMillis) -> Vec<f64> {
    let delay = |(url, article): (&String, &Healthy)| {
        let published = times.get(url).filter(|at| **at > start)?;
        Some(UnixMillis(article.seen).since(*published).as_secs_f64() + article.step)
    };
    let mut delays: Vec<f64> = results.healthy.iter().filter_map(delay).collect();
    delays.sort_by(f64::total_cmp);
    delays
}

fn at_share(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}
