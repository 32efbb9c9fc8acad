//! The files of the repository for the tidy tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders that never contain source, for a tree without git.
const NOT_SOURCE: [&str; 3] = [".git", ".wirefold", "target"];

/// Files with their text, in order of their paths.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

/// One file.
pub(crate) struct File {
    /// Relative to the root of the repository, with forward slashes.
    pub(crate) path: String,
    /// Bytes that are not UTF-8 are replaced by U+FFFD.
    pub(crate) text: String,
}

impl Tree {
    /// Every file below `root` that git tracks or would track, so that a new file is checked before it is
    /// committed. Without git, every file outside build folders.
    pub(crate) fn read(root: &Path) -> Tree {
        let mut paths = listed_by_git(root).unwrap_or_else(|| walk(root, root));
        paths.sort();
        paths.dedup();
        let read = |path: String| {
            // A file that was deleted but is still in git's list has no text to check.
            let bytes = fs::read(root.join(&path)).ok()?;
            Some(File { path, text: String::from_utf8_lossy(&bytes).into_owned() })
        };
        Tree { files: paths.into_iter().filter_map(read).collect() }
    }

    /// The Rust files.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }
}

impl File {
    /// Whether the whole file is a test, a benchmark or a fuzz target.
    pub(crate) fn is_test(&self) -> bool {
        let folders = self.path.rsplit_once('/').map_or("", |(folders, _)| folders);
        let test_folder = |name: &str| matches!(name, "test" | "tests" | "benches" | "fuzz");
        folders.split('/').any(test_folder) || self.path.ends_with("tests.rs")
    }

    /// The text before the unit tests: what ships.
    pub(crate) fn code(&self) -> &str {
        self.text.split("#[cfg(test)]").next().unwrap_or_default()
    }
}

/// The root of the repository: the nearest folder above this package with the lock file.
pub(crate) fn root() -> PathBuf {
    let package = package();
    let holds_lock = |folder: &&Path| folder.join("Cargo.lock").is_file();
    package.ancestors().find(holds_lock).unwrap_or(&package).to_path_buf()
}

/// This package's folder as cargo gives it to the running program. The folder at compile time may be that of
/// another clone: cargo reuses a binary between clones that share a target folder.
#[expect(clippy::disallowed_methods, reason = "cargo's word on where it runs us, not a setting")]
fn package() -> PathBuf {
    let told = std::env::var_os("CARGO_MANIFEST_DIR");
    told.map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

/// `None` where git is absent, or does not know this folder.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()?;
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    let paths: Vec<String> =
        list.split('\0').filter(|path| !path.is_empty()).map(Into::into).collect();
    (output.status.success() && !paths.is_empty()).then_some(paths)
}

fn walk(root: &Path, folder: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_source = !NOT_SOURCE.iter().any(|name| entry.file_name() == *name);
        // The entry's own type, so that a link to a folder above is not followed for ever.
        let kind = entry.file_type();
        if kind.as_ref().is_ok_and(fs::FileType::is_dir) && is_source {
            paths.extend(walk(root, &path));
        } else if kind.is_ok_and(|kind| kind.is_file())
            && let Ok(relative) = path.strip_prefix(root)
        {
            paths.push(relative.to_string_lossy().replace('\\', "/"));
        }
    }
    paths
}
