//! The layers of a configuration, from the lowest: the defaults, the file of the machine, the file of the
//! user, the file of this run, the environment, flags.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::origin::Origin;
use super::problem::{Problem, suggestion};
use super::reference;
use super::renamed::{self, RENAMED};
use super::subscription_files;
use super::toml_tree;
use super::tree::{Node, Value};

/// The name of the file in the working folder and in `~/.config/wirefold`.
pub(crate) const FILE_NAME: &str = "wirefold.toml";

/// What the names of environment variables begin with.
const PREFIX: &str = "WIREFOLD_";

/// A file of settings is no larger, in bytes.
const LARGEST_FILE: u64 = 4 << 20;

/// Where settings are looked for. Everything is given, so that a test owns all of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    /// The environment.
    pub(crate) environment: Vec<(String, String)>,
    /// The folder that `wirefold.toml` is looked for in, and that relative paths from the
    /// environment and from flags begin at.
    pub(crate) folder: PathBuf,
    /// The file named by `--config`, in the place of `wirefold.toml` in the folder.
    pub(crate) file: Option<PathBuf>,
    /// The machine's file.
    pub(crate) machine: Option<PathBuf>,
}

impl Sources {
    /// The real ones of this process: the one place that reads the environment.
    pub(crate) fn of_process(file: Option<PathBuf>) -> Self {
        let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
        let pair = |(name, value)| (text(name), text(value));
        Self {
            environment: std::env::vars_os().map(pair).collect(),
            folder: PathBuf::new(),
            file,
            machine: Some(PathBuf::from("/etc/wirefold").join(FILE_NAME)),
        }
    }

    /// The value of an environment variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let named = self.environment.iter().find(|(given, _)| given == name);
        named.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A folder of the XDG base directories: from its variable, else below the home folder.
    pub(super) fn xdg(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let told = self.variable(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        told.or_else(|| Some(Path::new(self.variable("HOME")?).join(below_home)))
    }

    /// The files there may be, the lowest first. The last one must be there if it was named.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let user = self.xdg("XDG_CONFIG_HOME", ".config").map(|c| c.join("wirefold"));
        let user = user.map(|folder| folder.join(FILE_NAME));
        let run = self.file.clone().unwrap_or_else(|| self.folder.join(FILE_NAME));
        self.machine.clone().into_iter().chain(user).chain([run]).collect()
    }
}

/// What flags of the command line say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    said: Vec<Said>,
}

/// One value from outside of a file.
#[derive(Debug, Clone)]
struct Said {
    key: String,
    value: String,
    origin: Origin,
}

impl Overrides {
    /// A flag of its own for a key: `flag("--listen", "page.listen", "127.0.0.1:0")`.
    pub(crate) fn flag(&mut self, flag: &str, key: &str, value: impl Into<String>) {
        let origin = Origin::Flag(flag.to_owned());
        self.said.push(Said { key: key.to_owned(), value: value.into(), origin });
    }

    /// `--set key=value`.
    pub(crate) fn set(&mut self, assignment: &str) -> Result<(), Problem> {
        let (key, value) = assignment.split_once('=').ok_or_else(|| {
            let what = format!("`{assignment}` is no key=value, such as page.listen=127.0.0.1:80");
            Problem::new(Origin::Flag("--set".to_owned()), what)
        })?;
        let key = key.trim();
        let origin = Origin::Flag(format!("--set {key}"));
        self.said.push(Said { key: key.to_owned(), value: value.trim().to_owned(), origin });
        Ok(())
    }
}

impl Overrides {
    /// What they say, without any layer below.
    pub(super) fn tree(&self) -> Node {
        tree_of(&self.said)
    }
}

/// What several values from outside of a file come to; the later ones hold.
fn tree_of(said: &[Said]) -> Node {
    let mut tree = Node::table(Origin::Default);
    said.iter().for_each(|said| tree.overlay(said.tree()));
    tree
}

/// What the layers come to.
pub(super) struct Layered {
    pub(super) tree: Node,
    /// The files that were read, the lowest first.
    pub(super) files: Vec<PathBuf>,
    /// Environment variables that look like ours and name no key.
    pub(super) strangers: Vec<Problem>,
    /// Old names of settings, each with the new one.
    pub(super) old_names: Vec<Problem>,
}

impl Layered {
    /// Lays one layer over those below. Old names are read as the new ones; a setting that stands
    /// under both in the layer is a mistake.
    fn add(&mut self, mut layer: Node) -> Vec<Problem> {
        let found = renamed::rename(&mut layer);
        self.old_names.extend(found.warnings);
        self.tree.overlay(layer);
        found.conflicts
    }
}

/// Reads all layers and lays them over each other.
///
/// Files of subscriptions named in `left_out` are not.
pub(super) fn read(
    sources: &Sources,
    overrides: &Overrides,
    left_out: &BTreeSet<String>,
) -> Result<Layered, Vec<Problem>> {
    let mut layered = Layered {
        tree: Node::table(Origin::Default),
        files: Vec::new(),
        strangers: Vec::new(),
        old_names: Vec::new(),
    };
    let mut problems = Vec::new();
    for path in sources.files() {
        let must_exist = sources.file.as_ref() == Some(&path);
        match read_file(&path, must_exist) {
            Ok(Some(tree)) => {
                problems.extend(layered.add(tree));
                layered.files.push(path);
            }
            Ok(None) => {}
            Err(found) => problems.extend(found),
        }
    }
    problems.extend(subscription_files::add(&mut layered.tree, &sources.files(), left_out));
    let (from_environment, strangers) = environment(sources);
    layered.strangers = strangers;
    problems.extend(layered.add(tree_of(&from_environment)));
    problems.extend(layered.add(overrides.tree()));
    if problems.is_empty() { Ok(layered) } else { Err(problems) }
}

pub(super) fn read_file(path: &Path, must_exist: bool) -> Result<Option<Node>, Vec<Problem>> {
    let shown = shown(path);
    let refuse = |what: String| {
        let place =
            super::origin::SourceLocation { file: shown.as_str().into(), line: 0, column: 0 };
        vec![Problem::new(Origin::File(place), what)]
    };
    let size = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => {
            return Ok(None);
        }
        Err(error) => return Err(refuse(format!("the file cannot be read: {error}"))),
    };
    if size > LARGEST_FILE {
        return Err(refuse(format!("the file is larger than {} MiB", LARGEST_FILE >> 20)));
    }
    match std::fs::read_to_string(path) {
        Ok(text) => toml_tree::parse(&shown, &text).map(Some),
        Err(error) => Err(refuse(format!("the file cannot be read: {error}"))),
    }
}

/// A file as it is named to people.
pub(super) fn shown(path: &Path) -> String {
    let shown = path.to_string_lossy();
    shown.strip_prefix("./").unwrap_or(&shown).to_owned()
}

/// The variables that name a key, and those that only look like it.
///
/// A name with `__` in it is ours for certain. One without may belong to a test, or to a platform
/// that names its services' addresses so: it is told, not refused.
fn environment(sources: &Sources) -> (Vec<Said>, Vec<Problem>) {
    let (mut said, mut strangers) = (Vec::new(), Vec::new());
    let known: Vec<&str> = reference::top_keys();
    for (name, value) in &sources.environment {
        let Some(key) = name.to_uppercase().strip_prefix(PREFIX).map(str::to_lowercase) else {
            continue;
        };
        let key = key.replace("__", ".");
        let origin = Origin::Environment(name.clone());
        let has_old_name = RENAMED.iter().any(|(old, _)| *old == key);
        if key.contains('.') || known.contains(&key.as_str()) || has_old_name {
            said.push(Said { key, value: value.clone(), origin });
        } else if !THEIRS.contains(&key.as_str()) {
            let what = format!("no setting has this name: {}", suggestion(&key, &known));
            strangers.push(Problem::new(origin, what));
        }
    }
    said.sort_by(|a, b| a.key.cmp(&b.key));
    (said, strangers)
}

/// What developers' tools and tests are told by environment variables.
const THEIRS: [&str; 4] = ["acceptance_dir", "bless", "bus_child", "seed"];

impl Said {
    fn tree(&self) -> Node {
        let path: Vec<String> = self.key.split('.').map(str::to_owned).collect();
        let meant = toml_tree::parse_value(&self.value, &self.origin);
        let value = match meant {
            Some(value @ (Value::Table(_) | Value::List(_) | Value::Text(_))) => value,
            Some(value) => Value::Bare(self.value.clone(), Box::new(value)),
            None => Value::Text(self.value.clone()),
        };
        let mut tree = Node::table(self.origin.clone());
        tree.put(&path, Node::new(self.origin.clone(), value));
        tree
    }
}
