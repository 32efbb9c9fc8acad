//! Checks the whole file of a bus for damage, without changing it.
//!
//! It takes the same lock as a bus, so nobody writes meanwhile. It repairs nothing and leaves the write-ahead
//! log as it is.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use wirefold_flow::store::{StreamRow, Tables as _};
use wirefold_flow::{BusError, Entry, Stored};

use crate::acknowledged::{self, Acknowledged};
use crate::checksum::Soundness;
use crate::copy_lock::Checkpoints;
use crate::copy_lock::{FILE, SCHEMA};
use crate::error::OpenError;
use crate::open::lock;
use crate::tables::{Result, SqliteTables};

/// The maximum number of page faults that are listed.
const MOST_FAULTS: u32 = 20;

/// The file of a bus, opened for reading only.
pub struct Inspection {
    tables: SqliteTables,
    streams: Vec<StreamRow>,
    /// The messages that are missing at the end, in words.
    missing: Option<String>,
}

impl Inspection {
    /// Opens the file of a data folder, and takes its lock.
    ///
    /// # Errors
    /// An [`OpenError`]; [`OpenError::InUse`] while a bus has the file.
    pub fn open(folder: &Path) -> std::result::Result<Self, OpenError> {
        let path = folder.join(FILE);
        let open_error = |error: rusqlite::Error| OpenError::of(&path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(open_error)?;
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .map_err(open_error)?;
        let version = lock(&connection).map_err(open_error)?;
        if version != SCHEMA {
            return Err(OpenError::OtherLayout { path, found: version, known: SCHEMA });
        }
        let missing = acknowledged::fault(folder, &connection).map_err(open_error)?;
        let mut tables =
            SqliteTables::new(connection, Checkpoints::default(), Acknowledged::default());
        let streams = tables.streams();
        let damaged = |error: BusError| OpenError::Damaged { path, why: error.to_string() };
        Ok(Self { streams: streams.map_err(damaged)?, tables, missing })
    }

    /// The streams, with their stored counters.
    #[must_use]
    pub fn streams(&self) -> &[StreamRow] {
        &self.streams
    }

    /// The missing messages at the end, and the faults that SQLite finds in pages and indexes. Empty if there are none.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn faults(&self) -> Result<Vec<String>> {
        let sql = format!("PRAGMA integrity_check({MOST_FAULTS})");
        let mut lines: Vec<String> = self.tables.all(&sql, [], |row| row.get(0))?;
        lines.retain(|line| line != "ok");
        lines.extend(self.missing.clone());
        Ok(lines)
    }

    /// Calls `visit` for each message of a stream in order, with the result of its checksum.
    ///
    /// # Errors
    /// If the file cannot be read. `visit` has been called for messages before that.
    pub fn each(&mut self, stream: &str, visit: &mut dyn FnMut(Stored, Soundness)) -> Result<()> {
        self.tables.each_message(stream, visit)
    }

    /// The last change of each key of a bucket, including deletions, the oldest first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn entries(&mut self, bucket: &str) -> Result<Vec<Entry>> {
        self.tables.entries(bucket, 0)
    }
}
