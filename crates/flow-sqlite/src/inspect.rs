//! Checks the whole file without changing it.
//!
//! Comes in: a data folder that no bus uses. Goes out: what is damaged. It never repairs, and brings nothing up to
//! date.
//!
//! The lock is that of a bus, so nobody writes meanwhile. Nothing is brought up to date, and the log is
//! left as it is.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use wirefold_flow::store::{StreamRow, Tables as _};
use wirefold_flow::{BusError, Entry, Stored};

use crate::checksum::Soundness;
use crate::copy_lock::Checkpoints;
use crate::error::{OpenError, failure};
use crate::layout::{FILE, SCHEMA};
use crate::open::lock;
use crate::streams::any_message;
use crate::tables::{Result, SqliteTables};

/// Faults of pages that are named at the most.
const MOST_FAULTS: u32 = 20;

/// A file that is read and left alone.
pub struct Inspection {
    tables: SqliteTables,
    streams: Vec<StreamRow>,
    version: u32,
}

impl Inspection {
    /// Opens the file of a data folder, and takes its lock.
    ///
    /// # Errors
    /// An [`OpenError`]; [`OpenError::InUse`] while a bus has the file.
    pub fn open(folder: &Path) -> std::result::Result<Self, OpenError> {
        let path = folder.join(FILE);
        let told = |error: rusqlite::Error| OpenError::of(&path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(told)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(told)?;
        let version = lock(&connection).map_err(told)?;
        if version > SCHEMA {
            return Err(OpenError::Newer { path, found: version, known: SCHEMA });
        }
        let mut tables = SqliteTables::new(connection, Checkpoints::none());
        let streams = tables.streams();
        let damaged = |error: BusError| OpenError::Damaged { path, why: error.to_string() };
        Ok(Self { streams: streams.map_err(damaged)?, tables, version })
    }

    /// The streams, with the counters that are stored.
    #[must_use]
    pub fn streams(&self) -> &[StreamRow] {
        &self.streams
    }

    /// What SQLite says of its pages and indexes; nothing where they are sound.
    ///
    /// # Errors
    /// A failing store.
    pub fn faults_of_pages(&self) -> Result<Vec<String>> {
        let sql = format!("PRAGMA integrity_check({MOST_FAULTS})");
        let mut lines: Vec<String> = self.tables.all(&sql, [], |row| row.get(0))?;
        lines.retain(|line| line != "ok");
        Ok(lines)
    }

    /// Gives each message of a stream in order, with what its checksum says.
    ///
    /// # Errors
    /// A failing store, with what was given until then.
    pub fn each(&self, stream: &str, give: &mut dyn FnMut(Stored, Soundness)) -> Result<()> {
        let checksum = if self.version < SCHEMA { "NULL" } else { "checksum" };
        // The number of the stream is above its sequences in the key.
        let sql = format!(
            "SELECT key, at, subject, id, headers, body, {checksum} FROM messages
             WHERE key >> 48 = (SELECT number FROM streams WHERE name = ?) ORDER BY key"
        );
        let connection = &self.tables.connection;
        let mut sql = connection.prepare(&sql).map_err(|error| failure(&error))?;
        let mut rows = sql.query([stream]).map_err(|error| failure(&error))?;
        while let Some(row) = rows.next().map_err(|error| failure(&error))? {
            let (message, soundness) = any_message(stream, row).map_err(|error| failure(&error))?;
            give(message, soundness);
        }
        Ok(())
    }

    /// The first sequence that a durable reader may still need; `None` where there is no such reader.
    ///
    /// # Errors
    /// A failing store.
    pub fn unread(&mut self, stream: &str, durable: &str) -> Result<Option<u64>> {
        let place = match self.tables.reader(stream, durable) {
            Err(BusError::NoStream(_)) => None,
            place => place?,
        };
        Ok(place.map(|place| place.next.min(place.first_pending.unwrap_or(u64::MAX))))
    }

    /// The last change of each key of a bucket, deletions too, the oldest first.
    ///
    /// # Errors
    /// A failing store.
    pub fn entries(&mut self, bucket: &str) -> Result<Vec<Entry>> {
        self.tables.entries(bucket, 0)
    }
}
