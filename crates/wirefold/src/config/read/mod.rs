//! Turns the tree into settings and reports every mistake in it.
//!
//! serde stops at the first mistake. So this module notes the mistake, removes the wrong value from the tree, and
//! reads the tree again, until there is no mistake.

mod error;
mod node;

use std::collections::BTreeSet;
use std::fmt;

use serde::de::DeserializeOwned;

use self::error::{Kind, ReadError};
use self::node::{NodeReader, Path};
use super::origin::Origin;
use super::problem::{Problem, suggestion};
use super::reference;
use super::tree::Node;

/// The most mistakes that are reported at once. The tree is read again for each.
const MAX_MISTAKES: usize = 50;

/// The settings as far as they can be read.
pub(super) struct Partial<T> {
    /// The settings without the values that are wrong. `None` if there are more than [`MAX_MISTAKES`].
    pub(super) settings: Option<T>,
    pub(super) problems: Vec<Problem>,
    /// The top-level keys that are wrong, or that have something wrong below them.
    pub(super) broken: BTreeSet<String>,
}

/// Reads the settings, which must have no mistake. Removes wrong values from `tree`.
pub(super) fn read<T: DeserializeOwned>(tree: &mut Node) -> Result<T, Vec<Problem>> {
    match read_partial(tree) {
        Partial { settings: Some(settings), problems, .. } if problems.is_empty() => Ok(settings),
        Partial { problems, .. } => Err(problems),
    }
}

/// Reads the settings that have no mistake. Removes wrong values from `tree`.
pub(super) fn read_partial<T: DeserializeOwned>(tree: &mut Node) -> Partial<T> {
    let (mut problems, mut broken) = (Vec::new(), BTreeSet::new());
    for _ in 0..MAX_MISTAKES {
        let path = Path::Root;
        let error = match T::deserialize(NodeReader { node: tree, path: &path }) {
            Ok(settings) => return Partial { settings: Some(settings), problems, broken },
            Err(error) => error,
        };
        let keys = error.path.clone().unwrap_or_default();
        problems.extend(problem_of(&error, &keys, tree));
        broken.extend(keys.first().cloned());
        tree.break_at(&keys);
    }
    Partial { settings: None, problems, broken }
}

/// The problem to report for a mistake. `None` if it only follows from a mistake that was reported.
fn problem_of(error: &ReadError, path: &[String], tree: &Node) -> Option<Problem> {
    let node = tree.at_path(path);
    let (named, at) = find_origins(path, tree);
    let key = path.join(".");
    Some(match &error.kind {
        Kind::Unknown { name, known } => {
            let parent = &path[..path.len().saturating_sub(1)];
            let within = match parent {
                [] => String::new(),
                _ => format!(" in {}", header(parent)),
            };
            Problem::new(
                named,
                format!("unknown key `{name}`{within}; {}", suggestion(name, known)),
            )
        }
        Kind::Missing(name) => {
            if node.and_then(|node| node.at_path(&[(*name).to_owned()])).is_some() {
                return None;
            }
            let example = reference::example(&format!("{key}.{name}"));
            Problem::new(
                named,
                format!("{} has no `{name}`; write {name} = {example}", header(path)),
            )
        }
        Kind::Variant { name, known } => {
            let names: Vec<String> = known.iter().map(|word| format!("\"{word}\"")).collect();
            let near = super::problem::nearest(name, known.iter().copied());
            let near = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
            let what = format!("`{key}`: {name:?} is none of {}{near}", names.join(", "));
            Problem::new(at, what)
        }
        Kind::Type { found } => Problem::new(at, Expected { key: &key, path, found }.to_string()),
        Kind::Other(what) => {
            let example = reference::example(&key);
            let name = name(path);
            Problem::new(at, format!("`{key}`: {what}; for example {name} = {example}"))
        }
    })
}

/// The origins of a key and of its value, or those of the nearest node around them.
fn find_origins(path: &[String], tree: &Node) -> (Origin, Origin) {
    let around = (0..=path.len()).rev().find_map(|end| tree.at_path(&path[..end]));
    let node = around.unwrap_or(tree);
    (node.named.clone(), node.at.clone())
}

/// The last name on a path. For an element of a list, the name of the list.
fn name(path: &[String]) -> &str {
    let is_name = |key: &&String| key.parse::<usize>().is_err();
    path.iter().rev().find(is_name).map_or("", String::as_str)
}

/// The header of a table in a file.
fn header(path: &[String]) -> String {
    match path {
        [list, index] if index.parse::<usize>().is_ok() => format!("[[{list}]]"),
        [] => "the file".to_owned(),
        _ => format!("[{}]", path.join(".")),
    }
}

/// A value of the wrong type.
struct Expected<'a> {
    key: &'a str,
    path: &'a [String],
    found: &'a str,
}

impl fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, path, found } = self;
        match reference::row(key) {
            Some(row) => {
                let (name, example) = (name(path), row.example());
                write!(f, "`{key}`: expected {}, found {found}; ", row.kind)?;
                write!(f, "for example {name} = {example}")
            }
            None => write!(f, "`{key}`: expected {}, found {found}", reference::shape(key)),
        }
    }
}
