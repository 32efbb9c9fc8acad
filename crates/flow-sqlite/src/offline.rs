//! The file while no stage runs on it.
//!
//! Comes in: which messages are to be erased or written over. Goes out: a file without a byte of them. It never runs
//! beside a bus or a copier.
//!
//! A bus only adds, and drops the oldest. Whoever must remove one message in the middle opens the
//! file like this. The lock is the same: neither a bus nor a copier can have it at once. All
//! changes are one transaction, so a kill leaves all or none of them. [`Offline::compact`] then
//! writes the file anew, since SQLite keeps deleted rows in free pages and in its log.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use wirefold_flow::store::{StreamRow, Tables as _};
use wirefold_flow::{BusError, Entry, Stored};

use crate::copy_lock::{self, Checkpoints};
use crate::error::{OpenError, failure};
use crate::layout::FILE;
use crate::open::connect;
use crate::tables::{Result, SqliteTables};

/// Messages read at once.
const BATCH: usize = 64;

/// A file that nobody else has open. Closed when it is dropped; what was not committed is undone.
pub struct Offline {
    tables: SqliteTables,
    streams: Vec<StreamRow>,
    /// Keeps copiers out.
    _copying: Option<File>,
}

impl Offline {
    /// Opens the file of a data folder, and takes its lock.
    ///
    /// # Errors
    /// An [`OpenError`]; [`OpenError::InUse`] while a bus or a copier has the file.
    pub fn open(folder: &Path) -> std::result::Result<Self, OpenError> {
        let path = folder.join(FILE);
        let told = |error: rusqlite::Error| OpenError::of(&path, &error);
        let connection = connect(folder, None)?;
        connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(())).map_err(told)?;
        let copying = lock_out_copiers(folder, &path)?;
        let checkpoints = Checkpoints::new(folder, &connection).map_err(told)?;
        let mut tables = SqliteTables::new(connection, checkpoints);
        let streams = tables.streams();
        let damaged = |error: BusError| OpenError::Damaged { path, why: error.to_string() };
        Ok(Self { streams: streams.map_err(damaged)?, tables, _copying: copying })
    }

    /// Gives each message of a stream, in order; none where there is no such stream.
    ///
    /// # Errors
    /// A failing store.
    pub fn each(&mut self, stream: &str, take: &mut dyn FnMut(Stored)) -> Result<()> {
        if self.streams.iter().all(|row| row.config.name != stream) {
            return Ok(());
        }
        let mut next = 0;
        loop {
            let batch = self.tables.scan(stream, next, BATCH)?;
            let Some(last) = batch.last() else { return Ok(()) };
            next = last.sequence + 1;
            batch.into_iter().for_each(&mut *take);
        }
    }

    /// The last change of each key of a bucket, deletions too, the oldest first.
    ///
    /// # Errors
    /// A failing store.
    pub fn entries(&mut self, bucket: &str) -> Result<Vec<Entry>> {
        self.tables.entries(bucket, 0)
    }

    /// Begins the one transaction of all changes.
    ///
    /// # Errors
    /// A failing store.
    pub fn begin(&mut self) -> Result<()> {
        self.tables.execute("BEGIN IMMEDIATE", [])
    }

    /// Makes all changes durable.
    ///
    /// # Errors
    /// A failing store; then nothing is changed once this is dropped.
    pub fn commit(&mut self) -> Result<()> {
        for row in &mut self.streams {
            let first = self.tables.first_sequence(&row.config.name)?;
            row.first = first.unwrap_or(row.last + 1);
            self.tables.put_counters(row)?;
        }
        self.tables.execute("COMMIT", [])
    }

    /// Removes a message, where it stands. Its sequence is not given to another.
    ///
    /// # Errors
    /// A failing store.
    pub fn erase(&mut self, stream: &str, sequence: u64) -> Result<()> {
        let Some(message) = self.tables.message(stream, sequence)? else { return Ok(()) };
        self.tables.drop_message(&message)?;
        self.tables.drop_id(&message)?;
        let row = row_of(&mut self.streams, stream)?;
        row.messages = row.messages.saturating_sub(1);
        row.bytes = row.bytes.saturating_sub(message.size());
        Ok(())
    }

    /// Puts another body into the place of a message's, where it stands. Sequence, time, id and headers
    /// stay.
    ///
    /// # Errors
    /// A failing store.
    pub fn rewrite(&mut self, stream: &str, sequence: u64, body: Bytes) -> Result<()> {
        let Some(message) = self.tables.message(stream, sequence)? else { return Ok(()) };
        let before = message.size();
        let written = Stored { body, ..message };
        self.tables.put_body(&written)?;
        let row = row_of(&mut self.streams, stream)?;
        row.bytes = (row.bytes + written.size()).saturating_sub(before);
        Ok(())
    }

    /// Puts a key's value; none deletes it.
    ///
    /// # Errors
    /// A failing store.
    pub fn put(&mut self, bucket: &str, key: &str, value: Option<Bytes>) -> Result<()> {
        let revision = self.tables.revision(bucket)? + 1;
        self.tables.put_entry(bucket, &Entry { key: key.to_owned(), revision, value })
    }

    /// Writes the whole file anew and empties its log: nothing that was deleted stays in either.
    /// Needs as much room on the disk as the file takes, twice for a moment.
    ///
    /// # Errors
    /// A failing store; it may be done again.
    pub fn compact(&mut self) -> Result<()> {
        let told = |error: rusqlite::Error| failure(&error);
        let connection = &self.tables.connection;
        connection.execute_batch("VACUUM").map_err(told)?;
        let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_busy = connection.query_row(truncate, [], |row| row.get::<_, bool>(0));
        match is_busy.map_err(told)? {
            false => Ok(()),
            true => Err(BusError::Unavailable("the log could not be emptied".to_owned())),
        }
    }
}

/// Nobody copies what is being removed.
fn lock_out_copiers(folder: &Path, path: &Path) -> std::result::Result<Option<File>, OpenError> {
    // Where it cannot be made nobody copies under it either.
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
