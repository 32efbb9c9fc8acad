//! Opens and locks the file of the bus, and creates its tables.

use std::fs;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::copy_lock::{FILE, SCHEMA};
use crate::error::OpenError;

/// The size of the pages of a new file. Each group writes every page that it changes to the write-ahead log as a whole, and
/// changes most of them by some ten bytes.
const PAGE_BYTES: u32 = 512;

/// The tables of a new file.
///
/// Keys of rows are numbers that only grow: with random keys, eight times as many bytes are written. The key of a message
/// combines the number of its stream and its sequence. Long columns come last in a row, so that the others can be read
/// without them. Nothing reads `last_id` any more. `content` is headers and body, mostly compressed; `packing.rs` describes it. The recent message ids have a
/// table of their own, so that opening the file reads them without reading messages.
const TABLES: &str = "
    CREATE TABLE streams (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        subjects TEXT NOT NULL,
        max_age INTEGER NOT NULL,
        max_bytes INTEGER NOT NULL,
        max_message INTEGER NOT NULL,
        window INTEGER NOT NULL,
        readers TEXT NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        messages INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        last_id TEXT NOT NULL
    ) STRICT;
    CREATE TABLE messages (
        key INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        subject TEXT NOT NULL,
        id TEXT NOT NULL,
        length INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        content BLOB NOT NULL
    ) STRICT;
    CREATE INDEX messages_by_subject ON messages (subject);
    CREATE TABLE ids (key INTEGER PRIMARY KEY, at INTEGER NOT NULL, id TEXT NOT NULL) STRICT;
    CREATE TABLE marks (
        stream INTEGER NOT NULL,
        reader TEXT NOT NULL,
        through INTEGER NOT NULL,
        PRIMARY KEY (stream, reader)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE entries (
        bucket TEXT NOT NULL,
        key TEXT NOT NULL,
        revision INTEGER NOT NULL,
        value BLOB,
        PRIMARY KEY (bucket, key)
    ) STRICT;
    CREATE UNIQUE INDEX entries_by_revision ON entries (bucket, revision);
";

/// Creates the folder if it is missing, so that only its owner can read it.
pub(crate) fn create_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

pub(crate) fn connect(folder: &Path, most_pages: Option<u32>) -> Result<Connection, OpenError> {
    let unwritable = |source| OpenError::Unwritable { path: folder.to_owned(), source };
    create_folder(folder).map_err(unwritable)?;
    let path = folder.join(FILE);
    let told = |error: rusqlite::Error| OpenError::of(&path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&path, flags).map_err(told)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Without this, SQLite built with STAT4 plans a statement with a range again for each value, which took a tenth of
    // the time of the whole pipeline.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(told)?;
    // This has to come before the lock, which creates the first page.
    connection.pragma_update(None, "page_size", PAGE_BYTES).map_err(told)?;
    let found = lock(&connection).map_err(told)?;
    if found != 0 && found != SCHEMA {
        return Err(OpenError::OtherLayout { path, found, known: SCHEMA });
    }
    connection.pragma_update(None, "journal_mode", "WAL").map_err(told)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(told)?;
    if found == 0 {
        create_tables(&mut connection).map_err(told)?;
    }
    if let Some(pages) = most_pages {
        connection
            .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
            .map_err(told)?;
    }
    Ok(connection)
}

/// Takes the lock, which is held until the file is closed, and reads the version of the tables. Changes nothing.
pub(crate) fn lock(connection: &Connection) -> rusqlite::Result<u32> {
    connection.busy_timeout(std::time::Duration::ZERO)?;
    connection.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |_| Ok(()))?;
    connection.execute_batch("BEGIN EXCLUSIVE")?;
    let found = connection.query_row("PRAGMA user_version", [], |row| row.get(0));
    connection.execute_batch("COMMIT")?;
    found
}

fn create_tables(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "user_version", SCHEMA)?;
    transaction.commit()
}
