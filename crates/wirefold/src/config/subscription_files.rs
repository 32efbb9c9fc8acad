//! Subscription files: `subscriptions.d/*.toml` beside each settings file. A file with a mistake is left out;
//! the others are read.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::origin::{Origin, SourceLocation};
use super::problem::Problem;
use super::tree::{Node, Value};
use super::{SubscriptionConfig, read, settings_file};

/// The folder beside a settings file.
const FOLDER: &str = "subscriptions.d";
/// The only key of such a file.
const KEY: &str = "subscription";

/// The contents of such a file. It is read alone to find its mistakes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscriptions {
    #[serde(default)]
    #[expect(dead_code, reason = "only whether it reads well is asked")]
    subscription: Vec<SubscriptionConfig>,
}

/// Adds the subscriptions of all such files beside `files` to the tree, in order of names, except the files
/// in `left_out`. Returns the mistakes.
pub(super) fn add(tree: &mut Node, files: &[PathBuf], left_out: &BTreeSet<String>) -> Vec<Problem> {
    let folders: BTreeSet<PathBuf> = files.iter().map(|file| folder_of(file)).collect();
    let mut problems = Vec::new();
    for path in folders.iter().flat_map(|folder| settings_file::names(folder, "toml")) {
        if left_out.contains(&settings_file::display_path(&path)) {
            continue;
        }
        match subscriptions(&path) {
            Ok(nodes) => append(tree, nodes),
            Err(found) => problems.extend(found),
        }
    }
    problems
}

/// The subscription file of a mistake. `None` if it is elsewhere.
pub(super) fn file_of(problem: &Problem) -> Option<String> {
    let Origin::File(SourceLocation { file, .. }) = &problem.at else { return None };
    let folder = Path::new(&**file).parent().and_then(Path::file_name);
    (folder == Some(OsStr::new(FOLDER))).then(|| file.to_string())
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(FOLDER)
}

fn subscriptions(path: &Path) -> Result<Vec<Node>, Vec<Problem>> {
    let Some(mut tree) = settings_file::read_file(path, true)? else { return Ok(Vec::new()) };
    let list = tree.at_path(&[KEY.to_owned()]).cloned();
    read::read::<Subscriptions>(&mut tree)?;
    Ok(match list.map(|node| node.value) {
        Some(Value::List(nodes)) => nodes,
        _ => Vec::new(),
    })
}

fn append(tree: &mut Node, nodes: Vec<Node>) {
    if nodes.is_empty() {
        return;
    }
    match tree.entry_mut(KEY) {
        Some(Node { value: Value::List(all), .. }) => all.extend(nodes),
        // The value there is wrong and is reported.
        Some(_) => {}
        None => {
            let list = Node::new(nodes[0].named.clone(), Value::List(nodes));
            tree.put(&[KEY.to_owned()], list);
        }
    }
}
