//! A nats-server for one measurement, and processes whose processor time is counted.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

use crate::machine;
use crate::nats_server::Found;
use crate::port;

/// How often to check whether a process has ended.
const CHECK_INTERVAL: Duration = Duration::from_millis(1);

/// A process that is killed when the value is dropped.
pub(in crate::commands::bench) struct MeasuredProcess {
    pub(super) name: String,
    child: Child,
    /// The processor time at the beginning of the measurement.
    began: f64,
}

impl MeasuredProcess {
    /// Starts it and waits until it prints a line with this text.
    pub(in crate::commands::bench) fn start(
        name: &str,
        mut command: Command,
        ready: &str,
    ) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("start {name}"))?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (sender, lines) = std::sync::mpsc::channel();
        let streams: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(out.context("it is piped")?), Box::new(err.context("it is piped")?)];
        for stream in streams {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        drop(sender);
        let mut said = Vec::new();
        loop {
            let line =
                lines.recv().with_context(|| format!("{name} ended: {}", said.join("\n")))?;
            let is_ready = line.contains(ready);
            said.push(line);
            if is_ready {
                break;
            }
        }
        Ok(Self { name: name.to_owned(), child, began: 0.0 })
    }

    /// Begins the measurement.
    pub(super) fn begin(&mut self) -> anyhow::Result<()> {
        self.began = machine::processor_seconds(self.child.id())?;
        Ok(())
    }

    /// Returns once it has ended by itself.
    pub(super) async fn wait_for_end(&mut self) -> anyhow::Result<()> {
        // It is not waited for, because its processor time is read after its end.
        let is_over =
            |stat: &str| stat.rsplit_once(") ").is_some_and(|(_, it)| it.starts_with('Z'));
        let path = format!("/proc/{}/stat", self.child.id());
        while !is_over(&std::fs::read_to_string(&path)?) {
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
        Ok(())
    }

    /// The processor seconds since the beginning, also of a process that has ended.
    pub(super) fn processor_seconds(&self) -> anyhow::Result<f64> {
        Ok(machine::processor_seconds(self.child.id())? - self.began)
    }
}

impl Drop for MeasuredProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address of a server with its own store in a folder, and the command to start it. `settings` are lines
/// of its configuration.
pub(in crate::commands::bench) fn server_command(
    found: &Found,
    folder: &Path,
    settings: &str,
) -> anyhow::Result<(String, Command)> {
    std::fs::create_dir_all(folder)?;
    let port = port::free();
    let path = folder.join("nats.conf");
    std::fs::write(&path, format!("listen: \"127.0.0.1:{port}\"\n{settings}"))?;
    let mut command = Command::new(&found.path);
    command.arg("-c").arg(path);
    Ok((format!("nats://127.0.0.1:{port}"), command))
}

/// When the server writes acknowledged messages to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sync {
    /// Before it acknowledges, as we ship it.
    Always,
    /// Every two minutes, the server's default.
    Default,
}

impl Sync {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Always => "sync always",
            Self::Default => "sync default",
        }
    }
}

/// A server with its own store.
pub(super) struct Server {
    pub(super) part: MeasuredProcess,
    pub(super) url: String,
}

impl Server {
    pub(super) fn start(found: &Found, folder: &Path, sync: Sync) -> anyhow::Result<Self> {
        let store = folder.join("store");
        let always = if sync == Sync::Always { ", sync_interval: always" } else { "" };
        let settings = format!("jetstream {{ store_dir: {store:?}, max_file: 1TB{always} }}\n");
        let (url, command) = server_command(found, folder, &settings)?;
        let part = MeasuredProcess::start("nats-server", command, "Server is ready")?;
        Ok(Self { part, url })
    }
}
