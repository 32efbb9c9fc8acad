//! Ten thousand feeds in one process: the first round, and then hours of polling.
//!
//! This process serves the feeds. The fetcher runs in a child, so that its memory is its own. The clock of
//! the child advances by a minute as soon as all due work is done.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;
use wirefold_flow::{Clock as _, SystemClock, UnixMillis};

use super::super::goal::Goal;
use super::super::own_process::own_process;
use super::super::report::Report;
use super::poll_child::FetcherState;
use super::server::{Feeds, url};
use crate::machine::Stopwatch;

const KILO: f64 = 1e3;
const MINUTE: Duration = Duration::from_mins(1);
/// A first round that takes longer hangs, in seconds.
const DEADLINE: f64 = 300.0;

/// The fetcher in its process.
struct Fetcher {
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _child: tokio::process::Child,
}

/// Measures with the data of the child in this folder.
pub(super) async fn run(report: &mut Report, folder: &Path) -> anyhow::Result<()> {
    let (count, minutes) = if report.is_quick() { (1_000, 60) } else { (10_000, 180) };
    let settings = wirefold_fetcher::Settings::default();
    let start = SystemClock.now();
    let feeds = Feeds::new(count, start, settings.min_interval);
    let port = feeds.clone().serve().await?;
    let plain = plain(count, port, settings.concurrency).await?;
    feeds.clear();

    let (mut fetcher, empty) = Fetcher::start(folder, port, count, start).await?;
    fetcher.set_time(&feeds, start).await?;
    let watch = Stopwatch::start();
    // All first polls are spread over the first minute.
    let mut first = fetcher.set_time(&feeds, start.plus(MINUTE)).await?;
    while feeds.visits().reached < count && watch.seconds() < DEADLINE {
        first = fetcher.set_time(&feeds, start.plus(MINUTE)).await?;
    }
    let seconds = watch.seconds();
    let reached = feeds.visits().reached;
    report
        .add("feeds on loopback", count as f64, "")
        .beside("polled in the first round", reached as f64);
    report.goal_of_ratio(Goal::AtLeast(1.0));
    report.add("first full round", seconds, "s").beside("plain sockets", plain);
    report.add("… polls", reached as f64 / seconds, "polls/s");
    report.beside("plain sockets", count as f64 / plain);
    report.add("… memory", first.memory as f64 - empty.memory as f64, "bytes");
    let each = |state: &FetcherState| {
        (state.memory.saturating_sub(empty.memory)) as f64 / count as f64 / KILO
    };
    report.add("… memory a feed", each(&first), "KB");

    let (hours, before) = (Stopwatch::start(), feeds.visits().polls);
    let mut last = first;
    for minute in 2..=minutes {
        last = fetcher.set_time(&feeds, start.plus(MINUTE * minute)).await?;
    }
    let visits = feeds.visits().clone();
    let polls = (visits.polls - before) as f64;
    report.add(format!("polls in {} h by its clock", minutes / 60), polls, "");
    report
        .add("… polls", polls / hours.seconds(), "polls/s")
        .beside("plain sockets", count as f64 / plain);
    report.add("… memory a feed after that", each(&last), "KB");
    report.add("… with a validator", visits.conditional as f64, "").beside("polls", polls);
    report.add("… polled early", visits.early as f64, "").goal(Goal::AtMost(0.0));
    report.add("… articles", last.articles as f64, "");
    report.hidden("peak memory", last.peak_memory as f64, "bytes");
    report.hidden("processor", last.processor_seconds, "s");
    Ok(())
}

impl Fetcher {
    async fn start(
        folder: &Path,
        port: u16,
        feeds: usize,
        start: UnixMillis,
    ) -> anyhow::Result<(Self, FetcherState)> {
        let mut command = Command::from(own_process("fetch-poll")?);
        // As the systemd unit and the container image set it.
        command.env("MALLOC_ARENA_MAX", "1");
        command.arg("--data").arg(folder.join("fetcher"));
        command.args(["--port", &port.to_string(), "--feeds", &feeds.to_string()]);
        command.args(["--start", &start.0.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("start the child")?;
        let input = child.stdin.take().context("its input was piped")?;
        let lines = BufReader::new(child.stdout.take().context("its output was piped")?).lines();
        let mut fetcher = Self { input, lines, _child: child };
        let state = fetcher.read_state().await?;
        Ok((fetcher, state))
    }

    /// Sets the clock and waits until all due work is done: until the fetcher was idle for a while and no
    /// request came meanwhile.
    async fn set_time(&mut self, feeds: &Feeds, now: UnixMillis) -> anyhow::Result<FetcherState> {
        feeds.set_time(now);
        loop {
            let before = feeds.visits().polls;
            self.input.write_all(format!("{}\n", now.0).as_bytes()).await?;
            self.input.flush().await?;
            let state = self.read_state().await?;
            if feeds.visits().polls == before {
                return Ok(state);
            }
        }
    }

    async fn read_state(&mut self) -> anyhow::Result<FetcherState> {
        let line = self.lines.next_line().await?.context("the child ended")?;
        serde_json::from_str(&line).context("the output of the child")
    }
}

/// The seconds to request every feed once over as many plain sockets.
async fn plain(feeds: usize, port: u16, at_once: usize) -> anyhow::Result<f64> {
    let places = Arc::new(Semaphore::new(at_once));
    let watch = Stopwatch::start();
    let mut asked = tokio::task::JoinSet::new();
    for feed in 0..feeds {
        let place = places.clone().acquire_owned().await?;
        let url = url(feed, port);
        asked.spawn(async move {
            let _place = place;
            ask(&url).await
        });
    }
    while let Some(answer) = asked.join_next().await {
        anyhow::ensure!(answer??.starts_with(b"HTTP/1.1 200"), "the server answers oddly");
    }
    Ok(watch.seconds())
}

async fn ask(url: &str) -> anyhow::Result<Vec<u8>> {
    let rest = url.strip_prefix("http://").context("a plain address")?;
    let (host, path) = rest.split_once('/').context("a path")?;
    let mut socket = TcpStream::connect(host).await?;
    let question = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    socket.write_all(question.as_bytes()).await?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await?;
    Ok(answer)
}
