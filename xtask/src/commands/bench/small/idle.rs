//! Measures the real program with nothing new to fetch.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::FEEDS;
use crate::machine::{self, Stopwatch};

/// How long a fresh start runs before it is measured. Overdue feeds are polled in the first minute.
const QUIET_TIME: Duration = Duration::from_secs(75);

/// The figures of the real program.
pub(super) struct Idle {
    /// The seconds from its start to its page.
    pub(super) ready: f64,
    /// The share of a core that it uses with its feeds.
    pub(super) watching: f64,
    /// The share that another one uses without feeds.
    pub(super) nothing: f64,
    pub(super) peak_memory: u64,
}

/// Starts `up` over the data of the simulated days, and another one without feeds.
pub(super) async fn idle(
    folder: &Path,
    data: &Path,
    address: &str,
    time: Duration,
) -> anyhow::Result<Idle> {
    let feeds = configure(folder, "feeds", data, &feeds(address))?;
    let source = folder.join("source.jsonl");
    std::fs::write(&source, "")?;
    let empty = format!("[[source]]\npath = {:?}\n", source.display().to_string());
    let none = configure(folder, "none", &folder.join("none"), &empty)?;

    let watch = Stopwatch::start();
    let watching = Up::start(&feeds).await?;
    let ready = watch.seconds();
    let nothing = Up::start(&none).await?;
    tokio::time::sleep(QUIET_TIME).await;
    let before = (watching.processor()?, nothing.processor()?);
    let measured = Stopwatch::start();
    tokio::time::sleep(time).await;
    let seconds = measured.seconds();
    Ok(Idle {
        ready,
        watching: (watching.processor()? - before.0) / seconds,
        nothing: (nothing.processor()? - before.1) / seconds,
        peak_memory: machine::peak_memory(watching.process)?,
    })
}

fn feeds(address: &str) -> String {
    let mut feeds = "[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n".to_owned();
    for number in 0..FEEDS {
        let _ = writeln!(
            feeds,
            "[[feed]]\nid = \"feed-{number:03}\"\nurl = \"{address}/{number}\"\n\
             outlet = \"paper{number:03}.example\""
        );
    }
    feeds
}

fn configure(folder: &Path, name: &str, data: &Path, rest: &str) -> anyhow::Result<PathBuf> {
    let path = folder.join(format!("{name}.toml"));
    let data = format!("data = {:?}\n", data.display().to_string());
    std::fs::write(&path, data + rest)?;
    Ok(path)
}

/// A running `up`. It is killed when it is dropped.
struct Up {
    process: u32,
    _child: Child,
}

impl Up {
    /// Returns once it has printed the address of its page.
    async fn start(config: &Path) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?.with_file_name("wirefold");
        let mut up = Command::new(&program);
        up.arg("up").arg("--config").arg(config);
        up.args(["--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"]);
        up.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = up.spawn().with_context(|| format!("run {}", program.display()))?;
        let process = child.id().context("it runs")?;
        let mut talk = BufReader::new(child.stderr.take().context("it was piped")?).lines();
        let mut said = String::new();
        while let Some(line) = talk.next_line().await? {
            if line.contains(" · page http://") {
                // Its output must be read, or it would wait.
                tokio::spawn(async move { while let Ok(Some(_)) = talk.next_line().await {} });
                return Ok(Self { process, _child: child });
            }
            said = said + &line + "\n";
        }
        bail!("{} up ended: {}\n{said}", program.display(), child.wait().await?)
    }

    fn processor(&self) -> anyhow::Result<f64> {
        machine::processor_seconds(self.process)
    }
}
