//! Checks that every Cargo.toml follows the workspace: one table of dependencies, one of lints.

use toml::{Table, Value};

use super::tree::{File, Tree};
use super::{Finding, assert_none, line_where, places_of, planted, real_tree};

const ROOT: &str = "Cargo.toml";
const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

fn manifest_faults(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(ROOT)) {
        let table: Table =
            file.text.parse().unwrap_or_else(|error| panic!("{}:1: {error}", file.path));
        if file.path == ROOT {
            findings.extend(shared_with_defaults(file, &table));
        } else {
            findings.extend(own_lints(file, &table));
            findings.extend(other_name(file, &table));
            findings.extend(own_dependencies(file, &table));
        }
    }
    findings
}

/// Dependencies of the workspace that bring their default features. Our own crates have none.
fn shared_with_defaults(file: &File, root: &Table) -> Vec<Finding> {
    let spared = |given: &Value| {
        given.get("path").is_some() || given.get("default-features") == Some(&false.into())
    };
    let faulty =
        entries(at(root, &["workspace", "dependencies"])).filter(|(_, given)| !spared(given));
    let to_finding = |(name, _): (&String, &Value)| {
        let remedy = "add `default-features = false` and name the features that are used";
        finding(file, name, format!("`{name}` brings its default features"), remedy)
    };
    faulty.map(to_finding).collect()
}

/// Dependencies that a member declares by itself, or for which it turns default features on.
fn own_dependencies(file: &File, member: &Table) -> Vec<Finding> {
    let platforms = entries(member.get("target")).filter_map(|(_, platform)| platform.as_table());
    let tables: Vec<&Table> = [member].into_iter().chain(platforms).collect();
    let kinds = tables.iter().flat_map(|table| KINDS.map(|kind| table.get(kind)));
    let mut findings = Vec::new();
    for (name, given) in kinds.flat_map(entries) {
        if given.get("workspace") != Some(&true.into()) {
            let remedy = "put it into [workspace.dependencies] and write `workspace = true` here";
            findings.push(finding(file, name, format!("`{name}` is stated apart"), remedy));
        }
        if given.get("default-features") == Some(&true.into()) {
            let what = format!("`{name}` turns the default features on");
            findings.push(finding(file, name, what, "name the features that are used"));
        }
    }
    findings
}

fn own_lints(file: &File, member: &Table) -> Option<Finding> {
    let shares = at(member, &["lints", "workspace"]) == Some(&true.into());
    let what = "the lints of the workspace are not used";
    (!shares)
        .then(|| finding(file, "[lints]", what.into(), "write `[lints]` and `workspace = true`"))
}

/// A folder must have the name of its package without `wirefold-`.
fn other_name(file: &File, member: &Table) -> Option<Finding> {
    let name = at(member, &["package", "name"]).and_then(Value::as_str).unwrap_or_default();
    let folder = file.path.rsplit('/').nth(1).unwrap_or_default();
    let expected = match folder {
        "wirefold" | "xtask" => folder.to_owned(),
        library => format!("wirefold-{library}"),
    };
    let what = format!("the package in {folder}/ is called {name}, not {expected}");
    (name != expected).then(|| finding(file, "name", what, "give one of the two the other's name"))
}

/// A finding at the first line that begins with `start`.
fn finding(file: &File, start: &str, what: String, remedy: &str) -> Finding {
    Finding::new(&file.path, line_where(&file.text, |line| line.starts_with(start)), what, remedy)
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, name| value.get(*name))
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_table).into_iter().flatten()
}

#[test]
fn manifests_share_one_workspace() {
    assert_none(&manifest_faults(&real_tree()));
}

#[track_caller]
fn check(path: &str, text: &str, expected: &[&str]) {
    let findings = manifest_faults(&planted(&[(path, text)]));
    assert_eq!(places_of(&findings), expected, "{findings:#?}");
}

#[test]
fn finds_planted_default_features() {
    let root = "\
[workspace.dependencies]\n\
ours = { path = \"crates/ours\", version = \"0.1.0\" }\n\
good = { version = \"1\", default-features = false }\n\
bare = \"1\"\n\
open = { version = \"1\", features = [\"std\"] }\n";
    check("Cargo.toml", root, &["Cargo.toml:4", "Cargo.toml:5"]);
}

#[test]
fn finds_planted_member_faults() {
    let head = "[package]\nname = \"wirefold-text\"\n[lints]\nworkspace = true\n";
    check("crates/text/Cargo.toml", head, &[]);
    check("crates/word/Cargo.toml", head, &["crates/word/Cargo.toml:2"]);
    check("xtask/Cargo.toml", "[package]\nname = \"xtask\"\n", &["xtask/Cargo.toml:1"]);

    let dependencies = "\
[dependencies]\n\
good = { workspace = true, features = [\"std\"] }\n\
apart = { version = \"1\", default-features = false }\n\
[target.'cfg(unix)'.dependencies]\n\
nix = \"1\"\n\
[dev-dependencies]\n\
open = { workspace = true, default-features = true }\n";
    let member = format!("{head}{dependencies}");
    let path = "crates/text/Cargo.toml";
    let [stated, for_unix, open] = [7, 9, 11].map(|line| format!("{path}:{line}"));
    check(path, &member, &[&stated, &open, &for_unix]);
}
