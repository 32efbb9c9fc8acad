//! The pipeline over simulated days, in a process that holds nothing else.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{Clock as _, UnixMillis};
use wirefold_proto::FeedSettings;
use wirefold_proto::streams::{ALERTS, FETCHED};

use super::super::machine;
use super::super::stages::{DataFolder, Idle, loopback_fetcher};
use super::{DAY, FEEDS, Told};
use crate::generator::{OUTLETS, host};

/// How far the clock is moved at once: what waits for less comes so much later.
const STEP: Duration = Duration::from_mins(5);
/// When the clock may be moved: nobody has asked the bus for anything for a moment.
const IDLE: Idle =
    Idle { quiet: Duration::from_millis(1), processor: Duration::MAX, deadline: 120.0 };

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
        ground.until_idle(&stages, &fetcher, IDLE).await?;
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
        Ok(feed)
    });
    Ok(wirefold_fetcher::Settings { per_host_delay: Duration::ZERO, ..loopback_fetcher(feeds)? })
}
