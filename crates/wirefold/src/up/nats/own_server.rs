//! Starts the server of `up --nats` while no stage runs, for a command that must have it alone.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::folder;
use super::server::{NAME, Server, own_bus};
use crate::config::BusConfig;
use crate::exit::{Exit, Stop};

/// A server for this process alone. It ends with this process at the latest.
pub(crate) struct OwnServer {
    child: Child,
    /// How to connect to it.
    pub(crate) bus: BusConfig,
    _lock: File,
}

impl OwnServer {
    /// Starts the server over the data folder of an `up --nats` that does not run.
    ///
    /// # Errors
    /// Exit code 4 if `up --nats` runs there, or no server can be started.
    pub(crate) fn start(data: &Path) -> anyhow::Result<Self> {
        let lock = lock(data, "stop it first")?;
        let server = Server::prepare(data)?;
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let child = Command::new(program)
            .args([NAME.as_ref(), server.program.as_os_str(), server.folder.as_os_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the NATS server")?;
        let bus = own_bus(data).context("the NATS server's configuration cannot be read")?;
        Ok(Self { child, bus, _lock: lock })
    }

    /// Ends the server and waits for its end.
    pub(crate) async fn stop(mut self) {
        let pid = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(Err(error)) = pid.map(|pid| kill_process(pid, Signal::TERM)) {
            tracing::debug!(%error, "the server had ended");
        }
        let _ = self.child.wait().await;
    }
}

/// Locks the data folder for one run. If another run has the lock, the error contains the advice.
pub(super) fn lock(data: &Path, advice: &str) -> anyhow::Result<File> {
    let path = folder(data)?.join("up.lock");
    let file = File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let data = data.display();
            let what = format!("another `wirefold up --nats` runs on {data}: {advice}");
            Err(Stop::new(Exit::Bus, what).into())
        }
        Err(TryLockError::Error(error)) => Err(error).context("cannot take the lock"),
    }
}
