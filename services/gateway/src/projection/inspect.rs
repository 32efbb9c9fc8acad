//! Reads the whole file and reports damage. It changes nothing.

use std::path::Path;

use super::open::{FILE, connect_reader};

/// The damage in the projection of a folder, in SQLite's words; `None` if there is none.
#[must_use]
pub fn faults_of_projection(folder: &Path) -> Option<Vec<String>> {
    let path = folder.join(FILE);
    path.exists().then(|| read(&path).unwrap_or_else(|error| vec![error.to_string()]))
}

fn read(path: &Path) -> rusqlite::Result<Vec<String>> {
    let connection = connect_reader(path)?;
    let mut check = connection.prepare("PRAGMA integrity_check(20)")?;
    let lines = check.query_map([], |row| row.get::<_, String>(0))?;
    let lines = lines.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}
