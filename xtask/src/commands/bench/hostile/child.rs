//! Runs the pipeline over a simulated day in a process of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use wirefold_envelope::unix_millis;
use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{Clock as _, UnixMillis};
use wirefold_proto::streams::{ALERTS, FETCHED, OUTPUT};
use wirefold_proto::{Alert, AlertState, FeedSettings, OutputArticle, Volume, decode};

use super::super::fetch::extract;
use super::super::stages::{DataFolder, Idle, loopback_fetcher};
use super::feeds::address_of;
use super::page::Page;
use super::{FEEDS, Healthy, Results};
use crate::generator::host;
use crate::machine::{self, Stopwatch};

/// How far the clock advances at a time. Shorter waits end late by as much.
const STEP: Duration = Duration::from_mins(5);
/// When the clock may advance.
const IDLE: Idle = Idle {
    quiet: Duration::from_millis(20),
    // Checking for idleness takes about this much.
    processor: Duration::from_millis(1),
    deadline: 600.0,
};
/// The prefix of the ids of healthy feeds.
const HEALTHY: &str = "healthy-";

/// The arguments of the child.
#[derive(clap::Args)]
pub(in super::super) struct Child {
    #[arg(long)]
    data: PathBuf,
    /// The address of the healthy feeds.
    #[arg(long)]
    healthy: String,
    /// The port of the hostile feeds. Without it there are none.
    #[arg(long)]
    hostile: Option<u16>,
    /// Milliseconds since 1970.
    #[arg(long)]
    start: u64,
    #[arg(long)]
    hours: u32,
}

/// Runs through the hours, prints the time at each step, and at the end the results.
pub(in super::super) async fn run(child: &Child) -> anyhow::Result<()> {
    machine::stay_on_one_core()?;
    let clock = VirtualClock::default();
    clock.advance(UnixMillis(child.start).since(clock.now()));
    let ground = DataFolder::open(&child.data, Arc::new(clock.clone())).await?;
    let stages = ground.all().await?;
    let settings = fetcher(child)?;
    let fetcher = ground.run("", |context, stop| async move {
        Ok(wirefold_fetcher::run(context, settings, stop).await?)
    });
    let end = clock.now().plus(Duration::from_hours(1) * child.hours);
    let page = Page::serve(stages.page.clone()).await?;
    let (mut steps, mut answers) = (BTreeMap::new(), Vec::new());
    let mut out = std::io::stdout();
    while clock.now() < end {
        writeln!(out, "clock {}", clock.now().0)?;
        out.flush()?;
        let watch = Stopwatch::start();
        let (idle, asked) = tokio::join!(ground.until_idle(&stages, &fetcher, IDLE), page.ask());
        idle?;
        answers.extend(asked?);
        steps.insert(clock.now().0, watch.seconds());
        clock.advance(STEP);
    }
    answers.sort_by(f64::total_cmp);
    let results = Results {
        page: answers,
        articles: ground.bus.stream_state(FETCHED.name).await?.last,
        healthy: healthy(&ground, &steps).await?,
        slowest_step: steps.values().copied().fold(0.0, f64::max),
        seconds: 0.0,
        processor_seconds: machine::processor_seconds(std::process::id())?,
        peak_memory: machine::peak_memory(std::process::id())?,
    };
    // A stage may wait for a time that never comes, so it is not joined.
    drop((fetcher, stages, ground));
    writeln!(out, "{}", serde_json::to_string(&results)?)?;
    Ok(())
}

/// The settings of the fetcher, as in `up`, but without a delay between requests to the host of the healthy
/// feeds.
fn fetcher(child: &Child) -> anyhow::Result<wirefold_fetcher::Settings> {
    let healthy = (0..FEEDS).map(|number| (HEALTHY, number, format!("{}/{number}", child.healthy)));
    let hostile = child.hostile.into_iter().flat_map(|port| {
        let url = move |number| format!("http://{}:{port}/feed/{number}", address_of(number));
        (0..FEEDS).map(move |number| ("hostile-", number, url(number)))
    });
    let feeds = healthy.chain(hostile).map(|(kind, number, url)| {
        let is_healthy = kind == HEALTHY;
        let feed = FeedSettings {
            outlet: is_healthy.then(|| host(number).parse()).transpose().context("an outlet")?,
            ..FeedSettings::new(format!("{kind}{number:02}").parse().context("a feed")?, url)
        };
        Ok(feed)
    });
    Ok(wirefold_fetcher::Settings {
        per_host_delay: Duration::ZERO,
        extract: Some(extract::child()?),
        ..loopback_fetcher(feeds)?
    })
}

/// The results for the healthy feeds' articles. `steps` has the seconds that each step took, by its time.
async fn healthy(
    ground: &DataFolder,
    steps: &BTreeMap<u64, f64>,
) -> anyhow::Result<BTreeMap<String, Healthy>> {
    let mut articles = Vec::new();
    let mut stories: HashMap<_, String> = HashMap::new();
    for article in all::<OutputArticle>(ground, OUTPUT.name, "wirefold.v1.output.article.>").await?
    {
        let about = &article.article;
        if !about.feeds.iter().any(|feed| feed.as_str().starts_with(HEALTHY)) {
            continue;
        }
        let url = about.url.clone().context("healthy items have links")?;
        let first = stories.entry(article.verdict.story).or_insert_with(|| url.clone());
        *first = first.clone().min(url.clone());
        articles.push((url, article.id, article.verdict.story, unix_millis(about.seen).0));
    }
    let mut alerted = BTreeSet::new();
    for alert in all::<Alert>(ground, ALERTS.name, ">").await? {
        if alert.volume == Volume::Loud && alert.held.is_none() && alert.state == AlertState::New {
            alerted.extend(alert.articles.iter().map(|article| article.id));
        }
    }
    let results = articles.into_iter().map(|(url, id, story, seen)| {
        let step = steps.range(..=seen).next_back().map_or(0.0, |(_, seconds)| *seconds);
        let story = stories.get(&story).cloned().unwrap_or_default();
        (url, Healthy { seen, step, story, alerted: alerted.contains(&id) })
    });
    Ok(results.collect())
}

/// All messages of a stream.
async fn all<M: wirefold_proto::Message>(
    ground: &DataFolder,
    stream: &str,
    filter: &str,
) -> anyhow::Result<Vec<M>> {
    let last = ground.bus.stream_state(stream).await?.last;
    let mut reader = ground.bus.read(stream, filter, 1).await?;
    let mut messages = Vec::new();
    loop {
        let read = reader.ready(1000).await?;
        let is_over = read.last().is_none_or(|stored| stored.sequence >= last);
        for stored in &read {
            messages.push(decode(&stored.body)?);
        }
        if is_over {
            return Ok(messages);
        }
    }
}
