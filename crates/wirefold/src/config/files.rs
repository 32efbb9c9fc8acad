//! The files of settings, and those beside them: `subscriptions.d/*.toml` and `lists/*.txt`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::Value;
use wirefold_query::{Lists, MAX_BYTES};

use super::origin::{Origin, Problem, suggestion};
use super::tree::Tree;

/// The size limit of a settings file, in bytes.
const LARGEST_FILE: u64 = 4 << 20;
/// The folder with files of subscriptions beside a settings file.
const SUBSCRIPTIONS: &str = "subscriptions.d";
/// The folder with lists of words beside a settings file.
const LISTS: &str = "lists";

/// A file name as messages show it.
fn display_path(path: &Path) -> String {
    let shown = path.to_string_lossy();
    shown.strip_prefix("./").unwrap_or(&shown).to_owned()
}

/// The text of a file of at most `largest` bytes.
pub(super) fn read_text(path: &Path, largest: u64) -> std::io::Result<String> {
    match std::fs::metadata(path)?.len() > largest {
        true => Err(std::io::Error::other(format!("it is larger than {} KiB", largest >> 10))),
        false => std::fs::read_to_string(path),
    }
}

/// Reads a settings file. `None` if it is missing and may be.
pub(super) fn read_file(path: &Path, must_exist: bool) -> Result<Option<Tree>, Vec<Problem>> {
    let origin = Origin::file(&display_path(path));
    match read_text(path, LARGEST_FILE) {
        Ok(text) => Tree::parse(&origin, &text).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => Ok(None),
        Err(error) => Err(vec![Problem::new(origin, format!("the file cannot be read: {error}"))]),
    }
}

/// The files with this ending in the folders beside `files`, without hidden files and backups of editors. They
/// are in the order of the folders and then of their names.
fn beside(files: &[PathBuf], folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for file in files {
        let beside = file.parent().unwrap_or(Path::new("")).join(folder);
        // Two settings files may be in one folder, which is read once.
        folders.retain(|known| *known != beside);
        folders.push(beside);
    }
    let is_meant = |path: &PathBuf| {
        let name = path.file_name().map(OsStr::to_string_lossy);
        path.extension() == Some(OsStr::new(ending)) && !name.is_some_and(|it| it.starts_with('.'))
    };
    let paths_in = |place: PathBuf| {
        let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
        entries.map(|it| it.path()).filter(is_meant).collect::<BTreeSet<PathBuf>>()
    };
    folders.into_iter().flat_map(paths_in).collect()
}

/// These files, and the files of subscriptions and lists beside them.
pub(super) fn with_those_beside(files: &[PathBuf]) -> Vec<PathBuf> {
    [files.to_vec(), beside(files, SUBSCRIPTIONS, "toml"), beside(files, LISTS, "txt")].concat()
}

/// Adds the subscriptions of all files beside `files` to the tree, except those in `left_out`. Returns the mistakes.
pub(super) fn add_subscriptions(
    tree: &mut Tree,
    files: &[PathBuf],
    left_out: &BTreeSet<String>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for path in beside(files, SUBSCRIPTIONS, "toml") {
        if left_out.contains(&display_path(&path)) {
            continue;
        }
        match read_file(&path, true) {
            Ok(read) => problems.extend(read.and_then(|upper| append(tree, upper))),
            Err(found) => problems.extend(found),
        }
    }
    problems
}

/// Appends the subscriptions of a file. Returns the mistake of one that has anything else.
fn append(tree: &mut Tree, mut upper: Tree) -> Option<Problem> {
    const KEY: &str = "subscription";
    if let Some(other) = upper.values.keys().find(|key| *key != KEY) {
        let what = format!("unknown key `{other}`; {}", suggestion(other, &[KEY]));
        return Some(Problem::new(upper.origins.of(other), what));
    }
    let added = match upper.values.remove(KEY)? {
        Value::Array(added) => added,
        _ => {
            let what = format!("`{KEY}`: expected a table headed [[{KEY}]]");
            return Some(Problem::new(upper.origins.of(KEY), what));
        }
    };
    let entry = tree.values.entry(KEY).or_insert_with(|| Value::Array(Vec::new()));
    // Another value there is wrong and is reported.
    let Value::Array(all) = entry else { return None };
    for (key, place) in upper.origins.by_key {
        let Some((index, rest)) = index_below(&key, KEY) else { continue };
        tree.origins.by_key.insert(format!("{KEY}.{}{rest}", all.len() + index), place);
    }
    all.extend(added);
    None
}

/// The index and the rest of a key such as `subscription.3.name`.
fn index_below<'a>(key: &'a str, list: &str) -> Option<(usize, &'a str)> {
    let below = key.strip_prefix(list)?.strip_prefix('.')?;
    let end = below.find('.').unwrap_or(below.len());
    Some((below[..end].parse().ok()?, &below[end..]))
}

/// The file of subscriptions that a mistake is in. `None` if it is elsewhere.
pub(super) fn subscription_file(problem: &Problem) -> Option<String> {
    let Origin::File { file, .. } = &problem.at else { return None };
    let folder = Path::new(&**file).parent().and_then(Path::file_name);
    (folder == Some(OsStr::new(SUBSCRIPTIONS))).then(|| file.to_string())
}

/// The lists beside `files`, and problems with unreadable ones. A list beside a later file replaces one of
/// the same name. `@ministers` in a query is `lists/ministers.txt`. A query that names an unreadable list is refused.
pub(super) fn read_lists(files: &[PathBuf]) -> (Lists, Vec<Problem>) {
    let (mut lists, mut problems) = (Lists::default(), Vec::new());
    for path in beside(files, LISTS, "txt") {
        let Some(name) = path.file_stem().and_then(OsStr::to_str) else { continue };
        match read_text(&path, MAX_BYTES as u64) {
            Ok(text) => lists.insert(name, text),
            Err(why) => {
                let origin = Origin::file(&display_path(&path));
                problems.push(Problem::new(origin, format!("the list cannot be read: {why}")));
            }
        }
    }
    (lists, problems)
}
