//! All stages in one process: starts, watches and drains them.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::anyhow;
use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::serve;
use super::signals::{Signals, StopSignal};
use crate::config::Config;
use crate::exit::Exit;
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

/// How a process ended.
pub(super) enum End {
    /// It was asked to, and all work was finished.
    Drained,
    /// It was asked to, but not all work was finished in time, or it was asked twice. The rest is done at the
    /// next start.
    CutShort(StopSignal),
    /// A stage failed.
    Failed(anyhow::Error),
}

impl End {
    /// The exit code.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Drained | Self::CutShort(StopSignal::Terminate) => Exit::Ok,
            Self::CutShort(StopSignal::Interrupt) => Exit::Interrupted,
            Self::Failed(_) => Exit::Bus,
        }
    }
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

    /// Serves a router until `stop`.
    pub(super) fn serve(&mut self, name: &'static str, listener: TcpListener, router: Router) {
        let stop = self.stop.clone();
        self.start(name, async move {
            serve::tcp(listener, router, stop).await;
            Ok(())
        });
    }

    /// Serves a router on the socket in the data folder until `stop`.
    pub(super) fn serve_socket(&mut self, listener: tokio::net::UnixListener, router: Router) {
        let stop = self.stop.clone();
        self.start("socket", async move {
            serve::unix(listener, router, stop).await;
            Ok(())
        });
    }

    /// Waits for a signal or a failure, then for all tasks.
    pub(super) async fn run(mut self, mut signals: Signals) -> End {
        let asked = tokio::select! {
            asked = signals.next() => asked,
            ended = self.next_end() => return self.fail(ended).await,
        };
        output::note("");
        tracing::info!(?asked, "draining");
        self.stop.cancel();
        tokio::select! {
            () = self.drained() => End::Drained,
            _ = signals.next() => End::CutShort(asked),
            () = tokio::time::sleep(GRACE) => {
                tracing::warn!(
                    seconds = GRACE.as_secs(),
                    "some messages were not finished in time: the next start handles them again"
                );
                End::CutShort(asked)
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

    async fn fail(mut self, error: anyhow::Error) -> End {
        self.stop.cancel();
        let _ = tokio::time::timeout(GRACE, self.drained()).await;
        End::Failed(error)
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
    /// Serves health and metrics at this address. Nothing is ready before the bus is.
    pub(super) async fn start(config: &Config, telemetry: &Telemetry) -> anyhow::Result<Self> {
        let listen = config.operations.listen;
        let health = Health::new(telemetry.loops.clone());
        health.expect(BUS);
        let mut process = Process::new();
        let port = bind("operations port", "--operations", listen).await?;
        let operations = port.local_addr()?;
        let router = operations_router(telemetry.clone(), health.clone(), &config.hosts());
        process.serve("operations port", port, router);
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
