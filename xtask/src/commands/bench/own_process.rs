//! Runs benches in a process of their own, so that memory and time are theirs alone.

use std::process::Command;

use anyhow::{Context, ensure};
use serde::de::DeserializeOwned;

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
