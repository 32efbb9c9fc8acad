//! `--coverage`: how much of each crate a target has reached.
//!
//! Our crates are compiled again with `-Cinstrument-coverage`, and each target writes a profile at its end.
//! This module reads it, because the tools for that do not come with the toolchain, and those of a system
//! only read profiles of its own compiler.

mod md5;
mod profile;

use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context as _;

use super::Arguments;
use crate::table::Table;
use crate::tree;

/// Compiles only the crates of the workspace with coverage.
const WRAPPER: &str = "#!/bin/sh\nexec \"$@\" -Cinstrument-coverage\n";
/// The crate with the fuzzer's random numbers.
const OWN: &str = "wirefold-score";
/// The number of crates that are listed for a target: those with the highest coverage.
const MAX_LISTED: usize = 2;

/// The number of reached regions and of all regions, by crate.
pub(super) type Coverage = BTreeMap<String, (usize, usize)>;

/// Builds this program with coverage and runs the targets.
pub(super) fn build_and_run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = tree::root().join("target/coverage");
    std::fs::create_dir_all(&folder)?;
    let wrapper = folder.join("rustc");
    std::fs::write(&wrapper, WRAPPER)?;
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755))?;
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--locked", "-p", "xtask", "--", "fuzz", "--covered"])
        .args(["--seconds", &arguments.seconds.to_string()])
        .args(["--seed", &arguments.seed.to_string()])
        .args(&arguments.targets)
        .env("RUSTC_WORKSPACE_WRAPPER", &wrapper)
        .current_dir(tree::root())
        .status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The path of a target's profile.
pub(super) fn profile_of(target: &str) -> PathBuf {
    tree::root().join("target/coverage").join(format!("{target}.profraw"))
}

/// The coverage of the workspace's crates in a profile.
pub(super) fn read(path: &Path) -> anyhow::Result<Coverage> {
    let bytes = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    let profile = profile::read(&bytes).context("no profile that is known here")?;
    let names: HashMap<u64, &str> =
        profile.names.iter().map(|name| (md5::low_half(name.as_bytes()), name.as_str())).collect();
    let mut reached = Coverage::new();
    for function in &profile.functions {
        let Some(of) = names.get(&function.name).and_then(|name| crate_of(name)) else { continue };
        let (hit, all) = reached.entry(of).or_default();
        *hit += function.counters.iter().filter(|count| **count > 0).count();
        *all += function.counters.len();
    }
    Ok(reached)
}

/// The first workspace crate in a mangled name, to which the function belongs.
fn crate_of(name: &str) -> Option<String> {
    let at = name.find("wirefold_")?;
    let digits = name[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
    let length: usize = name[at - digits..at].parse().ok()?;
    name.get(at..at + length).map(|name| name.replace('_', "-"))
}

/// A table of the coverage of each target.
pub(super) fn table(all: &[(String, Coverage)]) -> Table {
    let mut table = Table::new(&["target", "crate", "regions reached", "of all", "share"]);
    for (target, reached) in all {
        let mut crates: Vec<_> =
            reached.iter().filter(|(name, (hit, _))| *hit > 0 && *name != OWN).collect();
        crates.sort_by_key(|(_, (hit, _))| std::cmp::Reverse(*hit));
        for (name, (hit, of)) in crates.into_iter().take(MAX_LISTED) {
            let share = format!("{} %", hit * 100 / of.max(&1));
            table.row([target.clone(), name.clone(), hit.to_string(), of.to_string(), share]);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_stands_in_the_mangled_name() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(crate_of(name).as_deref(), expected, "{name}");
        };
        check("_RNvNtCs6Tz_13wirefold_feed5dates5exact", Some("wirefold-feed"));
        check("_RINvCs1_4core3minNtCs2_13wirefold_text4SpanE", Some("wirefold-text"));
        check("_RNvCs1_4core3min", None);
    }
}
