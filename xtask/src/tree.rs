//! The folder of the repository, the folder of builds, and Cargo in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde::de::DeserializeOwned;

/// The folder with the workspace's manifest.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_owned)
}

/// The paths in a folder, sorted.
pub(crate) fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

/// The values in the lines of a file of JSON. Errors name the line.
pub(crate) fn json_lines<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let (shown, text) = (path.display(), read(path)?);
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let value =
        |(at, line)| serde_json::from_str(line).with_context(|| format!("{shown}:{}", at + 1));
    lines.map(value).collect()
}

/// The folder in which Cargo puts builds: `target`, or the one that the environment names.
pub(crate) fn builds() -> anyhow::Result<PathBuf> {
    builds_of(&std::env::current_exe()?)
}

/// The folder with the folder of a profile that has this program.
fn builds_of(program: &Path) -> anyhow::Result<PathBuf> {
    let folder = program.parent().and_then(Path::parent).context("no folder of what is built")?;
    Ok(folder.to_owned())
}

/// The variables with which `cargo run` describes the package of this program, and for which the build script of ring asks.
const OWN_PACKAGE: [&str; 6] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Cargo in the folder of the repository, with the environment in which people call it. With another one it would compile
/// ring anew, and everything that depends on it, and so would their next call.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(root());
    for name in OWN_PACKAGE {
        command.env_remove(name);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_hears_nothing_of_the_package_of_this_program() {
        let command = cargo(&["build"]);
        let removed = |name: &str| command.get_envs().any(|it| it == (name.as_ref(), None));
        assert!(removed("CARGO_PKG_NAME") && removed("CARGO_MANIFEST_DIR"));
    }

    #[test]
    fn builds_are_where_this_program_was_built() {
        let builds = builds_of(Path::new("/elsewhere/builds/debug/xtask")).unwrap();
        assert_eq!(builds, Path::new("/elsewhere/builds"));
    }
}
