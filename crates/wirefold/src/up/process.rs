//! All stages in one process: starts, watches and drains them.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::serve;
use crate::config::Config;
use crate::exit::{Exit, Stop, stop};
use crate::output;
use crate::telemetry::{Health, Telemetry, operations_router};

/// How long a drain may take. The whole end takes at most ten seconds.
const GRACE: Duration = Duration::from_secs(9);

/// A stage or a server with the reason of its end.
type StageEnd = (&'static str, anyhow::Result<()>);

/// The tasks that run in this process until it is asked to stop.
pub(super) struct Process {
    running: JoinSet<StageEnd>,
    /// Cancelled for all tasks at once: they finish their work and take no new one.
    pub(super) stop: CancellationToken,
}

impl Process {
    /// A process without tasks.
    pub(super) fn new() -> Self {
        Self { running: JoinSet::new(), stop: CancellationToken::new() }
    }

    /// Starts a stage. If it ends by itself, the whole process ends.
    pub(super) fn start<F>(&mut self, name: &'static str, stage: F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.running.spawn(async move { (name, stage.await) });
    }

    /// Starts something that cannot fail and runs until `stop`.
    pub(super) fn serve<F>(&mut self, name: &'static str, server: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.start(name, async move {
            server.await;
            Ok(())
        });
    }

    /// Waits for a signal or a failure, then for all tasks. If not all work was finished in time, or the process was asked
    /// twice, the rest is done at the next start.
    pub(super) async fn run(mut self, mut signals: Signals) -> anyhow::Result<Exit> {
        let asked = tokio::select! {
            asked = signals.next() => asked,
            ended = self.next_end() => return Err(self.fail(ended).await.into()),
        };
        output::note("");
        tracing::info!("draining");
        self.stop.cancel();
        tokio::select! {
            () = self.drained() => Ok(Exit::Ok),
            _ = signals.next() => Ok(asked),
            () = tokio::time::sleep(GRACE) => {
                tracing::warn!(
                    seconds = GRACE.as_secs(),
                    "some messages were not finished in time: the next start handles them again"
                );
                Ok(asked)
            }
        }
    }

    async fn next_end(&mut self) -> anyhow::Error {
        match self.running.join_next().await {
            Some(Ok((name, Ok(())))) => anyhow!("the {name} ended by itself"),
            Some(Ok((name, Err(error)))) => error.context(format!("the {name} cannot continue")),
            Some(Err(panic)) => anyhow!("a stage broke down: {panic}"),
            None => anyhow!("nothing runs"),
        }
    }

    async fn fail(mut self, error: anyhow::Error) -> Stop {
        self.stop.cancel();
        let _ = tokio::time::timeout(GRACE, self.drained()).await;
        Stop::bus(format!("{error:#}"))
    }

    async fn drained(&mut self) {
        while let Some(ended) = self.running.join_next().await {
            match ended {
                Ok((name, Err(error))) => tracing::warn!(stage = name, %error, "ended badly"),
                Ok((name, Ok(()))) => tracing::debug!(stage = name, "drained"),
                Err(panic) => tracing::error!(%panic, "a stage broke down while draining"),
            }
        }
    }
}

/// A process that only serves the operations port yet.
pub(super) struct StartingProcess {
    pub(super) process: Process,
    pub(super) health: Health,
    /// The address of health and metrics.
    pub(super) operations: SocketAddr,
}

/// The part of the health that all stages wait for.
pub(super) const BUS: &str = "bus";

impl StartingProcess {
    /// Serves health and metrics at the address of these settings. Nothing is ready before the bus is.
    pub(super) async fn start(config: &Config, telemetry: &Telemetry) -> anyhow::Result<Self> {
        let listen = config.operations.listen;
        let health = Health::new(telemetry.loops.clone());
        health.expect(BUS);
        let mut process = Process::new();
        let port = bind("operations port", "--operations", listen).await?;
        let operations = port.local_addr()?;
        let router = operations_router(telemetry.clone(), health.clone(), &config.hosts());
        process.serve("operations port", serve::tcp(port, router, process.stop.clone()));
        process.serve("metrics", telemetry.clone().run_upkeep(process.stop.clone()));
        Ok(Self { process, health, operations })
    }
}

/// Binds an address. The error says what to do.
pub(super) async fn bind(
    what: &str,
    option: &str,
    address: SocketAddr,
) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::AddrNotAvailable => "this machine does not have it: choose another",
            _ => "stop the program that uses it, or choose another",
        };
        anyhow::Error::new(error).context(format!(
            "cannot listen on {address} for the {what}: {advice} with {option} (127.0.0.1:0 takes any free one)"
        ))
    })
}

// Signals: the first drains the process, the second ends it at once.

/// SIGTERM and SIGINT as they come.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// SIGHUP ends no process: those with deliveries read their settings again.
    _hangup: Signal,
}

impl Signals {
    /// Handles the signals from now on, so that they no longer end the process at once.
    pub(super) fn listen() -> io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { terminate, interrupt, _hangup: signal(SignalKind::hangup())? })
    }

    /// Waits for the next signal. Returns the exit code of a process without unfinished work: a supervisor asks it to end
    /// with SIGTERM, a person with Ctrl-C.
    pub(super) async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.terminate.recv() => Exit::Ok,
            _ = self.interrupt.recv() => Exit::Interrupted,
        }
    }
}

// Reports to systemd as a service of `Type=notify` does: that it runs, is alive, or ends.
//
// It sends datagrams to the socket in `NOTIFY_SOCKET` (sd_notify(3)). Without that variable it sends
// nothing. If a loop hangs, it does not send the message that the watchdog waits for, so systemd restarts
// the service.

/// How often the loops are checked if there is no watchdog.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// Reports to systemd until `stop`.
pub(super) async fn notify(health: Health, stop: CancellationToken) {
    let Some(socket) = variable("NOTIFY_SOCKET") else {
        return stop.cancelled().await;
    };
    send(&socket, "READY=1");
    let mut ticks = interval(watchdog().unwrap_or(CHECK_INTERVAL) / 2);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = ticks.tick() => match health.is_alive() {
                true => send(&socket, "WATCHDOG=1"),
                false => tracing::error!("a loop hangs: wirefold does not report to the watchdog"),
            }
        }
    }
    send(&socket, "STOPPING=1");
}

/// How long systemd waits for a sign of life. `None` if it has no watchdog.
fn watchdog() -> Option<Duration> {
    let micros: u64 = variable("WATCHDOG_USEC")?.parse().ok()?;
    (micros > 0).then(|| Duration::from_micros(micros))
}

fn send(socket: &str, what: &str) {
    if let Err(error) = send_to(socket, what.as_bytes()) {
        tracing::warn!(%error, socket, what, "systemd cannot be notified");
    }
}

fn send_to(socket: &str, what: &[u8]) -> io::Result<()> {
    let datagram = UnixDatagram::unbound()?;
    #[cfg(target_os = "linux")]
    if let Some(name) = socket.strip_prefix('@') {
        use std::os::linux::net::SocketAddrExt as _;
        let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
        return datagram.send_to_addr(what, &address).map(|_| ());
    }
    datagram.send_to(what, socket).map(|_| ())
}

#[expect(clippy::disallowed_methods, reason = "it is systemd's word to the process, no setting")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

// The socket in the data folder, through which other commands reach a running `up`.

/// The name of the socket in the data folder.
pub(crate) const SOCKET: &str = "wirefold.sock";

/// The file of a bound socket, which is deleted when this is dropped.
pub(super) struct Socket(PathBuf);

impl Socket {
    /// Binds the socket in the data folder. If a socket exists but nothing answers, a killed process left it.
    pub(super) async fn bind(folder: &Path) -> anyhow::Result<(Self, UnixListener)> {
        let path = folder.join(SOCKET);
        if UnixStream::connect(&path).await.is_ok() {
            let folder = folder.display();
            stop!(Bus, "another wirefold runs on {folder}: choose another with --data DIR");
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot replace {}", path.display()));
            }
            _ => {}
        }
        let listener = UnixListener::bind(&path).with_context(|| {
            let path = path.display();
            format!("cannot make the socket {path}: a shorter --data DIR may help")
        })?;
        let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, owner_only)
            .with_context(|| format!("cannot restrict {}", path.display()))?;
        Ok((Self(path), listener))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
