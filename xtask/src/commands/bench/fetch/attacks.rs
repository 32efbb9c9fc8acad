//! Runs attacks in turn, each beside a healthy feed that is polled all the time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::{Limits, Sender, create_streams, timestamp};
use wirefold_fetcher::{ConfiguredFeed, Settings};
use wirefold_flow::sim::{SimBus, SimDisk};
use wirefold_flow::{Bus, Clock as _, StageContext, SystemClock};
use wirefold_proto::{Command, ControlCommand, FeedRecord, FeedSettings, FullText, Tag};

use super::super::goal::Goal;
use super::super::report::Report;
use super::bombs::{self, Attack, ENDLESS, KINDS, PAGES, Step};
use super::extract;
use crate::machine::{self, Stopwatch};

/// How often the healthy feed is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How long an answer may take. Endless ones take all of it.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How much longer than an attack the healthy feed is observed.
const OBSERVED_AFTER: Duration = Duration::from_millis(100);
const DEADLINE: f64 = 60.0;
const MEGA: f64 = 1e6;

/// The effects of an attack.
#[derive(Debug, Clone, Copy, Default)]
struct AttackEffects {
    /// Seconds until it was over.
    seconds: f64,
    /// The growth of memory in bytes.
    growth: f64,
    /// The delay of the healthy feed's polls in seconds.
    delay: f64,
}

/// A fetcher with a healthy feed and a place for an attacking one.
struct AttackBench {
    bus: Arc<dyn Bus>,
    steps: Arc<Mutex<Arc<Served>>>,
    port: u16,
    polled: Arc<Mutex<Vec<Duration>>>,
    watch: Arc<Stopwatch>,
}

/// The current answer of the attacking server.
#[derive(Default)]
struct Served {
    feed: Vec<Step>,
    page: Vec<Step>,
}

/// Measures all attacks, by their kind.
pub(super) async fn run(report: &mut Report) -> anyhow::Result<()> {
    let ground = AttackBench::open().await?;
    let stop = CancellationToken::new();
    let fetcher = tokio::spawn(wirefold_fetcher::run(
        StageContext::new(ground.bus.clone(), Arc::new(SystemClock)),
        ground.settings().await?,
        stop.clone(),
    ));
    let quiet = ground.quiet().await?;
    let attacks = bombs::all()?;
    for kind in KINDS {
        let (mut worst, mut last, mut count) = (AttackEffects::default(), String::new(), 0);
        for attack in attacks.iter().filter(|attack| attack.kind == kind) {
            let harm = ground.attack(attack).await.with_context(|| attack.name.clone())?;
            if harm.seconds > worst.seconds {
                last.clone_from(&attack.name);
            }
            worst = AttackEffects {
                seconds: worst.seconds.max(harm.seconds),
                growth: worst.growth.max(harm.growth),
                delay: worst.delay.max(harm.delay),
            };
            count += 1;
            report.hidden(format!("{}: over after", attack.name), harm.seconds, "s");
            report.hidden(format!("{}: memory", attack.name), harm.growth, "bytes");
            report.hidden(format!("{}: late by", attack.name), harm.delay, "s");
        }
        let most = if kind == PAGES { 3.0 } else { 1.0 };
        report.add(format!("{count} {kind}, the last over after"), worst.seconds, "s");
        match kind {
            ENDLESS => report.beside("time that an answer has", TIMEOUT.as_secs_f64()),
            _ => report.goal(Goal::AtMost(most)),
        };
        report.note(format!("The longest of the {kind}: {last}."));
        report.add("… most memory", worst.growth / MEGA, "MB").goal(Goal::AtMost(64.0));
        report.add("… a healthy feed was late by", worst.delay * 1e3, "ms");
        report.goal(Goal::AtMost(100.0)).beside("with no attack", quiet * 1e3);
    }
    stop.cancel();
    Ok(fetcher.await??)
}

impl AttackBench {
    async fn open() -> anyhow::Result<Self> {
        let bus = SimBus::open(&SimDisk::default(), Arc::new(SystemClock)).bus();
        create_streams(&*bus, &Limits::default()).await?;
        let steps = Arc::<Mutex<Arc<Served>>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let served = steps.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let served = guard(&served).clone();
                // An error means that the client closed the connection.
                tokio::spawn(async move { answer_steps(connection, &served).await });
            }
        });
        let watch = Arc::new(Stopwatch::start());
        Ok(Self { bus, steps, port, polled: Arc::default(), watch })
    }

    async fn settings(&self) -> anyhow::Result<Settings> {
        let listener = TcpListener::bind("127.0.0.2:0").await?;
        let url = format!("http://{}/feed", listener.local_addr()?);
        let (polled, watch) = (self.polled.clone(), self.watch.clone());
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                guard(&polled).push(watch.elapsed());
                let items = "<rss><channel><item><guid>1</guid></item></channel></rss>";
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{items}",
                    items.len()
                );
                let served = Served { feed: vec![Step::Send(head.into())], ..Served::default() };
                tokio::spawn(async move { answer_steps(connection, &served).await });
            }
        });
        let feed = FeedSettings::new("healthy".parse().context("a feed")?, url);
        Ok(Settings {
            feeds: vec![ConfiguredFeed { feed, managed_by: "the benchmark".to_owned() }],
            allow: vec!["127.0.0.0/8".parse().context("loopback")?],
            min_interval: POLL_INTERVAL,
            max_interval: POLL_INTERVAL,
            first_interval: POLL_INTERVAL,
            per_host_delay: Duration::ZERO,
            timeout: TIMEOUT,
            extract: Some(extract::child()?),
            ..Settings::default()
        })
    }

    /// The delay of the healthy feed without an attack.
    async fn quiet(&self) -> anyhow::Result<f64> {
        while guard(&self.polled).is_empty() {
            anyhow::ensure!(self.watch.seconds() < DEADLINE, "the healthy feed is not polled");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        let begin = self.watch.elapsed();
        tokio::time::sleep(Duration::from_secs(3)).await;
        Ok(self.late(begin, self.watch.elapsed()))
    }

    async fn attack(&self, attack: &Attack) -> anyhow::Result<AttackEffects> {
        let page = attack.page.clone().unwrap_or_default();
        *guard(&self.steps) = Arc::new(Served { feed: attack.feed.clone(), page });
        // Resets the peak. Linux, proc_pid_clear_refs(5).
        std::fs::write("/proc/self/clear_refs", "5")?;
        let before = machine::resident_memory(std::process::id())?;
        let begin = self.watch.elapsed();
        let url = format!("http://127.0.0.1:{}/feed", self.port);
        let feed = FeedSettings::new("attack".parse().context("a feed")?, url);
        let feed = FeedSettings { full_text: FullText::On, ..feed };
        let id = feed.id.clone();
        self.command(Command::FeedAdd { feed }).await?;
        self.until(|record| record.is_some_and(|record| record.last_poll.is_some())).await?;
        let end = self.watch.elapsed();
        tokio::time::sleep(OBSERVED_AFTER).await;
        let peak = machine::peak_memory(std::process::id())?;
        let delay = self.late(begin, self.watch.elapsed());
        self.command(Command::FeedRemove { feed: id }).await?;
        self.until(|record| record.is_none()).await?;
        let growth = peak.saturating_sub(before) as f64;
        Ok(AttackEffects { seconds: (end - begin).as_secs_f64(), growth, delay })
    }

    /// The longest time between two polls of the healthy feed, less its interval.
    fn late(&self, begin: Duration, end: Duration) -> f64 {
        let polled = guard(&self.polled);
        let first = polled.partition_point(|at| *at < begin).saturating_sub(1);
        let mut times: Vec<Duration> = polled[first..].to_vec();
        times.push(end.max(times.last().copied().unwrap_or_default()));
        let gaps = times.windows(2).map(|two| (two[1] - two[0]).saturating_sub(POLL_INTERVAL));
        gaps.max().unwrap_or_default().as_secs_f64()
    }

    async fn command(&self, command: Command) -> anyhow::Result<()> {
        let at = timestamp(SystemClock.now());
        let (id, by) = (format!("{}", self.watch.elapsed().as_nanos()), "the benchmark".to_owned());
        let command = ControlCommand { schema: Tag::new(), id, at, by, command };
        let sender = Sender { source: "/wirefold/bench" };
        self.bus.publish(sender.outgoing(&command, at)?).await?;
        Ok(())
    }

    async fn until(&self, is: impl Fn(Option<FeedRecord>) -> bool) -> anyhow::Result<()> {
        let key = format!("feed.{}", wirefold_proto::token::escape("attack"));
        let (bucket, watch) = (self.bus.key_value("wf_feeds")?, Stopwatch::start());
        loop {
            let entry = bucket.get(&key).await?.and_then(|entry| entry.value);
            let record = entry.map(|value| wirefold_proto::decode(&value)).transpose()?;
            if is(record) {
                return Ok(());
            }
            anyhow::ensure!(watch.seconds() < DEADLINE, "not over after {DEADLINE} s");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

async fn answer_steps(mut connection: TcpStream, served: &Served) -> std::io::Result<()> {
    let mut head = vec![0; 8192];
    let read = connection.read(&mut head).await?;
    let steps = match &head[..read] {
        path if path.starts_with(b"GET /feed ") => &served.feed,
        path if path.starts_with(b"GET /page ") => &served.page,
        _ => {
            let missing =
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            return connection.write_all(missing).await;
        }
    };
    for step in steps {
        match step {
            Step::Send(bytes) => connection.write_all(bytes).await?,
            Step::Repeat(bytes) => loop {
                connection.write_all(bytes).await?;
            },
            Step::Drip => loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                connection.write_all(b" ").await?;
            },
            Step::Hang => std::future::pending().await,
        }
    }
    connection.shutdown().await
}

fn guard<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
