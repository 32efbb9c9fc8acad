//! The layers of a configuration, from the lowest: the defaults, the machine's file, the user's file, the
//! file of this run, the environment, flags.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::files;
use super::origin::{ConfigError, Origin, Problem, suggestion};
use super::reference;
use super::reference::quoted;
use super::tree::Tree;

/// The name of the file in the working folder and in `~/.config/wirefold`.
pub(crate) const FILE_NAME: &str = "wirefold.toml";

/// The prefix of environment variables.
const PREFIX: &str = "WIREFOLD_";

/// The sources of settings. Everything is an argument, so that a test controls it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    /// The environment.
    pub(crate) environment: Vec<(String, String)>,
    /// The working folder. `wirefold.toml` is read from it, and relative paths from the environment and from
    /// flags begin at it.
    pub(crate) folder: PathBuf,
    /// The file given by `--config`, in place of `wirefold.toml` in the folder.
    pub(crate) file: Option<PathBuf>,
    /// The file of the machine.
    pub(crate) machine: Option<PathBuf>,
}

impl Sources {
    /// The sources of this process. Only this function reads the environment.
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

    /// A folder of the XDG base directories: its variable, or else a folder below the home folder.
    pub(super) fn xdg(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let configured =
            self.variable(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        configured.or_else(|| Some(Path::new(self.variable("HOME")?).join(below_home)))
    }

    /// A path as text. In a file, it is relative to the folder of that file, elsewhere to the working folder. `~/` is the
    /// home folder. It becomes absolute, because printed settings may be saved as a file elsewhere.
    pub(super) fn resolved(&self, origin: &Origin, path: &str) -> String {
        let path = match (Path::new(path).strip_prefix("~"), self.variable("HOME"), origin) {
            (Ok(below_home), Some(home), _) => Path::new(home).join(below_home),
            (_, _, Origin::File { file, .. }) => Path::new(&**file).with_file_name(path),
            _ => self.folder.join(path),
        };
        std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// The files that may exist, the lowest first. The last one must exist if it was named.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let user = self.xdg("XDG_CONFIG_HOME", ".config").map(|c| c.join("wirefold"));
        let user = user.map(|folder| folder.join(FILE_NAME));
        let run = self.file.clone().unwrap_or_else(|| self.folder.join(FILE_NAME));
        self.machine.clone().into_iter().chain(user).chain([run]).collect()
    }
}

/// The values of command-line flags.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    values: Vec<OverrideValue>,
}

/// One value from outside a file.
#[derive(Debug, Clone)]
struct OverrideValue {
    key: String,
    value: String,
    origin: Origin,
}

impl Overrides {
    /// Adds the value of a flag for a key: `flag("--listen", "page.listen", "127.0.0.1:0")`.
    pub(crate) fn flag(&mut self, flag: &str, key: &str, value: impl Into<String>) {
        let origin = Origin::Flag(flag.to_owned());
        self.values.push(OverrideValue { key: key.to_owned(), value: value.into(), origin });
    }

    /// Adds `--set key=value`.
    pub(crate) fn set(&mut self, assignment: &str) -> Result<(), Problem> {
        let (key, value) = assignment.split_once('=').ok_or_else(|| {
            let what = format!("`{assignment}` is not key=value, such as page.listen=127.0.0.1:80");
            Problem::new(Origin::Flag("--set".to_owned()), what)
        })?;
        let key = key.trim();
        let origin = Origin::Flag(format!("--set {key}"));
        self.values.push(OverrideValue {
            key: key.to_owned(),
            value: value.trim().to_owned(),
            origin,
        });
        Ok(())
    }
}

/// All layers combined.
pub(super) struct Layered {
    pub(super) tree: Tree,
    /// The files that were read, the lowest first.
    pub(super) files: Vec<PathBuf>,
    /// Environment variables with wirefold's prefix that name no key.
    pub(super) unknown_variables: Vec<Problem>,
}

/// Reads and combines all layers.
///
/// Subscription files in `left_out` are not read.
pub(super) fn read(
    sources: &Sources,
    paths: &[PathBuf],
    overrides: &Overrides,
    left_out: &BTreeSet<String>,
) -> Result<Layered, Vec<Problem>> {
    let mut tree = Tree { values: reference::DEFAULTS.clone(), ..Tree::default() };
    if let Some(data) = sources.xdg("XDG_DATA_HOME", ".local/share") {
        let data = data.join("wirefold").to_string_lossy().into_owned();
        tree.values.insert("data".to_owned(), data.into());
    }
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        match files::read_file(path, sources.file.as_ref() == Some(path)) {
            Ok(Some(upper)) => {
                tree.overlay(upper);
                files.push(path.clone());
            }
            Ok(None) => {}
            Err(found) => problems.extend(found),
        }
    }
    problems.extend(files::add_subscriptions(&mut tree, paths, left_out));
    let (from_environment, unknown_variables) = environment(sources);
    for value in from_environment.iter().chain(&overrides.values) {
        match value.tree() {
            Ok(upper) => tree.overlay(upper),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(Layered { tree, files, unknown_variables }) } else { Err(problems) }
}

/// The variables that name a key, and those with wirefold's prefix that do not.
///
/// A name with `__` in it certainly is a setting. One without may belong to a test, or to a platform that
/// makes such variables for the addresses of its services, so it is reported but not refused.
fn environment(sources: &Sources) -> (Vec<OverrideValue>, Vec<Problem>) {
    let (mut values, mut unknown_variables) = (Vec::new(), Vec::new());
    let known: Vec<&str> = reference::top_keys();
    for (name, value) in &sources.environment {
        let Some(key) = name.to_uppercase().strip_prefix(PREFIX).map(str::to_lowercase) else {
            continue;
        };
        let key = key.replace("__", ".");
        let origin = Origin::Environment(name.clone());
        if key.contains('.') || known.contains(&key.as_str()) {
            values.push(OverrideValue { key, value: value.clone(), origin });
        } else if !FOREIGN_VARIABLES.contains(&key.as_str()) {
            let what = format!("no setting has this name: {}", suggestion(&key, &known));
            unknown_variables.push(Problem::new(origin, what));
        }
    }
    values.sort_by(|a, b| a.key.cmp(&b.key));
    (values, unknown_variables)
}

/// Variables for the tools of developers and for tests.
const FOREIGN_VARIABLES: [&str; 4] = ["acceptance_dir", "bless", "bus_child", "seed"];

impl OverrideValue {
    /// A value is read as TOML if it is, and else as a text.
    fn tree(&self) -> Result<Tree, Vec<Problem>> {
        let key = self.key.split('.').map(quoted).collect::<Vec<_>>().join(".");
        let is_bare = !self.value.starts_with(['"', '\'', '[', '{']);
        let parse = |value: &str| Tree::parse(&self.origin, &format!("{key} = {value}"));
        match is_bare && reference::takes_text(&self.key) {
            true => parse(&quoted(&self.value)),
            false => parse(&self.value).or_else(|_| parse(&quoted(&self.value))),
        }
    }
}

impl Overrides {
    /// The values of `--set`, each `key=value`.
    pub(crate) fn of_set(assignments: &[String]) -> Result<Self, ConfigError> {
        let mut overrides = Self::default();
        for assignment in assignments {
            overrides.set(assignment)?;
        }
        Ok(overrides)
    }

    /// The value of `--set` for the detector: another `window`. No other setting changes what is folded.
    pub(crate) fn of_window(assignments: &[String]) -> Result<Self, ConfigError> {
        for assignment in assignments {
            let key = assignment.split('=').next().unwrap_or_default().trim();
            if key != "window" {
                let what = format!("`{key}` changes no verdict: only `window` does");
                return Err(Problem::new(Origin::Flag("--set".to_owned()), what).into());
            }
        }
        Self::of_set(assignments)
    }
}
