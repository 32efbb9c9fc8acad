//! A fetcher with ten thousand feeds, in a process of its own.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use wirefold_fetcher::Settings;
use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{Clock as _, UnixMillis};
use wirefold_proto::FeedSettings;
use wirefold_proto::streams::FETCHED;

use super::super::stages::{DataFolder, Running, loopback_fetcher};
use super::server;
use crate::machine;

/// After this long without work the clock may advance.
const IDLE_AFTER: Duration = Duration::from_millis(40);

/// The arguments of the child.
#[derive(clap::Args)]
pub(in super::super) struct Child {
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    port: u16,
    #[arg(long)]
    feeds: usize,
    /// Milliseconds since 1970.
    #[arg(long)]
    start: u64,
}

/// The state that the child reports.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FetcherState {
    pub(super) memory: u64,
    pub(super) peak_memory: u64,
    pub(super) articles: u64,
    pub(super) processor_seconds: f64,
}

/// Sets the clock to each time that it reads on its input, does the due work, and prints its state.
pub(in super::super) async fn run(child: &Child) -> anyhow::Result<()> {
    let clock = VirtualClock::default();
    clock.advance(UnixMillis(child.start).since(clock.now()));
    let ground = DataFolder::open(&child.data, Arc::new(clock.clone())).await?;
    tell(&ground).await?;
    let settings = settings(child)?;
    let fetcher = ground.run("", |context, stop| async move {
        Ok(wirefold_fetcher::run(context, settings, stop).await?)
    });
    // It begins by writing a record of every feed.
    while !fetcher.progress.is_alive() {
        tokio::time::sleep(IDLE_AFTER).await;
    }
    let (sender, mut lines) = tokio::sync::mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    while let Some(line) = lines.recv().await {
        let until = UnixMillis(line?.trim().parse().context("a time")?);
        clock.advance(until.since(clock.now()));
        until_quiet(&fetcher).await;
        tell(&ground).await?;
    }
    Ok(())
}

async fn tell(ground: &DataFolder) -> anyhow::Result<()> {
    let own = std::process::id();
    let state = FetcherState {
        memory: machine::resident_memory(own)?,
        peak_memory: machine::peak_memory(own)?,
        articles: ground.bus.stream_state(FETCHED.name).await?.last,
        processor_seconds: machine::processor_seconds(own)?,
    };
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::to_string(&state)?)?;
    Ok(out.flush()?)
}

/// Waits until the bus had no request for a moment. Whether a poll is under way is known to the server of the
/// feeds.
async fn until_quiet(fetcher: &Running) {
    loop {
        let before = fetcher.progress.calls();
        tokio::time::sleep(IDLE_AFTER).await;
        if fetcher.progress.calls() == before {
            return;
        }
    }
}

/// The settings of the fetcher, as in `up`.
fn settings(child: &Child) -> anyhow::Result<Settings> {
    let feeds = (0..child.feeds).map(|number| {
        let id = format!("feed-{number:05}").parse().context("a feed")?;
        let outlet = format!("paper{number}.example").parse().context("an outlet")?;
        let feed = FeedSettings::new(id, server::url(number, child.port));
        Ok(FeedSettings { outlet: Some(outlet), ..feed })
    });
    loopback_fetcher(feeds)
}
