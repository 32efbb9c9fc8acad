//! The NATS part of `bench pipeline`: JetStream alone over three hops, then wirefold over the same three hops
//! with messages of the same size, with the same server settings, in one run.

pub(super) mod plain;
pub(super) mod server;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use wirefold_flow::{Bus, Outgoing, SystemClock};
use wirefold_flow_nats::{Options, connect};
use wirefold_proto::streams::{JUDGED, OUTPUT};

use super::articles::{ArticleFactory, Ready};
use super::goals;
use super::latency::{Percentiles, latency};
use super::publishing::{messages, publish};
use super::report::Report;
use crate::machine::{self, Stopwatch};
use crate::nats_server::{self, Found};
use crate::tree;
use server::{MeasuredProcess, Server, Sync};

/// A hop that takes longer is an error and not a figure.
const DEADLINE: Duration = Duration::from_secs(300);
const ARTICLES: &str = "wirefold.v1.output.article.>";

/// The programs between the articles and the output.
#[derive(Clone, Copy)]
enum Programs {
    /// Detector and enricher.
    Ours,
    /// The detector, and a stage that only passes messages on.
    WithoutEnrichment,
    /// Our two loops without any work.
    Loops,
}

/// The throughput, and the processor time of each process.
struct Throughput {
    rate: f64,
    shares: Vec<(String, f64)>,
}

/// The mean size of wirefold's messages, for stages that only pass on.
#[derive(Clone, Copy)]
struct MessageSizes {
    decision: u64,
    output: u64,
}

/// The programs, the articles, and the folder of the data.
pub(super) struct NatsHalf<'a> {
    found: Found,
    programs: PathBuf,
    folder: PathBuf,
    articles: &'a [Ready],
}

impl<'a> NatsHalf<'a> {
    /// Whether this machine has a nats-server.
    pub(super) fn is_possible() -> bool {
        nats_server::find(&tree::root()).is_some()
    }

    /// `None` if this machine has no nats-server.
    pub(super) fn new(folder: &Path, articles: &'a [Ready]) -> anyhow::Result<Option<Self>> {
        let Some(found) = nats_server::find(&tree::root()) else {
            return Ok(None);
        };
        let programs = super::built(&std::env::current_exe()?)?;
        Ok(Some(Self { found, programs, folder: folder.to_owned(), articles }))
    }

    /// Measures with both settings of the server.
    pub(super) async fn run(
        &self,
        factory: &mut ArticleFactory,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        report.note(format!("nats-server {}", self.found.version));
        for sync in [Sync::Always, Sync::Default] {
            let raw = self.raw(sync).await?;
            add(report, sync, "JetStream alone, three hops", &raw, None);
            let (ours, sizes) = self.ours(sync, Programs::Ours, None).await?;
            add(report, sync, "ours, fetched to output", &ours, Some(&raw));
            report.goal_of_ratio(match sync {
                Sync::Always => goals::NATS_ALWAYS,
                Sync::Default => goals::NATS_CHAIN,
            });
            let (plainer, _) = self.ours(sync, Programs::WithoutEnrichment, Some(sizes)).await?;
            add(report, sync, "ours without enrichment", &plainer, Some(&raw));
            if sync == Sync::Default {
                report.goal_of_ratio(goals::NATS_PLAINER);
            }
            let (loops, _) = self.ours(sync, Programs::Loops, Some(sizes)).await?;
            add(report, sync, "ours, loops alone", &loops, Some(&raw));
            if sync == Sync::Default {
                report.goal_of_ratio(goals::NATS_LOOPS);
            }
        }
        self.latency(factory, report).await
    }

    fn server(&self, sync: Sync, name: &str) -> anyhow::Result<Server> {
        let folder = self.folder.join(format!("{name}, {}", sync.name()));
        Server::start(&self.found, &folder, sync)
    }

    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.args(arguments).current_dir(&self.folder);
        command
    }

    /// JetStream alone, with a process of the plain client for each hop.
    async fn raw(&self, sync: Sync) -> anyhow::Result<Throughput> {
        let mut server = self.server(sync, "raw")?;
        let url = server.url.clone();
        let setup = self.program("examples/raw", &["setup", &url]).output()?;
        anyhow::ensure!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
        let count = self.articles.len().to_string();
        let bytes = (self.bytes() / self.articles.len() as u64).to_string();
        let start = |name: &str, arguments: &[&str]| {
            let arguments = [&[arguments[0], &url], &arguments[1..]].concat();
            MeasuredProcess::start(name, self.program("examples/raw", &arguments), "ready")
        };
        let mut parts = vec![
            start("first relay", &["relay", "1", &count])?,
            start("second relay", &["relay", "2", &count])?,
        ];
        let mut sink = start("sink", &["sink", &count])?;
        parts.iter_mut().try_for_each(MeasuredProcess::begin)?;
        server.part.begin()?;
        sink.begin()?;
        let watch = Stopwatch::start();
        let source = start("source", &["publish", &count, &bytes])?;
        tokio::time::timeout(DEADLINE, sink.wait_for_end())
            .await
            .context("JetStream alone stands")??;
        let seconds = watch.seconds();
        parts.extend([source, sink, server.part]);
        flow(self.articles.len(), seconds, &parts)
    }

    /// The bytes of all articles with headers.
    fn bytes(&self) -> u64 {
        let size = |message: &Outgoing| {
            let headers = message.headers.iter().map(|(name, value)| name.len() + value.len() + 4);
            (headers.sum::<usize>() + message.body.len()) as u64
        };
        self.articles.iter().map(|article| size(&article.message)).sum()
    }

    /// Our stages or loops, with a process each.
    async fn ours(
        &self,
        sync: Sync,
        form: Programs,
        sizes: Option<MessageSizes>,
    ) -> anyhow::Result<(Throughput, MessageSizes)> {
        let name = match form {
            Programs::Ours => "ours",
            Programs::WithoutEnrichment => "without enrichment",
            Programs::Loops => "loops",
        };
        let mut server = self.server(sync, name)?;
        let mut parts = self.stages(&server.url, form, sizes)?;
        let bus = self.bus(&server.url).await?;
        parts.iter_mut().try_for_each(MeasuredProcess::begin)?;
        server.part.begin()?;
        let own = machine::processor_seconds(std::process::id())?;
        let watch = Stopwatch::start();
        let count = self.articles.len();
        let (published, taken) = tokio::join!(
            publish(&*bus, messages(self.articles)),
            tokio::time::timeout(DEADLINE, read_output(&*bus, count))
        );
        published?;
        taken.with_context(|| format!("{name} stands"))??;
        let seconds = watch.seconds();
        parts.push(server.part);
        let mut flow = flow(count, seconds, &parts)?;
        let own = machine::processor_seconds(std::process::id())? - own;
        flow.shares.push(("source and sink".to_owned(), own / seconds));
        let size = async |stream: &str| -> anyhow::Result<u64> {
            let state = bus.stream_state(stream).await?;
            Ok(state.bytes / state.messages.max(1))
        };
        let written =
            MessageSizes { decision: size(JUDGED.name).await?, output: size(OUTPUT.name).await? };
        Ok((flow, written))
    }

    async fn bus(&self, url: &str) -> anyhow::Result<Arc<dyn Bus>> {
        let bus = connect(&Options::new(url, "bench"), Arc::new(SystemClock)).await?;
        Ok(Arc::new(bus))
    }

    /// Makes the streams and starts the programs between them.
    fn stages(
        &self,
        url: &str,
        form: Programs,
        sizes: Option<MessageSizes>,
    ) -> anyhow::Result<Vec<MeasuredProcess>> {
        let setup = self.program("wirefold", &["setup", "--nats", url]).output()?;
        anyhow::ensure!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
        let real = |stage: &str| {
            let arguments = ["run", stage, "--nats", url, "--operations", "127.0.0.1:0"];
            MeasuredProcess::start(
                stage,
                self.program("wirefold", &arguments),
                "health and metrics on",
            )
        };
        let plain = |name: &str, which: &str, bytes: u64| {
            let arguments = ["bench", "nats-plain", which, url, &bytes.to_string()];
            MeasuredProcess::start(name, self.program("xtask", &arguments), "ready")
        };
        let sizes = || sizes.context("ours is measured first");
        Ok(match form {
            Programs::Ours => vec![real("detector")?, real("enricher")?],
            Programs::WithoutEnrichment => {
                vec![real("detector")?, plain("plain stage", "stage", sizes()?.output)?]
            }
            Programs::Loops => vec![
                plain("plain writer", "writer", sizes()?.decision)?,
                plain("plain stage", "stage", sizes()?.output)?,
            ],
        })
    }

    /// Publishes one article after the other through detector and enricher.
    async fn latency(
        &self,
        factory: &mut ArticleFactory,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let time = Duration::from_secs(if report.is_quick() { 10 } else { 30 });
        for sync in [Sync::Always, Sync::Default] {
            let server = self.server(sync, "latency")?;
            let _stages = self.stages(&server.url, Programs::Ours, None)?;
            let bus = self.bus(&server.url).await?;
            let Percentiles { p50, p99 } = latency(&bus, &SystemClock, factory, time).await?;
            let name = |which| format!("NATS, {}: publish to output at 20/s, {which}", sync.name());
            report.add(name("p50"), p50, "ms");
            report.add(name("p99"), p99, "ms").goal(goals::LATENCY);
        }
        Ok(())
    }
}

/// Reads the output until this many articles have arrived.
async fn read_output(bus: &dyn Bus, count: usize) -> anyhow::Result<()> {
    let mut reader = bus.read(OUTPUT.name, ARTICLES, 1).await?;
    let mut taken = 0;
    while taken < count {
        taken += reader.next(1_000).await?.len();
    }
    if taken > count {
        bail!("{taken} articles of {count} came out");
    }
    Ok(())
}

fn flow(count: usize, seconds: f64, parts: &[MeasuredProcess]) -> anyhow::Result<Throughput> {
    let share =
        |part: &MeasuredProcess| Ok((part.name.clone(), part.processor_seconds()? / seconds));
    let shares = parts.iter().map(share).collect::<anyhow::Result<_>>()?;
    Ok(Throughput { rate: count as f64 / seconds, shares })
}

fn add(report: &mut Report, sync: Sync, what: &str, flow: &Throughput, raw: Option<&Throughput>) {
    let shares = flow.shares.iter().map(|(name, share)| {
        let micros = share / flow.rate * 1e6;
        format!("{name} {:.0} % ({micros:.0} µs an article)", share * 100.0)
    });
    report.note(format!("NATS, {}: {what}: of a core: {}", sync.name(), join(shares)));
    for (name, share) in &flow.shares {
        report.hidden(format!("NATS, {}: {what}: {name}", sync.name()), *share, "cores");
    }
    report.add(format!("NATS, {}: {what}", sync.name()), flow.rate, "articles/s");
    if let Some(raw) = raw {
        report.beside("JetStream alone", raw.rate);
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
