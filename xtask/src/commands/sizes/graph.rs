//! The number of crates and the size of the binary.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::binary::Binary;
use crate::tree;

/// Packages in the lock file, including all platforms, tests and tools.
pub(super) fn locked() -> anyhow::Result<String> {
    let lock = fs::read_to_string(tree::root().join("Cargo.lock")).context("no Cargo.lock")?;
    Ok(lock.lines().filter(|line| *line == "[[package]]").count().to_string())
}

/// The number of crates in this package's binary on this platform, including itself.
pub(super) fn shipped(package: &str) -> anyhow::Result<String> {
    let output = Command::new("cargo")
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package])
        .current_dir(tree::root())
        .output()
        .context("cannot start cargo tree")?;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "cargo tree of {package}: {complaint}");
    // The second occurrence of a crate in the tree is marked `(*)`.
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let crates: BTreeSet<&str> = listed.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    Ok(crates.len().to_string())
}

/// Code and data of the shipped binary beside the folder that this program was built into.
pub(super) fn binary() -> [String; 2] {
    let own = std::env::current_exe().ok();
    let target = own.as_deref().and_then(|own| own.parent()?.parent());
    let name = format!("wirefold{}", std::env::consts::EXE_SUFFIX);
    let binary = target.map(|target| Binary::read(&target.join("dist").join(name)));
    match binary {
        Some(Ok(binary)) => binary.in_megabytes(),
        _ => ["not built: cargo build --profile dist".into(), String::new()],
    }
}
