//! Runs benches in a process of their own, so that memory and time are theirs alone.

use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use wirefold_flow::UnixMillis;

/// This program with the hidden bench of this name.
pub(super) fn own_process(bench: &str) -> anyhow::Result<Command> {
    let mut child = Command::new(std::env::current_exe()?);
    child.args(["bench", bench]);
    Ok(child)
}

/// Runs a child to its end and reads its results from one line of JSON.
pub(super) fn results_of<T: DeserializeOwned>(child: &mut Command) -> anyhow::Result<T> {
    let output = child.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("the output of the child")
}

/// Runs a child through simulated time and calls `set_time` at each step of its clock. Returns the results that
/// it prints at its end.
pub(super) async fn run_simulated<T: DeserializeOwned>(
    child: Command,
    set_time: impl Fn(UnixMillis),
) -> anyhow::Result<T> {
    let mut child = tokio::process::Command::from(child);
    // As the systemd unit and the container image set it.
    child.env("MALLOC_ARENA_MAX", "1").stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = child.spawn().context("start the child")?;
    let mut lines = BufReader::new(child.stdout.take().context("its output was piped")?).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(now) = line.strip_prefix("clock ") {
            set_time(UnixMillis(now.parse()?));
            continue;
        }
        let results = serde_json::from_str(&line).context("the output of the child")?;
        // Until it has ended, it uses the data folder.
        child.wait().await?;
        return Ok(results);
    }
    bail!("the child ended: {}", child.wait().await?)
}
