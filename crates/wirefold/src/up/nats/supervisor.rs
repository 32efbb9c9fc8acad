//! `wirefold up --nats`: runs each stage as a process over one NATS server and restarts it if it ends.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tokio_util::sync::CancellationToken;
use wirefold_flow::Clock;
use wirefold_proto::rights::Service;
use wirefold_proto::streams::Stage;

use super::child::ChildLoop;
use super::{folder, free_port, setup, wait_for_server};
use crate::clock::SteadyClock;
use crate::config::{Loaded, LogFormat};
use crate::exit::{Exit, stop};
use crate::global::Global;
use crate::telemetry::{Health, Telemetry, operations_router};
use crate::up::arguments::UpArguments;
use crate::up::process::{Process, bind};
use crate::up::signals::Signals;
use crate::up::{finish, logging, show, warn_of_settings};

/// A run of `up --nats`.
pub(in crate::up) struct Supervisor<'a> {
    pub(in crate::up) loaded: Loaded,
    pub(in crate::up) arguments: &'a UpArguments,
    pub(in crate::up) global: &'a Global,
}

impl Supervisor<'_> {
    pub(in crate::up) async fn run(self) -> anyhow::Result<Exit> {
        let mut signals = Signals::listen()?;
        let clock: Arc<dyn Clock> = Arc::new(SteadyClock::start());
        let logging = logging(&self.loaded, self.global, false);
        let is_for_people = logging.is_for_people();
        let filter = logging.filter.to_owned();
        let telemetry = crate::telemetry::install(&logging, clock.clone())?;
        warn_of_settings(&self.loaded);
        let data = &self.loaded.config.data;
        let _lock = lock(data)?;
        let health = Health::new(telemetry.loops.clone());
        let config = &self.loaded.config;
        let bus = match wait_for_server(config, "up", clock.clone(), &mut signals).await? {
            Ok(bus) => bus,
            Err(asked) => return Ok(asked.exit()),
        };
        setup::make(&bus, config).await?;
        let mut process = Process::new();
        let page = self.page().await?;
        let format = match (self.loaded.config.log_format, is_for_people) {
            (LogFormat::Json, _) | (_, false) => "json",
            _ => "text",
        };
        let of_all: Vec<OsString> = vec![
            "--listen".into(),
            page.to_string().into(),
            "--set".into(),
            format!("log={filter:?}").into(),
            "--set".into(),
            format!("log_format={format}").into(),
        ];
        let ready = self.start_children(&of_all, &mut process, &clock, &health)?;
        self.serve_operations(&mut process, telemetry, health).await?;
        let tally = show(self.global, Arc::new(bus.clone()), process.stop.clone());
        self.welcome_once(ready, page);
        let end = process.run(signals).await;
        bus.close().await;
        self.global.note(tally.summary());
        finish(end)
    }

    /// Binds the address of the page once to check it: a gateway that cannot bind it would be restarted again
    /// and again.
    async fn page(&self) -> anyhow::Result<SocketAddr> {
        let told = self.loaded.config.page.listen;
        if told.port() == 0 {
            return free_port(1);
        }
        bind("page", "--listen", told).await?;
        Ok(told)
    }

    async fn serve_operations(
        &self,
        process: &mut Process,
        telemetry: Telemetry,
        health: Health,
    ) -> anyhow::Result<()> {
        let config = &self.loaded.config;
        let port = bind("operations port", "--operations", config.operations.listen).await?;
        let router = operations_router(telemetry.clone(), health, &config.hosts());
        process.serve("operations port", port, router);
        let upkeep = telemetry.run_upkeep(process.stop.clone());
        process.start("metrics", async move {
            upkeep.await;
            Ok(())
        });
        Ok(())
    }

    /// Prints the addresses as soon as the page is served.
    fn welcome_once(&self, ready: CancellationToken, page: SocketAddr) {
        if self.global.quiet {
            return;
        }
        let config = &self.loaded.config;
        let (folder, bus) = (config.data.display().to_string(), config.bus.addresses());
        tokio::spawn(async move {
            ready.cancelled().await;
            let release = env!("CARGO_PKG_VERSION");
            crate::output::note(format_args!(
                "wirefold {release} · data in {folder} · bus {bus} · page http://{page}"
            ));
        });
    }
}

impl Supervisor<'_> {
    /// Starts all stages. The token is cancelled once the page is served.
    fn start_children(
        &self,
        of_all: &[OsString],
        process: &mut Process,
        clock: &Arc<dyn Clock>,
        health: &Health,
    ) -> anyhow::Result<CancellationToken> {
        let path = std::env::current_exe().context("cannot find this program's own file")?;
        let mut page_ready = CancellationToken::new();
        for (nth, service) in (2..).zip(Service::ALL) {
            let operations = free_port(nth)?;
            let was_ready = CancellationToken::new();
            if service == Service::Stage(Stage::Gateway) {
                page_ready = was_ready.clone();
            }
            let child = ChildLoop {
                name: service.as_str(),
                path: path.clone(),
                arguments: self.child_arguments(of_all, service, operations),
                operations,
                was_ready,
                clock: clock.clone(),
                health: health.clone(),
            };
            process.start(service.as_str(), child.run(process.stop.clone()));
        }
        Ok(page_ready)
    }

    /// The arguments of a child, with those that all children have.
    fn child_arguments(
        &self,
        of_all: &[OsString],
        service: Service,
        operations: SocketAddr,
    ) -> Vec<OsString> {
        let Supervisor { loaded, arguments, global } = self;
        let mut all: Vec<OsString> = vec!["run".into(), service.as_str().into()];
        let mut option = |name: &str, value: OsString| all.extend([name.into(), value]);
        option("--nats", loaded.config.bus.addresses().into());
        option("--data", loaded.config.data.clone().into());
        option("--operations", operations.to_string().into());
        if let Some(config) = &arguments.instance.config {
            option("--config", config.into());
        }
        for set in &arguments.set {
            option("--set", set.into());
        }
        all.extend_from_slice(of_all);
        all.push("--supervised".into());
        all.extend((0..global.verbose).map(|_| "-v".into()));
        all.extend(global.quiet.then(|| "-q".into()));
        all
    }
}

/// Locks the data folder for one run.
fn lock(data: &Path) -> anyhow::Result<File> {
    let path = folder(data)?.join("up.lock");
    let file = File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => stop!(
            Bus,
            "another `wirefold up --nats` runs on {}: choose another with --data DIR",
            data.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).context("cannot take the lock"),
    }
}
