//! `wirefold up`, `demo` and `run`: the pipeline in this process.

pub(crate) mod arguments;
mod console;
mod demo;
mod pipeline;
mod process;
mod seams;
mod signals;
mod socket;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use wirefold_flow::{Bus, Clock, SystemClock};
use wirefold_flow_sqlite::OpenError;
use wirefold_proto::streams::{CONTROL, FETCHED};

use crate::cli::{FoldArguments, Global};
use crate::client::Place;
use crate::config::{Loaded, Overrides, load_here};
use crate::exit::{Exit, Stop};
use crate::fold::{self, Method};
use crate::telemetry::{self, Logging, Telemetry};
use arguments::{DemoArguments, Listen, RunArguments, StageName, UpArguments};
use console::{Showing, Tally};
use demo::Demo;
use pipeline::{Pipeline, Running};
use process::End;
use signals::Signals;

/// Runs all stages in one process; where there is nothing to watch, the demo.
pub(crate) fn run(arguments: &UpArguments, global: &Global) -> anyhow::Result<Exit> {
    let loaded = load(&arguments.place, &arguments.listen, &arguments.set)?;
    let up = Up { loaded, global, wants_demo: arguments.demo };
    in_runtime(up.run(&StageName::ALL))
}

/// Runs one stage.
pub(crate) fn run_stage(arguments: &RunArguments, global: &Global) -> anyhow::Result<Exit> {
    let loaded = load(&arguments.place, &arguments.listen, &arguments.set)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let telemetry = telemetry::install(&Logging::of(&loaded.config, global), clock.clone())?;
    in_runtime(async move {
        let signals = Signals::listen()?;
        let bus = open_bus(&loaded.config.data, clock.clone())?;
        let pipeline = Pipeline { loaded: &loaded, telemetry: &telemetry, clock, bus, demo: None };
        let running = pipeline.start(&[arguments.stage]).await?;
        global.note(format_args!(
            "running the {} · health and metrics on http://{}",
            arguments.stage.name(),
            running.operations
        ));
        finish(running.process.run(signals).await)
    })
}

/// Folds the bundled articles and prints one table.
pub(crate) fn demo(arguments: &DemoArguments, global: &Global) -> anyhow::Result<Exit> {
    let folder = tempfile::tempdir().context("cannot make a folder for the demo's articles")?;
    let path = folder.path().join("demo.jsonl");
    let mut file = std::fs::File::create(&path)?;
    file.write_all(demo::articles().as_bytes())?;
    let arguments = FoldArguments {
        paths: vec![path],
        json: arguments.json,
        settled: false,
        method: Method::Passages,
    };
    global.note(format_args!("DEMO: invented news; see it live with `wirefold up`\n"));
    fold::run(&arguments, global)
}

fn load(place: &Place, listen: &Listen, set: &[String]) -> anyhow::Result<Loaded> {
    let mut overrides =
        Overrides::of_set(set).map_err(|error| Stop::new(Exit::Usage, error.to_string()))?;
    if let Some(address) = &listen.listen {
        overrides.flag("--listen", "page.listen", address);
    }
    if let Some(address) = &listen.operations {
        overrides.flag("--operations", "operations.listen", address);
    }
    load_here(place, overrides).map_err(|error| Stop::new(Exit::Usage, error.to_string()).into())
}

/// Runs to the end, and leaves behind what still waits: what was not finished is taken up again.
fn in_runtime(work: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
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
    global: &'a Global,
    wants_demo: bool,
}

impl Up<'_> {
    async fn run(self, stages: &[StageName]) -> anyhow::Result<Exit> {
        let signals = Signals::listen()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let known = self.open_where_there_is_something(&clock).await?;
        let (bus, mut demo) = match known {
            Some(bus) => (bus, None),
            None => {
                let demo = Demo::prepare(clock.clone()).await?;
                (open_bus(demo.folder(), clock.clone())?, Some(demo))
            }
        };
        let telemetry = self.telemetry(demo.is_some(), clock.clone())?;
        let pipeline = Pipeline {
            loaded: &self.loaded,
            telemetry: &telemetry,
            clock,
            bus: bus.clone(),
            demo: demo.as_ref(),
        };
        let running = pipeline.start(stages).await?;
        let tally = self.show(&running, bus)?;
        self.welcome(&running, demo.as_ref());
        if let Some(demo) = &mut demo {
            demo.start(running.process.stop.clone());
        }
        let end = running.process.run(signals).await;
        self.global.note(format_args!("{}", tally.summary()));
        finish(end)
    }

    /// The bus of the data folder, unless there is nothing to watch and nothing collected.
    async fn open_where_there_is_something(
        &self,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Option<Arc<dyn Bus>>> {
        if self.wants_demo {
            return Ok(None);
        }
        let config = &self.loaded.config;
        if config.data.exists() && !config.data.is_dir() {
            let what =
                format!("{} is no folder: name another with --data DIR", config.data.display());
            return Err(Stop::new(Exit::Usage, what).into());
        }
        let is_configured = !config.feed.is_empty() || !config.source.is_empty();
        if !is_configured && !config.data.join(wirefold_flow_sqlite::FILE).exists() {
            return Ok(None);
        }
        let bus = open_bus(&config.data, clock.clone())?;
        if is_configured || has_feeds_or_articles(&*bus).await {
            return Ok(Some(bus));
        }
        Ok(None)
    }

    /// The demo logs warnings only: its terminal is for the fold lines.
    fn telemetry(&self, is_demo: bool, clock: Arc<dyn Clock>) -> anyhow::Result<Telemetry> {
        let config = &self.loaded.config;
        let logging = Logging::of(config, self.global);
        let logging = match is_demo && self.global.verbose == 0 {
            true => Logging { filter: "warn", ..logging },
            false => logging,
        };
        telemetry::install(&logging, clock)
    }

    /// Prints what comes through, where somebody looks.
    fn show(&self, running: &Running, bus: Arc<dyn Bus>) -> anyhow::Result<Arc<Tally>> {
        let tally = Arc::new(Tally::default());
        let is_seen = std::io::stderr().is_terminal() || self.global.verbose > 0;
        let showing = match is_seen && !self.global.quiet {
            true => Showing::Lines,
            false => Showing::Nothing,
        };
        let follow = console::follow(bus, tally.clone(), showing, running.process.stop.clone());
        tokio::spawn(async move {
            if let Err(error) = follow.await {
                tracing::warn!(%error, "articles are no longer shown here");
            }
        });
        Ok(tally)
    }

    fn welcome(&self, running: &Running, demo: Option<&Demo>) {
        let global = self.global;
        let release = env!("CARGO_PKG_VERSION");
        let page = running.page.map(|page| format!("http://{page}")).unwrap_or_default();
        if demo.is_none() {
            let folder = self.loaded.config.data.display();
            global.note(format_args!("wirefold {release} · data in {folder} · page {page}"));
            return;
        }
        global.note(format_args!(
            "wirefold {release} · DEMO: invented news from eight invented papers, over a minute; \
             nothing leaves this machine and nothing is kept\n\
             \n\
             page    {page}\n\
             yours   wirefold feed import my.opml   or   wirefold feed add URL, then wirefold up\n\
             end     Ctrl-C\n"
        ));
    }
}

/// Whether anything was ever added or collected here.
async fn has_feeds_or_articles(bus: &dyn Bus) -> bool {
    let added = bus.last(CONTROL.name, "wirefold.v1.control.feed.add").await;
    let fetched = bus.last(FETCHED.name, ">").await;
    matches!(added, Ok(Some(_))) || matches!(fetched, Ok(Some(_)))
}

fn finish(end: End) -> anyhow::Result<Exit> {
    let exit = end.exit();
    match end {
        End::Failed(error) => Err(Stop::new(exit, format!("{error:#}")).into()),
        End::Drained | End::CutShort(_) => Ok(exit),
    }
}
