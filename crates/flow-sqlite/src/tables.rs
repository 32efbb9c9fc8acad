//! Implements the tables that the rules of [`wirefold_flow::store`] need with SQLite.

use std::cell::RefCell;
use std::collections::HashMap;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use wirefold_flow::store::{RecentId, StreamRow, Tables};
use wirefold_flow::{BusError, Entry, Stored, UnixMillis};

use crate::acknowledged::Acknowledged;
use crate::copy_lock::Checkpoints;
use crate::error::failure;
use crate::packing::Packer;

pub(crate) type Result<T> = std::result::Result<T, BusError>;

/// The tables of one open file. Further methods are in `streams.rs`.
pub(crate) struct SqliteTables {
    pub(crate) connection: Connection,
    /// The numbers of the streams by name. They never change.
    pub(crate) numbers: HashMap<String, i64>,
    pub(crate) packer: RefCell<Packer>,
    checkpoints: Checkpoints,
    acknowledged: Acknowledged,
    /// SQLite's count of changed rows when the group began.
    changes_before: u64,
}

impl SqliteTables {
    pub(crate) fn new(
        connection: Connection,
        checkpoints: Checkpoints,
        acknowledged: Acknowledged,
    ) -> Self {
        let (numbers, packer) = (HashMap::new(), RefCell::new(Packer::new()));
        Self { connection, numbers, packer, checkpoints, acknowledged, changes_before: 0 }
    }

    pub(crate) fn execute(&self, sql: &str, values: impl Params) -> Result<()> {
        let done = self.connection.prepare_cached(sql).and_then(|mut query| query.execute(values));
        done.map(|_| ()).map_err(|error| failure(&error))
    }

    pub(crate) fn one<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        let found = self.connection.prepare_cached(sql);
        let found = found.and_then(|mut query| query.query_row(values, read).optional());
        found.map_err(|error| failure(&error))
    }

    pub(crate) fn all<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let found = self.connection.prepare_cached(sql);
        let found = found.and_then(|mut query| query.query_map(values, read)?.collect());
        found.map_err(|error| failure(&error))
    }

    fn statement(&self, sql: &str) -> Result<()> {
        self.execute(sql, [])
    }
}

/// A number as SQLite's signed integer. Times, sequences and sizes fit.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The number in a column. A negative number, which is never written, is read as 0.
pub(crate) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or(0))
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let value: Option<Vec<u8>> = row.get(2)?;
    Ok(Entry { key: row.get(0)?, revision: number(row, 1)?, value: value.map(Bytes::from) })
}

impl Tables for SqliteTables {
    fn begin(&mut self) -> Result<()> {
        self.checkpoints.pause_for_copiers(&self.connection).map_err(|error| failure(&error))?;
        self.changes_before = self.connection.total_changes();
        self.statement("BEGIN IMMEDIATE")
    }

    fn has_changes(&self) -> bool {
        self.connection.total_changes() != self.changes_before
    }

    fn commit(&mut self) -> Result<()> {
        match self.has_changes() {
            true => self.acknowledged.commit(&self.connection).map_err(|error| failure(&error)),
            false => self.statement("COMMIT"),
        }
    }

    fn roll_back(&mut self) -> Result<()> {
        self.numbers.clear();
        // When the disk is full, SQLite may have rolled back already.
        if self.connection.is_autocommit() { Ok(()) } else { self.statement("ROLLBACK") }
    }

    fn streams(&mut self) -> Result<Vec<StreamRow>> {
        self.all_streams()
    }

    fn put_stream(&mut self, row: &StreamRow) -> Result<()> {
        self.put_whole_stream(row)
    }

    fn put_counters(&mut self, row: &StreamRow) -> Result<()> {
        self.put_stream_counters(row)
    }

    fn insert(&mut self, message: &Stored) -> Result<()> {
        self.insert_message(message)
    }

    fn message(&mut self, stream: &str, sequence: u64) -> Result<Option<Stored>> {
        self.message_at(stream, sequence)
    }

    fn scan(&mut self, stream: &str, from: u64, max: usize) -> Result<Vec<Stored>> {
        self.messages_from(stream, from, max)
    }

    fn last(&mut self, stream: &str, filter: &str) -> Result<Option<Stored>> {
        self.last_message(stream, filter)
    }

    fn drop_message(&mut self, message: &Stored) -> Result<()> {
        self.delete_message(message)
    }

    fn remember_id(&mut self, message: &Stored, after: UnixMillis) -> Result<()> {
        self.put_id(message, after)
    }

    fn recent_ids(&mut self, stream: &str, after: UnixMillis) -> Result<Vec<RecentId>> {
        self.ids_after(stream, after)
    }

    fn mark(&mut self, stream: &str, reader: &str) -> Result<u64> {
        let stream = self.number_of(stream)?;
        let sql = "SELECT through FROM marks WHERE stream = ? AND reader = ?";
        let found = self.one(sql, params![stream, reader], |row| number(row, 0))?;
        Ok(found.unwrap_or(0))
    }

    fn put_mark(&mut self, stream: &str, reader: &str, through: u64) -> Result<()> {
        let stream = self.number_of(stream)?;
        let sql = "INSERT OR REPLACE INTO marks (stream, reader, through) VALUES (?, ?, ?)";
        self.execute(sql, params![stream, reader, int(through)])
    }

    fn entry(&mut self, bucket: &str, key: &str) -> Result<Option<Entry>> {
        let sql = "SELECT key, revision, value FROM entries WHERE bucket = ? AND key = ?";
        self.one(sql, [bucket, key], entry)
    }

    fn put_entry(&mut self, bucket: &str, entry: &Entry) -> Result<()> {
        let sql = "INSERT INTO entries (bucket, key, revision, value) VALUES (?, ?, ?, ?)
                   ON CONFLICT DO UPDATE SET revision = excluded.revision, value = excluded.value";
        self.execute(sql, params![bucket, entry.key, int(entry.revision), entry.value.as_deref()])
    }

    fn entries(&mut self, bucket: &str, after: u64) -> Result<Vec<Entry>> {
        let sql = "SELECT key, revision, value FROM entries
                   WHERE bucket = ? AND revision > ? ORDER BY revision";
        self.all(sql, params![bucket, int(after)], entry)
    }

    fn entries_under(&mut self, bucket: &str, name: &str, after: u64) -> Result<Vec<Entry>> {
        // The slash is the character that follows the dot, so this range holds all keys that begin with `name.`.
        let (first, end) = (format!("{name}."), format!("{name}/"));
        let sql = "SELECT key, revision, value FROM entries
                   WHERE bucket = ?1 AND (key = ?2 OR (key >= ?3 AND key < ?4)) AND revision > ?5
                   ORDER BY revision";
        self.all(sql, params![bucket, name, first, end, int(after)], entry)
    }

    fn revision(&mut self, bucket: &str) -> Result<u64> {
        let sql = "SELECT max(revision) FROM entries WHERE bucket = ?";
        let last = self.one(sql, [bucket], |row| row.get::<_, Option<i64>>(0))?;
        Ok(last.flatten().and_then(|last| u64::try_from(last).ok()).unwrap_or(0))
    }
}
