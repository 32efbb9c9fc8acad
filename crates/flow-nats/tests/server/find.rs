//! Finds a nats-server: named by the environment, on the PATH, or in `target/tools`, where `cargo xtask
//! tools` puts it. Used by the tests and by xtask.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that names the nats-server to use.
pub(crate) const VARIABLE: &str = "WIREFOLD_NATS_SERVER";
/// The oldest version that is new enough.
pub(crate) const OLDEST: (u64, u64) = (2, 12);

/// A nats-server that is new enough.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) version: String,
}

/// Looks for one; `root` is the repository.
pub(crate) fn find(root: &Path) -> Option<Found> {
    if let Some(named) = from_environment(VARIABLE) {
        return usable(PathBuf::from(named));
    }
    let path = from_environment("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("nats-server"));
    on_path.chain([in_tools(root)]).find_map(usable)
}

/// The path where `cargo xtask tools` puts it.
pub(crate) fn in_tools(root: &Path) -> PathBuf {
    root.join("target/tools/bin/nats-server")
}

/// The program there, if it runs and is new enough.
pub(crate) fn usable(path: PathBuf) -> Option<Found> {
    let output = Command::new(&path).arg("--version").output().ok()?;
    let version = version(&String::from_utf8_lossy(&output.stdout))?;
    Some(Found { path, version })
}

/// Reads `nats-server: v2.15.1`.
fn version(printed: &str) -> Option<String> {
    let version = printed.trim().rsplit_once('v')?.1;
    let mut numbers = version.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
    let is_new_enough = (numbers.next()?, numbers.next()?) >= OLDEST;
    is_new_enough.then(|| version.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "a tool is looked for where the environment says")]
fn from_environment(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

#[test]
fn versions_are_read_and_old_ones_refused() {
    assert_eq!(version("nats-server: v2.15.1\n").as_deref(), Some("2.15.1"));
    assert_eq!(version("nats-server: v2.12.0-RC.2").as_deref(), Some("2.12.0-RC.2"));
    for none in ["nats-server: v2.9.10", "nats-server: v2.11.99", "", "verily", "v"] {
        assert_eq!(version(none), None, "{none}");
    }
}
