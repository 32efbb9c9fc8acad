//! `wirefold up --nats`: runs each stage as a process over one NATS server and restarts it if it ends.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::signal::unix::{Signal as Received, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};
use wirefold_flow::{Backoff, Clock};
use wirefold_proto::rights::Service;

use super::{folder, free_port, wait_for_server};
use crate::clock::SteadyClock;
use crate::config::{Loaded, LogFormat};
use crate::exchange::readiness;
use crate::exit::{Exit, stop};
use crate::global::Global;
use crate::output;
use crate::telemetry::Health;
use crate::up::arguments::UpArguments;
use crate::up::process::{BUS, Process, Signals, StartingProcess, bind};
use crate::up::{logging, show, warn_of_settings};

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
        let config = &self.loaded.config;
        let _lock = lock(&config.data)?;
        let StartingProcess { mut process, health, .. } =
            StartingProcess::start(config, &telemetry).await?;
        let connecting = wait_for_server(config, "up", clock.clone(), &health, &mut signals);
        let bus = match connecting.await? {
            Ok(bus) => bus,
            Err(exit) => return Ok(exit),
        };
        super::make(&bus, config).await?;
        let page = self.page().await?;
        let format = match (config.log_format, is_for_people) {
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
        health.ready(BUS);
        let tally = show(self.global, Arc::new(bus.clone()), process.stop.clone());
        self.welcome_once(ready, page);
        let ended = process.run(signals).await;
        bus.close().await;
        self.global.note(tally.summary());
        ended
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
            output::note(format_args!(
                "wirefold {release} · data in {folder} · bus {bus} · page http://{page}"
            ));
        });
    }

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
            if service == Service::Gateway {
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
            health.expect(child.name);
            process.start(child.name, child.run(process.stop.clone()));
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
        if let Some(config) = &arguments.flags.instance.config {
            option("--config", config.into());
        }
        for set in &arguments.flags.set {
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

// A child process: starts it, reads its log, checks that it is ready, starts it again, and ends it.

/// The pause between an end and the next start.
const RESTART_PAUSE: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(10));
/// A child that ran for this long is restarted after the first pause again.
const STEADY_AFTER: Duration = Duration::from_secs(30);
/// How often the readiness of a child is checked, and how long its answer may take.
const READY_INTERVAL: Duration = Duration::from_millis(500);
const ANSWER: Duration = Duration::from_secs(2);

/// Keeps one child running.
pub(super) struct ChildLoop {
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<OsString>,
    /// The address of its `/readyz`.
    pub(super) operations: SocketAddr,
    /// Cancelled once it has been ready for the first time.
    pub(super) was_ready: CancellationToken,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) health: Health,
}

impl ChildLoop {
    /// Runs the child until `stop`, and restarts it if it ends.
    pub(super) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let (name, clock) = (self.name, self.clock.clone());
        let mut hangup = signal(SignalKind::hangup())?;
        let mut backoff = RESTART_PAUSE;
        loop {
            let began = clock.now();
            let child = self.start()?;
            let Some(why) = self.watch(child, &mut hangup, &stop).await else {
                return Ok(());
            };
            if clock.now().since(began) >= STEADY_AFTER {
                backoff.reset();
            }
            let wait = backoff.next_wait();
            self.health.failing(name, "it ended and is started again");
            warn!(stage = name, why, after_ms = wait.as_millis(), "it ended, starting it again");
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = clock.sleep_until(clock.now().plus(wait)) => {}
            }
        }
    }

    fn start(&self) -> anyhow::Result<Child> {
        let Self { name, path, arguments, operations, .. } = self;
        let mut command = Command::new(path);
        command.args(arguments);
        // A process group of its own: Ctrl-C goes to the supervisor, which ends the children in order.
        command.stdin(Stdio::null()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        let child = command.spawn();
        let mut child = child.with_context(|| format!("cannot start {}", path.display()))?;
        if let Some(log) = child.stderr.take() {
            tokio::spawn(forward_log(name, log));
        }
        info!(stage = name, pid = child.id(), operations = %format_args!("http://{operations}"), "started");
        Ok(child)
    }

    /// Waits for the child's end, and passes SIGHUP on to it. Returns why it ended by itself, or `None` if it was
    /// asked to.
    async fn watch(
        &self,
        mut child: Child,
        hangup: &mut Received,
        stop: &CancellationToken,
    ) -> Option<String> {
        let clock = &self.clock;
        loop {
            tokio::select! {
                status = child.wait() => return Some(match status {
                    Ok(status) => status.to_string(),
                    Err(error) => error.to_string(),
                }),
                () = stop.cancelled() => break,
                // Before it is ready it may not handle the signal yet, and it reads the settings anyway.
                _ = hangup.recv() => if self.was_ready.is_cancelled() { self.send(&child, Signal::HUP) },
                () = clock.sleep_until(clock.now().plus(READY_INTERVAL)) => self.check_readiness().await,
            }
        }
        self.send(&child, Signal::TERM);
        let _ = child.wait().await;
        None
    }

    fn send(&self, child: &Child, signal: Signal) {
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(Err(error)) = pid.map(|pid| kill_process(pid, signal)) {
            debug!(stage = self.name, %error, "it had ended");
        }
    }

    async fn check_readiness(&self) {
        match tokio::time::timeout(ANSWER, readiness(&self.operations.to_string())).await {
            Ok(Ok((status, _))) if status.is_success() => {
                self.health.ready(self.name);
                self.was_ready.cancel();
            }
            Ok(_) => self.health.failing(self.name, "it is not ready"),
            Err(_) => self.health.failing(self.name, "it does not answer"),
        }
    }
}

/// Copies the standard error of a child to this process's own, with the child's name.
async fn forward_log(name: &'static str, log: ChildStderr) {
    let mut lines = BufReader::new(log).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        output::note(add_stage_name(name, &line));
    }
}

/// A line of a log with the name of its stage.
fn add_stage_name(name: &str, line: &str) -> String {
    match line.strip_prefix('{') {
        Some(fields) => format!("{{\"stage\":\"{name}\",{fields}"),
        None => format!("{name:<8} | {line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_lines_get_the_name_of_their_stage() {
        assert_eq!(add_stage_name("detector", "took over"), "detector | took over");
        let line = add_stage_name("gateway", r#"{"level":"INFO","message":"up"}"#);
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["stage"], &line["message"]), (&"gateway".into(), &"up".into()));
    }
}
