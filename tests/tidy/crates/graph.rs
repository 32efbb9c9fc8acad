//! The dependency graph of the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Finding, line_where, tree};

/// All crates by name. Versions of one crate count as one: the rules are about names.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) crates: BTreeMap<String, Crate>,
}

#[derive(Debug, Default)]
pub(super) struct Crate {
    /// Relative to the root of the repository, for a member of the workspace.
    pub(super) folder: Option<String>,
    /// The text of its Cargo.toml, for a real member.
    manifest: String,
    /// The dependencies of the shipped code.
    pub(super) normal: BTreeSet<String>,
    /// The additional dependencies of its tests and build script.
    pub(super) other: BTreeSet<String>,
}

impl Graph {
    /// The graph for this platform, from the lock file as it is.
    pub(super) fn read() -> Graph {
        let metadata = metadata(&["--offline"]).or_else(|| metadata(&[]));
        let metadata =
            metadata.expect("cargo metadata --locked: if Cargo.lock is behind, run cargo check");
        Graph::of(&metadata)
    }

    /// The graph in what `cargo metadata` prints.
    fn of(metadata: &Value) -> Graph {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (packages, members) =
            (list(&metadata["packages"]), list(&metadata["workspace_members"]));
        let package =
            |id: &Value| packages.iter().find(|it| it["id"] == *id).unwrap_or(&Value::Null);
        let mut graph = Graph::default();
        for node in list(&metadata["resolve"]["nodes"]) {
            let krate = graph.crates.entry(text(&package(&node["id"])["name"])).or_default();
            let path = text(&package(&node["id"])["manifest_path"]);
            let manifest = Path::new(&path).strip_prefix(text(&metadata["workspace_root"]));
            if members.contains(&node["id"])
                && let Ok(manifest) = manifest
            {
                let folder = manifest.parent();
                krate.folder = folder.map(|it| it.to_string_lossy().replace('\\', "/"));
                krate.manifest = fs::read_to_string(&path).unwrap_or_default();
            }
            for dependency in list(&node["deps"]) {
                // The code that is shipped needs those without a kind.
                let is_normal =
                    list(&dependency["dep_kinds"]).iter().any(|info| info["kind"].is_null());
                let kind = if is_normal { &mut krate.normal } else { &mut krate.other };
                kind.insert(text(&package(&dependency["pkg"])["name"]));
            }
        }
        graph
    }

    /// A graph of invented members: name, folder (or none), normal dependencies.
    pub(super) fn planted(crates: &[(&str, &str, &[&str])]) -> Graph {
        let made = crates.iter().map(|(name, folder, normal)| {
            let krate = Crate {
                folder: (!folder.is_empty()).then(|| (*folder).to_owned()),
                normal: normal.iter().map(|dependency| (*dependency).to_owned()).collect(),
                ..Crate::default()
            };
            ((*name).to_owned(), krate)
        });
        Graph { crates: made.collect() }
    }

    /// Our own crates, with their folders.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &str, &Crate)> {
        self.crates.iter().filter_map(|(name, krate)| {
            krate.folder.as_deref().map(|folder| (name.as_str(), folder, krate))
        })
    }

    /// All dependencies of the crate's shipped code, including itself.
    pub(super) fn builds_on<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::from([name]);
        let mut waiting = vec![name];
        while let Some(next) = waiting.pop() {
            let dependencies = self.crates.get(next).into_iter().flat_map(|krate| &krate.normal);
            for dependency in dependencies {
                if reached.insert(dependency) {
                    waiting.push(dependency);
                }
            }
        }
        reached
    }

    /// A finding in the manifest of a member, at the line of the dependency if it is direct.
    pub(super) fn finding(
        &self,
        member: &str,
        dependency: &str,
        what: String,
        remedy: &str,
    ) -> Finding {
        let krate = self.crates.get(member);
        let folder = krate.and_then(|krate| krate.folder.as_deref());
        let path = folder.map_or("Cargo.lock".into(), |folder| format!("{folder}/Cargo.toml"));
        let manifest = krate.map_or("", |krate| &krate.manifest);
        let line = line_where(manifest, |line| line.starts_with(dependency));
        Finding::new(path, line, what, remedy)
    }
}

/// The output of `cargo metadata`, if it succeeds.
fn metadata(more: &[&str]) -> Option<Value> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(tree::root()).args(["metadata", "--format-version=1", "--locked"]);
    // Only crates of this platform. Those of others may never have been fetched.
    let output = cargo.arg(format!("--filter-platform={}", host())).args(more).output().ok()?;
    output.status.success().then(|| serde_json::from_slice(&output.stdout).ok())?
}

/// The platform that `rustc` builds for.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc is on the path");
    let told = String::from_utf8_lossy(&output.stdout);
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc -vV names its host").to_owned()
}
