//! Reads one settings file.

use std::path::Path;

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
