//! Opens the file of the projection: checks its version, creates its tables, and puts other files aside.

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::projection::ProjectionError;
use crate::projection::schema::{INDEXES, KEEPING, OF_ALERTS, OF_EVENTS, SCHEMA, TABLES};

/// The name of the file in the gateway's folder.
pub(crate) const FILE: &str = "gateway.db";
/// Marks the file as the gateway's.
const APPLICATION: i64 = 0x7766_6777;

/// Opens the file for writing. A file of another version, or one that cannot be read, is put aside, and a new
/// one is created.
pub(super) fn connect(folder: &Path) -> Result<Connection, ProjectionError> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(FILE);
    match open_existing(&path) {
        Ok(Some(connection)) => return Ok(connection),
        Ok(None) => {
            tracing::warn!(file = %path.display(), "projection of another version put aside, rebuilding");
        }
        Err(ProjectionError::Sqlite(error)) if is_broken(&error) => {
            tracing::warn!(file = %path.display(), %error, "damaged projection put aside, rebuilding");
        }
        Err(error) => return Err(error),
    }
    put_aside(&path)?;
    open_existing(&path)?.ok_or(ProjectionError::Version)
}

/// Renames the file to `gateway.db.old`.
pub(super) fn put_aside(path: &Path) -> std::io::Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let from = with_ending(path, ending);
        let to = with_ending(path, &format!(".old{ending}"));
        match std::fs::rename(&from, &to) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // The log of an older file must not be taken for this one's.
                let _ = std::fs::remove_file(&to);
            }
            moved => moved?,
        }
    }
    Ok(())
}

/// Removes the file with its log, and files put aside.
pub(super) fn remove(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(FILE) && path.is_file() {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Opens a read-only connection.
pub(super) fn connect_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    // The size of the indexes that a page reads, after an hour of many articles.
    connection.pragma_update(None, "cache_size", -6_144)?;
    Ok(connection)
}

/// None if the file is of another program, or of a version that cannot be upgraded.
fn open_existing(path: &Path) -> Result<Option<Connection>, ProjectionError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    // Without this, SQLite (built with STAT4) plans some statements again for each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (version, application) = (number("user_version")?, number("application_id")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let is_ours = application == APPLICATION && version == SCHEMA;
    if tables > 0 && !is_ours {
        return Ok(None);
    }
    // A batch writes each page that it changes to the log as a whole, and changes most of them by some ten bytes.
    connection.pragma_update(None, "page_size", 1_024)?;
    // The file can be rebuilt, so a power cut may lose its last moments: no sync at each commit.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -2_048)?;
    // Checkpoints are rare, so that pages changed by every batch are written to the file once for many
    // batches.
    connection.pragma_update(None, "wal_autocheckpoint", 16_000)?;
    if tables == 0 {
        let transaction = connection.transaction()?;
        let all = [TABLES, INDEXES, OF_EVENTS, KEEPING, OF_ALERTS];
        transaction.execute_batch(&all.concat())?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", SCHEMA)?;
        transaction.commit()?;
    }
    Ok(Some(connection))
}

fn is_broken(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

/// Whether the file is damaged. The first reads may have succeeded.
pub(super) fn is_damaged<T>(answer: &Result<T, ProjectionError>) -> bool {
    matches!(answer, Err(ProjectionError::Sqlite(error)) if is_broken(error))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
