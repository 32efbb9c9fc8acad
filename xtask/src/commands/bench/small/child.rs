//! Runs the pipeline over simulated days in a process of its own.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{Clock as _, UnixMillis};
use wirefold_proto::FeedSettings;
use wirefold_proto::streams::{ALERTS, FETCHED};

use super::super::stages::{DataFolder, Idle, loopback_fetcher};
use super::{DAY, FEEDS, Results};
use crate::generator::{OUTLETS, host};
use crate::machine;

/// How far the clock advances at a time. Shorter waits end late by as much.
const STEP: Duration = Duration::from_mins(5);
/// When the clock may advance: after a moment without requests to the bus.
const IDLE: Idle =
    Idle { quiet: Duration::from_millis(1), processor: Duration::MAX, deadline: 120.0 };

/// The arguments of the child.
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

/// Runs through the days, prints the time at each step, and at the end the results.
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
        ground.until_idle(&stages, &fetcher, IDLE).await?;
        clock.advance(STEP);
    }
    let alerts = ground.bus.stream_state(ALERTS.name).await?.last;
    let articles = ground.bus.stream_state(FETCHED.name).await?.last;
    let own = std::process::id();
    let results = Results {
        articles,
        alerts,
        peak_memory: machine::peak_memory(own)?,
        written: machine::written(own)?,
        processor_seconds: machine::processor_seconds(own)?,
    };
    // A stage may wait for a time that never comes, so it is not joined.
    drop((fetcher, stages, ground));
    writeln!(out, "{}", serde_json::to_string(&results)?)?;
    Ok(())
}

/// The settings of the fetcher, as in `up`, but without a delay between requests to this one host.
fn fetcher(address: &str) -> anyhow::Result<wirefold_fetcher::Settings> {
    let feeds = (0..FEEDS).map(|number| {
        let feed = FeedSettings {
            outlet: Some(host(number % OUTLETS).parse().context("an outlet")?),
            ..FeedSettings::new(
                format!("feed-{number:03}").parse().context("a feed")?,
                format!("{address}/{number}"),
            )
        };
        Ok(feed)
    });
    Ok(wirefold_fetcher::Settings { per_host_delay: Duration::ZERO, ..loopback_fetcher(feeds)? })
}
