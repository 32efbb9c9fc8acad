//! Erases and rewrites single messages while no bus is running.
//!
//! A bus only appends messages and drops the oldest. To remove a message from the middle, the file is opened with
//! [`Offline`]. It takes the same locks as a bus and a copier, so neither can run at the same time.
//!
//! All changes are made in one transaction, so that after a kill either all of them are there or none.
//! [`Offline::compact`] then rewrites the whole file, because SQLite keeps the bytes of deleted rows in free pages and in
//! its write-ahead log.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use wirefold_flow::store::{StreamRow, Tables as _};
use wirefold_flow::{BusError, Entry, Stored};

use crate::acknowledged::Acknowledged;
use crate::copy_lock::FILE;
use crate::copy_lock::{self, Checkpoints};
use crate::error::{OpenError, failure};
use crate::open::connect;
use crate::tables::{Result, SqliteTables};

/// A file that nobody else has open. It is closed on drop, which undoes all changes that were not committed.
pub struct Offline {
    tables: SqliteTables,
    streams: Vec<StreamRow>,
    /// The lock that keeps copiers out.
    _copy_lock: Option<File>,
}

impl Offline {
    /// Opens the file of a data folder, and takes its lock.
    ///
    /// # Errors
    /// An [`OpenError`]; [`OpenError::InUse`] while a bus or a copier has the file.
    pub fn open(folder: &Path) -> std::result::Result<Self, OpenError> {
        let path = folder.join(FILE);
        let open_error = |error: rusqlite::Error| OpenError::of(&path, &error);
        let connection = connect(folder, None)?;
        connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(())).map_err(open_error)?;
        let copy_lock = lock_out_copiers(folder, &path)?;
        let checkpoints = Checkpoints::new(folder, &connection).map_err(open_error)?;
        let mut tables = SqliteTables::new(connection, checkpoints, Acknowledged::default());
        let streams = tables.streams();
        let damaged = |error: BusError| OpenError::Damaged { path, why: error.to_string() };
        Ok(Self { streams: streams.map_err(damaged)?, tables, _copy_lock: copy_lock })
    }

    /// Calls `visit` for each message of a stream, in order. If there is no such stream, it is not called.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn each(&mut self, stream: &str, visit: &mut dyn FnMut(Stored)) -> Result<()> {
        self.tables.each_message(stream, &mut |message, _| visit(message))
    }

    /// The last change of each key of a bucket, including deletions, the oldest first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn entries(&mut self, bucket: &str) -> Result<Vec<Entry>> {
        self.tables.entries(bucket, 0)
    }

    /// Begins the transaction that holds all changes.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn begin(&mut self) -> Result<()> {
        self.tables.execute("BEGIN IMMEDIATE", [])
    }

    /// Makes all changes durable.
    ///
    /// # Errors
    /// If the file cannot be written. All changes are then undone when this is dropped.
    pub fn commit(&mut self) -> Result<()> {
        for row in &mut self.streams {
            let first = self.tables.first_sequence(&row.config.name)?;
            row.first = first.unwrap_or(row.last + 1);
            self.tables.put_counters(row)?;
        }
        self.tables.execute("COMMIT", [])
    }

    /// Removes a message, if it exists. Its sequence is not used again.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn erase(&mut self, stream: &str, sequence: u64) -> Result<()> {
        let Some(message) = self.tables.message(stream, sequence)? else { return Ok(()) };
        self.tables.drop_message(&message)?;
        self.tables.drop_id(&message)?;
        let row = row_of(&mut self.streams, stream)?;
        row.messages = row.messages.saturating_sub(1);
        row.bytes = row.bytes.saturating_sub(message.size());
        Ok(())
    }

    /// Replaces the body of a message, if it exists. Its sequence, time, id and headers are kept.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn rewrite(&mut self, stream: &str, sequence: u64, body: Bytes) -> Result<()> {
        let Some(message) = self.tables.message(stream, sequence)? else { return Ok(()) };
        let before = message.size();
        let rewritten = Stored { body, ..message };
        self.tables.put_body(&rewritten)?;
        let row = row_of(&mut self.streams, stream)?;
        row.bytes = (row.bytes + rewritten.size()).saturating_sub(before);
        Ok(())
    }

    /// Sets the value of a key; `None` deletes it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn put(&mut self, bucket: &str, key: &str, value: Option<Bytes>) -> Result<()> {
        let revision = self.tables.revision(bucket)? + 1;
        self.tables.put_entry(bucket, &Entry { key: key.to_owned(), revision, value })
    }

    /// Rewrites the whole file and empties its write-ahead log, so that no deleted bytes are left in either. It needs free
    /// disk space of the size of the file, and for a moment twice that.
    ///
    /// # Errors
    /// If the file cannot be written. It can be tried again.
    pub fn compact(&mut self) -> Result<()> {
        let bus_error = |error: rusqlite::Error| failure(&error);
        let connection = &self.tables.connection;
        connection.execute_batch("VACUUM").map_err(bus_error)?;
        let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_busy = connection.query_row(truncate, [], |row| row.get::<_, bool>(0));
        match is_busy.map_err(bus_error)? {
            false => Ok(()),
            true => Err(BusError::Unavailable("the log could not be emptied".to_owned())),
        }
    }
}

/// Takes the lock of copiers, so that nobody copies what is being removed.
fn lock_out_copiers(folder: &Path, path: &Path) -> std::result::Result<Option<File>, OpenError> {
    // If the lock file cannot be created here, no copier can create it either.
    let Ok(lock) = copy_lock::open(folder) else { return Ok(None) };
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: PathBuf::from(path) }),
        _ => Ok(Some(lock)),
    }
}

fn row_of<'a>(streams: &'a mut [StreamRow], stream: &str) -> Result<&'a mut StreamRow> {
    let found = streams.iter_mut().find(|row| row.config.name == stream);
    found.ok_or_else(|| BusError::NoStream(stream.to_owned()))
}
