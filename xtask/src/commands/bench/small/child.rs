//! The pipeline over simulated days, in a process that holds nothing else.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use wirefold_fetcher::ConfiguredFeed;
use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{Clock as _, UnixMillis};
use wirefold_proto::FeedSettings;
use wirefold_proto::streams::{ALERTS, FETCHED, JUDGED, OUTPUT};

use super::super::machine::{self, Stopwatch};
use super::super::stages::{DataFolder, Running, Stages};
use super::{DAY, FEEDS, Told};
use crate::generator::{OUTLETS, host};

/// How far the clock is moved at once: what waits for less comes so much later.
const STEP: Duration = Duration::from_mins(5);
/// Nothing was under way for so long: the clock may be moved.
const QUIET: Duration = Duration::from_millis(1);
/// A step that takes longer hangs.
const DEADLINE: f64 = 120.0;

/// What the child is told.
#[derive(clap::Args)]
pub(in super::super) struct Child {
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    address: String,
    /// Milliseconds since 1970.
    #[arg(long)]
    start: u64,
    #[arg(long)]
    days: u32,
}

/// Lives through the days, tells the time at each step, and at the end what it took.
pub(in super::super) async fn run(child: &Child) -> anyhow::Result<()> {
    let clock = VirtualClock::default();
    clock.advance(UnixMillis(child.start).since(clock.now()));
    let ground = DataFolder::open(&child.data, Arc::new(clock.clone())).await?;
    let stages = ground.all().await?;
    let settings = fetcher(&child.address)?;
    let fetcher = ground.run("", |context, stop| async move {
        Ok(wirefold_fetcher::run(context, settings, stop).await?)
    });
    let end = clock.now().plus(DAY * child.days);
    let mut out = std::io::stdout();
    while clock.now() < end {
        writeln!(out, "clock {}", clock.now().0)?;
        out.flush()?;
        until_idle(&ground, &stages, &fetcher).await?;
        clock.advance(STEP);
    }
    let alerts = ground.bus.stream_state(ALERTS.name).await?.last;
    let articles = ground.bus.stream_state(FETCHED.name).await?.last;
    let own = std::process::id();
    let told = Told {
        articles,
        alerts,
        peak_memory: machine::peak_memory(own)?,
        written: machine::written(own)?,
        processor_seconds: machine::processor_seconds(own)?,
    };
    // A stage may wait for a time that does not come: it is not waited for.
    drop((fetcher, stages, ground));
    writeln!(out, "{}", serde_json::to_string(&told)?)?;
    Ok(())
}

/// The fetcher as `up` sets it, but that this one host is not spared.
fn fetcher(address: &str) -> anyhow::Result<wirefold_fetcher::Settings> {
    let feeds = (0..FEEDS).map(|number| {
        let feed = FeedSettings {
            outlet: Some(host(number % OUTLETS).parse().context("an outlet")?),
            ..FeedSettings::new(
                format!("feed-{number:03}").parse().context("a feed")?,
                format!("{address}/{number}"),
            )
        };
        Ok(ConfiguredFeed { feed, managed_by: "the benchmark".to_owned() })
    });
    Ok(wirefold_fetcher::Settings {
        feeds: feeds.collect::<anyhow::Result<_>>()?,
        allow: vec!["127.0.0.0/8".parse().context("loopback")?],
        per_host_delay: Duration::ZERO,
        ..wirefold_fetcher::Settings::default()
    })
}

/// Waits until no stage lags and nobody has asked the bus for anything for a moment.
async fn until_idle(ground: &DataFolder, stages: &Stages, fetcher: &Running) -> anyhow::Result<()> {
    let watch = Stopwatch::start();
    let Stages { detector, enricher, alerter, gateway, .. } = stages;
    let all = [fetcher, detector, enricher, alerter, gateway];
    let calls = || all.iter().map(|stage| stage.progress.calls()).sum::<u64>();
    loop {
        let before = calls();
        tokio::time::sleep(QUIET).await;
        if calls() > before {
            continue;
        }
        let last =
            async |stream| Ok::<u64, anyhow::Error>(ground.bus.stream_state(stream).await?.last);
        let (fetched, judged) = (last(FETCHED.name).await?, last(JUDGED.name).await?);
        let output = last(OUTPUT.name).await?;
        let nothing_lags = detector.progress.has_handled(fetched)
            && enricher.progress.has_done(judged.saturating_sub(1))
            && gateway.progress.has_handled(output)
            && alerter.progress.has_handled(output);
        if nothing_lags {
            return Ok(());
        }
        if watch.seconds() > DEADLINE {
            bail!("a stage hangs at {fetched} fetched, {judged} judged, {output} put out");
        }
    }
}
