//! A child process: starts it, reads its log, checks that it is ready, starts it again, and ends it.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};
use wirefold_flow::{Backoff, Clock};

use crate::output;
use crate::telemetry::Health;

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
        self.health.expect(name);
        let mut backoff = RESTART_PAUSE;
        loop {
            let began = clock.now();
            let child = self.start()?;
            let Some(why) = self.watch(child, &stop).await else {
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

    /// Waits for the child's end. Returns why it ended by itself, or `None` if it was asked to.
    async fn watch(&self, mut child: Child, stop: &CancellationToken) -> Option<String> {
        let clock = &self.clock;
        loop {
            tokio::select! {
                status = child.wait() => return Some(match status {
                    Ok(status) => status.to_string(),
                    Err(error) => error.to_string(),
                }),
                () = stop.cancelled() => break,
                () = clock.sleep_until(clock.now().plus(READY_INTERVAL)) => self.check_readiness().await,
            }
        }
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(Err(error)) = pid.map(|pid| kill_process(pid, Signal::TERM)) {
            debug!(stage = self.name, %error, "it had ended");
        }
        let _ = child.wait().await;
        None
    }

    async fn check_readiness(&self) {
        match tokio::time::timeout(ANSWER, is_ready(self.operations)).await {
            Ok(Ok(true)) => {
                self.health.ready(self.name);
                self.was_ready.cancel();
            }
            Ok(_) => self.health.failing(self.name, "it is not ready"),
            Err(_) => self.health.failing(self.name, "it does not answer"),
        }
    }
}

async fn is_ready(operations: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(operations).await?;
    let request = format!("GET /readyz HTTP/1.0\r\nhost: {operations}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(status.ends_with(b" 200"))
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
