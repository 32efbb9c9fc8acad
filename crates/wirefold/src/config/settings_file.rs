//! Reads one settings file.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::origin::{Origin, SourceLocation};
use super::problem::Problem;
use super::toml_tree;
use super::tree::Node;

/// The size limit of a settings file, in bytes.
const LARGEST_FILE: u64 = 4 << 20;

/// Reads a settings file. `None` if it is missing and may be.
pub(super) fn read_file(path: &Path, must_exist: bool) -> Result<Option<Node>, Vec<Problem>> {
    let name = display_path(path);
    let refuse = |what: String| {
        let place = SourceLocation { file: name.as_str().into(), line: 0, column: 0 };
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
        Ok(text) => toml_tree::parse(&name, &text).map(Some),
        Err(error) => Err(refuse(format!("the file cannot be read: {error}"))),
    }
}

/// A file name as messages show it.
pub(super) fn display_path(path: &Path) -> String {
    let shown = path.to_string_lossy();
    shown.strip_prefix("./").unwrap_or(&shown).to_owned()
}

/// The files of a folder with this ending, in order of names, without hidden files and backups of editors.
pub(super) fn names(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_meant = |path: &PathBuf| {
        let is_hidden =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        path.extension() == Some(OsStr::new(ending)) && !is_hidden
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_meant).collect();
    paths.sort();
    paths
}
