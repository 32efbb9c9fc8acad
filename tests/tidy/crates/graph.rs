//! The dependency graph of the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

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
        let metadata = metadata(&["--offline"]).or_else(|_| metadata(&[]));
        let metadata =
            metadata.expect("cargo metadata --locked: if Cargo.lock is behind, run cargo check");
        Graph::of(&metadata)
    }

    fn of(metadata: &Metadata) -> Graph {
        let mut graph = Graph::default();
        let resolve = metadata.resolve.as_ref().expect("metadata without --no-deps has a graph");
        for node in &resolve.nodes {
            let package = &metadata[&node.id];
            let krate = graph.crates.entry(package.name.to_string()).or_default();
            let manifest = package.manifest_path.strip_prefix(&metadata.workspace_root);
            if metadata.workspace_members.contains(&node.id)
                && let Ok(manifest) = manifest
            {
                krate.folder = manifest.parent().map(|folder| folder.as_str().replace('\\', "/"));
                krate.manifest = fs::read_to_string(&package.manifest_path).unwrap_or_default();
            }
            for dependency in &node.deps {
                let name = metadata[&dependency.pkg].name.to_string();
                let ships =
                    |info: &cargo_metadata::DepKindInfo| info.kind == DependencyKind::Normal;
                let is_normal = dependency.dep_kinds.iter().any(ships);
                let kind = if is_normal { &mut krate.normal } else { &mut krate.other };
                kind.insert(name);
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

fn metadata(more: &[&str]) -> cargo_metadata::Result<Metadata> {
    // Only crates of this platform. Those of others may never have been fetched.
    let mut options = vec!["--locked".to_owned(), format!("--filter-platform={}", host())];
    options.extend(more.iter().map(|option| (*option).to_owned()));
    MetadataCommand::new().current_dir(tree::root()).other_options(options).exec()
}

/// The platform that `rustc` builds for.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc is on the path");
    let told = String::from_utf8_lossy(&output.stdout);
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc -vV names its host").to_owned()
}
