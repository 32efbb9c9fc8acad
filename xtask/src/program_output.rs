//! Reads the output of programs, and from it what a build depends on: the compiler's target and the time of the
//! commit.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// The target of this machine's compiler.
pub(crate) fn host() -> anyhow::Result<String> {
    let told = output(Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

/// The time of the commit, in seconds since 1970.
pub(crate) fn commit_time(root: &Path) -> anyhow::Result<String> {
    let mut git = Command::new("git");
    Ok(output(git.args(["log", "-1", "--format=%ct"]).current_dir(root))?.trim().to_owned())
}

/// The output of a command. Fails if the command fails.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output()?;
    ensure!(output.status.success(), "{command:?} failed");
    Ok(String::from_utf8(output.stdout)?)
}
