//! `wirefold up`, `demo`, `run` and `setup`: the pipeline in this process, or with one process for each
//! stage.

pub(crate) mod added;
pub(crate) mod arguments;
mod console;
mod demo;
pub(crate) mod nats;
mod pipeline;
mod process;
mod reload;
mod repair;
pub(crate) mod seams;
pub(crate) mod serve;
pub(crate) mod subjects;

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tokio_util::sync::CancellationToken;
use wirefold_alerter::Printer;
use wirefold_flow::{Bus, Clock, SystemClock};
use wirefold_flow_sqlite::OpenError;
use wirefold_proto::rights::Service;
use wirefold_proto::streams::{CONTROL, FETCHED};

use crate::clock::SteadyClock;
use crate::config::{Loaded, Origin};
use crate::exit::{Exit, Stop, stop};
use crate::fold::{self, FoldArguments, Method};
use crate::global::Global;
use crate::telemetry::{self, Logging};
use arguments::{DemoArguments, RunArguments, SettingsFlags, SetupArguments, UpArguments};
use console::Tally;
use demo::Demo;
use pipeline::{Pipeline, Running};
use process::{Signals, StartingProcess};

pub(crate) use process::SOCKET;

/// Runs all stages in one process, or the demo if there is nothing to watch.
pub(crate) fn run(arguments: &UpArguments, global: &Global) -> anyhow::Result<Exit> {
    let loaded = arguments.flags.load()?;
    if !loaded.config.bus.nats.is_empty() && !arguments.demo {
        return in_runtime(nats::Supervisor { loaded, arguments, global }.run());
    }
    in_runtime(Up { loaded, arguments, global }.run())
}

/// Runs one stage.
pub(crate) fn run_stage(arguments: &RunArguments, global: &Global) -> anyhow::Result<Exit> {
    let loaded = arguments.flags.load()?;
    if arguments.supervised {
        nats::end_with_parent();
    }
    let clock: Arc<dyn Clock> = Arc::new(SteadyClock::start());
    let telemetry = telemetry::install(&Logging::of(&loaded.config, global), clock.clone())?;
    if !arguments.supervised {
        warn_of_settings(&loaded);
    }
    in_runtime(async move {
        let mut signals = Signals::listen()?;
        let stage = arguments.stage;
        let name = stage.as_str();
        let begun = StartingProcess::start(&loaded.config, &telemetry).await?;
        let (bus, server): (Arc<dyn Bus>, _) = if loaded.config.bus.nats.is_empty() {
            if stage == Service::Pruner {
                // The embedded bus deletes read messages itself.
                stop!(Usage, "the pruner needs --nats [URL]");
            }
            (open_bus(&loaded.config.data, clock.clone())?, None)
        } else {
            let (config, health) = (&loaded.config, &begun.health);
            let connecting =
                nats::wait_for_server(config, name, clock.clone(), health, &mut signals);
            let bus = match connecting.await? {
                Ok(bus) => bus,
                Err(exit) => return Ok(exit),
            };
            nats::must_not_be_forgetting(&bus).await?;
            nats::check_streams(&bus, stage).await?;
            (nats::signed(&loaded.config, &bus, stage)?, Some(bus))
        };
        let (loaded, telemetry, nats) = (&loaded, &telemetry, server.clone());
        let flags = arguments.flags.clone();
        let pipeline = Pipeline { loaded, flags, telemetry, clock, bus, demo: None, nats };
        let running = pipeline.start(begun, &[stage]).await?;
        let at = running.operations;
        if !arguments.supervised {
            global.note(format_args!("running the {name} · health and metrics on http://{at}"));
        }
        let ended = running.process.run(signals).await;
        if let Some(server) = server {
            server.close().await;
        }
        ended
    })
}

/// Folds the bundled articles and prints one table, or serves them as feeds.
pub(crate) fn demo(arguments: &DemoArguments, global: &Global) -> anyhow::Result<Exit> {
    if let Some(address) = arguments.serve {
        return serve_demo(address, arguments.origin.clone(), global);
    }
    let folder = tempfile::tempdir().context("cannot make a folder for the demo's articles")?;
    let path = folder.path().join("demo.jsonl");
    let mut file = std::fs::File::create(&path)?;
    file.write_all(demo::articles().as_bytes())?;
    let arguments = FoldArguments {
        paths: vec![path],
        json: arguments.json,
        is_final: false,
        method: Method::Passages,
    };
    global.note("DEMO: invented news; see it live with `wirefold up`\n");
    fold::run(&arguments, global)
}

fn serve_demo(
    address: SocketAddr,
    origin: Option<String>,
    global: &Global,
) -> anyhow::Result<Exit> {
    in_runtime(async move {
        let mut signals = Signals::listen()?;
        global.note(format_args!("DEMO: invented news, as feeds at http://{address}/feeds/"));
        tokio::select! {
            ended = demo::serve(address, origin, Arc::new(SystemClock)) => ended?,
            _ = signals.next() => {}
        }
        Ok(Exit::Ok)
    })
}

/// Prepares a NATS server for the stages, and makes missing output again.
pub(crate) fn setup(arguments: &SetupArguments, global: &Global) -> anyhow::Result<Exit> {
    let SetupArguments { instance, set, nats, .. } = arguments;
    let flags = SettingsFlags {
        instance: instance.clone(),
        set: set.clone(),
        nats: nats.clone(),
        ..SettingsFlags::default()
    };
    let mut loaded = flags.load()?;
    let data = loaded.config.data.clone();
    let is_over_nats = nats.is_some() || instance.is_over_nats(&data);
    let is_embedded = !is_over_nats && data.join(wirefold_flow_sqlite::FILE).exists();
    if !(arguments.repair && is_embedded) {
        nats::name_default_server(&mut loaded.config.bus);
    }
    telemetry::install(&Logging::of(&loaded.config, global), Arc::new(SystemClock))?;
    warn_of_settings(&loaded);
    in_runtime(async move {
        match (arguments.repair, is_embedded) {
            (true, true) => repair::repair(&loaded).await,
            (true, false) => stop!(
                Usage,
                "--repair is for a data folder: a NATS server checks its own files, and on it the stages go on \
                 from what is there"
            ),
            (false, _) => nats::run_setup(&loaded).await,
        }
    })
}

/// Runs to the end and drops tasks that still wait. Unfinished work is done at the next start.
pub(crate) fn in_runtime(work: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(work);
    runtime.shutdown_background();
    ended
}

fn open_bus(folder: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Bus>> {
    wirefold_flow_sqlite::open(folder, clock).map_err(|error| {
        let what = match &error {
            OpenError::InUse { .. } => format!(
                "{error} with --data DIR; if it is a running wirefold, commands such as \
                 `wirefold feed ls` talk to it"
            ),
            OpenError::Unwritable { .. } | OpenError::DiskFull { .. } => format!(
                "{error}: make room or give it the rights, or choose another data folder with \
                 --data DIR (or `data` in wirefold.toml)"
            ),
            other => other.to_string(),
        };
        Stop::new(Exit::Bus, what).into()
    })
}

/// A run of `up`.
struct Up<'a> {
    loaded: Loaded,
    arguments: &'a UpArguments,
    global: &'a Global,
}

impl Up<'_> {
    async fn run(self) -> anyhow::Result<Exit> {
        let signals = Signals::listen()?;
        let clock: Arc<dyn Clock> = Arc::new(SteadyClock::start());
        let known = self.open_where_there_is_something(&clock).await?;
        let (bus, mut demo) = match known {
            Some(bus) => (bus, None),
            None => {
                let demo = Demo::prepare(clock.clone()).await?;
                (open_bus(demo.folder(), clock.clone())?, Some(demo))
            }
        };
        let logging = logging(&self.loaded, self.global, demo.is_some());
        let telemetry = telemetry::install(&logging, clock.clone())?;
        warn_of_settings(&self.loaded);
        let pipeline = Pipeline {
            loaded: &self.loaded,
            flags: self.arguments.flags.clone(),
            telemetry: &telemetry,
            clock,
            bus: bus.clone(),
            demo: demo.as_ref(),
            nats: None,
        };
        let begun = StartingProcess::start(&self.loaded.config, &telemetry).await?;
        let stages = Service::ALL.into_iter().filter(|service| *service != Service::Pruner);
        let running = pipeline.start(begun, &stages.collect::<Vec<_>>()).await?;
        let tally = show(self.global, bus, running.process.stop.clone());
        self.welcome(&running, demo.as_ref());
        if let Some(demo) = &mut demo {
            demo.start(running.process.stop.clone());
            let (end, stop) = (demo.wait_for_end(), running.process.stop.clone());
            let is_quiet = self.global.quiet;
            tokio::spawn(async move {
                if stop.run_until_cancelled(end).await.is_some() && !is_quiet {
                    crate::output::note(
                        "the demo has published all its articles; the page stays until Ctrl-C",
                    );
                }
            });
        }
        let ended = running.process.run(signals).await;
        self.global.note(tally.summary());
        ended
    }

    /// The bus of the data folder. `None` if there is nothing to watch and nothing stored.
    async fn open_where_there_is_something(
        &self,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Option<Arc<dyn Bus>>> {
        if self.arguments.demo {
            return Ok(None);
        }
        let config = &self.loaded.config;
        if config.data.exists() && !config.data.is_dir() {
            stop!(Usage, "{} is not a folder: name another with --data DIR", config.data.display());
        }
        let is_configured = self.arguments.no_demo
            || !config.feed.is_empty()
            || !config.source.is_empty()
            || !config.opml.is_empty()
            || !config.nats.is_empty();
        if !is_configured && !config.data.join(wirefold_flow_sqlite::FILE).exists() {
            return Ok(None);
        }
        let bus = open_bus(&config.data, clock.clone())?;
        if is_configured || has_feeds_or_articles(&*bus).await {
            return Ok(Some(bus));
        }
        Ok(None)
    }

    fn welcome(&self, running: &Running, demo: Option<&Demo>) {
        let global = self.global;
        let release = env!("CARGO_PKG_VERSION");
        let page = running.page.map(|page| format!("http://{}", crate::config::reachable(page)));
        let page = page.unwrap_or_default();
        let folder = self.loaded.config.data.display();
        if demo.is_none() {
            global.note(format_args!(
                "wirefold {release} · data in {folder} · page {page}\n\
                 `wirefold feed ls` shows the health of the feeds; the first poll of each sends no alert"
            ));
            return;
        }
        let alerts = subjects::unused_deliveries(&self.loaded.config);
        global.note(format_args!(
            "wirefold {release} · DEMO: invented news from eight invented papers, over a minute; \
             nothing leaves this machine and nothing is stored\n\
             \n\
             page    {page}\n\
             yours   wirefold feed import my.opml   or   wirefold feed add URL, then wirefold up\n\
             api     articles that programs push are not stored either; wirefold up --no-demo stores them\n\
             data    {folder} is left alone until there is a feed to watch\n\
             {alerts}end     Ctrl-C\n"
        ));
    }
}

/// Logs once which settings should be changed, such as old names. Processes that a supervisor started leave
/// this to the supervisor.
fn warn_of_settings(loaded: &Loaded) {
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
}

/// If lines about articles go to a terminal, the log has warnings only, unless the settings say otherwise.
/// The log of the demo always has warnings only.
fn logging<'a>(loaded: &'a Loaded, global: &Global, is_demo: bool) -> Logging<'a> {
    let logging = Logging::of(&loaded.config, global);
    let is_told = loaded.origins.of("log") != Origin::Default;
    let is_for_lines = std::io::stderr().is_terminal() && !is_told && logging.is_for_people();
    match (is_demo || is_for_lines) && global.verbose == 0 {
        true => Logging { filter: "warn", ..logging },
        false => logging,
    }
}

/// Counts the output, and prints it if there is a terminal.
fn show(global: &Global, bus: Arc<dyn Bus>, stop: CancellationToken) -> Arc<Tally> {
    let tally = Arc::new(Tally::default());
    let is_seen = std::io::stderr().is_terminal() || global.verbose > 0;
    let follow = console::follow(bus, tally.clone(), is_seen && !global.quiet, stop);
    tokio::spawn(async move {
        if let Err(error) = follow.await {
            tracing::warn!(%error, "articles are no longer shown here");
        }
    });
    tally
}

/// Whether this bus has any feed or article.
async fn has_feeds_or_articles(bus: &dyn Bus) -> bool {
    let added = bus.last(CONTROL.name, "wirefold.v1.control.feed.add").await;
    let fetched = bus.last(FETCHED.name, ">").await;
    matches!(added, Ok(Some(_))) || matches!(fetched, Ok(Some(_)))
}

/// Prints alerts on standard output.
pub(crate) struct StandardOutput;

impl Printer for StandardOutput {
    fn print(&self, line: &str) -> std::io::Result<()> {
        crate::output::print_line_styled(line)?;
        std::io::stdout().flush()
    }
}
