//! The packages in the binary, as cargo lists them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde::Deserialize;

use crate::program_output::output;

/// The package of the product.
pub(super) const PRODUCT: &str = "wirefold";

/// One package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    /// An SPDX expression. Empty if its manifest has none.
    pub(super) licence: String,
    /// The registry. `None` for packages of the workspace.
    pub(super) source: Option<String>,
    /// The SHA-256 of its file in the lock file. `None` for packages of the workspace.
    pub(super) checksum: Option<String>,
    pub(super) repository: Option<String>,
    /// Whether its code is in the binary. Otherwise it only runs during the build.
    pub(super) is_in_binary: bool,
    /// Its dependencies by name and version.
    pub(super) builds_on: BTreeSet<(String, String)>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Manifest>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Manifest {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
    repository: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

impl Edge {
    fn ships(&self) -> bool {
        self.dep_kinds.iter().any(|it| it.kind.as_deref() != Some("dev"))
    }
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

/// The packages from which the binary for a target is built, including those of the workspace, by name and
/// version.
pub(crate) fn shipped(root: &Path, target: &str) -> anyhow::Result<Vec<Package>> {
    let built = list_packages(root, target, "normal,build")?;
    let in_binary = list_packages(root, target, "normal,no-proc-macro")?;
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", target]);
    let metadata: Metadata = serde_json::from_str(&output(cargo.current_dir(root))?)?;
    let lock = fs::read_to_string(root.join("Cargo.lock")).context("no Cargo.lock")?;
    let lock: Lock = toml::from_str(&lock)?;
    let checksums: BTreeMap<_, _> =
        lock.package.into_iter().map(|it| ((it.name, it.version), it.checksum)).collect();
    let key = |it: &Manifest| (it.name.clone(), it.version.clone());
    let by_id: BTreeMap<_, _> = metadata.packages.iter().map(|it| (&it.id, key(it))).collect();
    let edges: BTreeMap<_, _> =
        metadata.resolve.nodes.iter().map(|it| (&it.id, &it.deps)).collect();
    let package = |manifest: &Manifest| {
        let edges = edges.get(&manifest.id).into_iter().copied().flatten();
        let keys =
            edges.filter(|edge| edge.ships()).filter_map(|edge| by_id.get(&edge.pkg).cloned());
        Package {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            licence: manifest.license.clone().unwrap_or_default(),
            source: manifest.source.clone(),
            checksum: checksums.get(&key(manifest)).cloned().flatten(),
            repository: manifest.repository.clone(),
            is_in_binary: in_binary.contains(&key(manifest)),
            // The metadata has the edges of all features of the workspace.
            builds_on: keys.filter(|other| built.contains(other)).collect(),
        }
    };
    let shipped = metadata.packages.iter().filter(|it| built.contains(&key(it)));
    let mut packages: Vec<Package> = shipped.map(package).collect();
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(packages)
}

/// The packages over some kinds of edges, with the product's features.
fn list_packages(
    root: &Path,
    target: &str,
    edges: &str,
) -> anyhow::Result<BTreeSet<(String, String)>> {
    let mut cargo = Command::new("cargo");
    cargo.args(["tree", "--locked", "--prefix", "none", "--format", "{p}", "--package", PRODUCT]);
    cargo.args(["--target", target, "--edges", edges]);
    let told = output(cargo.current_dir(root))?;
    let key = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.trim_start_matches('v').to_owned()))
    };
    Ok(told.lines().filter_map(key).collect())
}
