//! Lists of words for queries: `lists/*.txt` beside each settings file. `@ministers` is
//! `lists/ministers.txt`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use wirefold_query::{Lists, MAX_BYTES};

use super::origin::{Origin, SourceLocation};
use super::problem::Problem;
use super::settings_file;

/// The folder beside a settings file.
const FOLDER: &str = "lists";

/// The lists beside `files`, and problems with unreadable ones. A list beside a later file replaces one of
/// the same name. A query that names an unreadable list is refused.
pub(super) fn read(files: &[PathBuf]) -> (Lists, Vec<Problem>) {
    let (mut lists, mut problems) = (Lists::default(), Vec::new());
    let mut folders: Vec<PathBuf> = Vec::new();
    for file in files {
        let folder = file.parent().unwrap_or(Path::new("")).join(FOLDER);
        // Two settings files may be in one folder, which is read once.
        folders.retain(|known| *known != folder);
        folders.push(folder);
    }
    for folder in folders {
        for path in settings_file::names(&folder, "txt") {
            let Some(name) = path.file_stem().and_then(OsStr::to_str) else { continue };
            match text(&path) {
                Ok(text) => lists.insert(name, text),
                Err(why) => problems.push(problem(&path, &why)),
            }
        }
    }
    (lists, problems)
}

fn text(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_BYTES as u64 {
        return Err(format!(
            "it is larger than {} KiB, more than any query may be",
            MAX_BYTES >> 10
        ));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

fn problem(path: &Path, why: &str) -> Problem {
    let place = SourceLocation {
        file: settings_file::display_path(path).as_str().into(),
        line: 0,
        column: 0,
    };
    Problem::new(Origin::File(place), format!("the list cannot be read: {why}"))
}
