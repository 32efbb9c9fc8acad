//! A nats-server for one measurement, and processes beside it whose processor time is counted.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

use crate::commands::bench::machine;
use crate::nats_server::Found;
use crate::port;

/// How often it is looked whether a process has ended.
const LOOK: Duration = Duration::from_millis(1);

/// A process that ends with this value.
pub(in crate::commands::bench) struct Part {
    pub(super) name: String,
    child: Child,
    /// The processor time at which counting began.
    began: f64,
}

impl Part {
    /// Starts it, and waits until it says a line with this on the stream that it talks on.
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

    /// Counts from now on.
    pub(super) fn begin(&mut self) -> anyhow::Result<()> {
        self.began = machine::processor_seconds(self.child.id())?;
        Ok(())
    }

    /// Returns once it has ended by itself.
    pub(super) async fn ended(&mut self) -> anyhow::Result<()> {
        // Its processor time is read once it has ended, so it is not waited for.
        let is_over =
            |stat: &str| stat.rsplit_once(") ").is_some_and(|(_, it)| it.starts_with('Z'));
        let path = format!("/proc/{}/stat", self.child.id());
        while !is_over(&std::fs::read_to_string(&path)?) {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// The processor seconds since; also of one that has ended and was not waited for.
    pub(super) fn used(&self) -> anyhow::Result<f64> {
        Ok(machine::processor_seconds(self.child.id())? - self.began)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address of a server with a store of its own in a folder, and how to start it; `settings` are lines of its
/// configuration.
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

/// When the server writes what it acknowledged to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sync {
    /// Before it acknowledges: what we ship.
    Always,
    /// Every two minutes: its own default.
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

/// A server with a store of its own.
pub(super) struct Server {
    pub(super) part: Part,
    pub(super) url: String,
}

impl Server {
    pub(super) fn start(found: &Found, folder: &Path, sync: Sync) -> anyhow::Result<Self> {
        let store = folder.join("store");
        let always = if sync == Sync::Always { ", sync_interval: always" } else { "" };
        let settings = format!("jetstream {{ store_dir: {store:?}, max_file: 1TB{always} }}\n");
        let (url, command) = server_command(found, folder, &settings)?;
        let part = Part::start("nats-server", command, "Server is ready")?;
        Ok(Self { part, url })
    }
}
