//! Implements the tables that the rules of [`wirefold_flow::store`] need with SQLite.
//!
//! A message whose checksum does not match is read as damaged.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use wirefold_flow::store::{RecentId, StreamRow, Tables};
use wirefold_flow::{BusError, Entry, Stored, StreamConfig, UnixMillis, matches};

use crate::acknowledged::Acknowledged;
use crate::checksum::{MessageRow, Soundness, number};
use crate::copy_lock::Checkpoints;
use crate::error::failure;
use crate::packing::Packer;

pub(crate) type Result<T> = std::result::Result<T, BusError>;

/// How many bits of a message's key are its sequence; the rest is its stream's number.
const SEQUENCE_BITS: u32 = 48;
const LAST_SEQUENCE: i64 = (1 << SEQUENCE_BITS) - 1;

/// How many messages one query returns when all of a stream are read.
const BATCH: usize = 64;
/// The maximum number of old ids that one step deletes. A step follows every half as many messages.
const DELETED_IDS_AT_ONCE: u64 = 128;

fn key(stream: i64, sequence: u64) -> i64 {
    (stream << SEQUENCE_BITS) | int(sequence).min(LAST_SEQUENCE)
}

fn sequence(key: i64) -> u64 {
    u64::try_from(key & LAST_SEQUENCE).unwrap_or(0)
}

/// A query over messages.
macro_rules! message_sql {
    ($rest:literal) => {
        concat!("SELECT key, at, subject, id, length, checksum, content FROM messages ", $rest)
    };
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// The tables of one open file.
pub(crate) struct SqliteTables {
    pub(crate) connection: Connection,
    /// The numbers of the streams by name. They never change.
    numbers: HashMap<String, i64>,
    packer: RefCell<Packer>,
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

    /// Reads a message, damaged or not.
    fn any_message(&self, stream: &str, row: &Row<'_>) -> rusqlite::Result<(Stored, Soundness)> {
        let sequence = sequence(row.get(0)?);
        Ok(MessageRow::read(row)?.message(stream, sequence, &mut self.packer.borrow_mut()))
    }

    /// The messages of a stream from a sequence on, damaged or not.
    fn any_messages(
        &mut self,
        stream: &str,
        from: u64,
        max: usize,
    ) -> Result<Vec<(Stored, Soundness)>> {
        let number = self.number_of(stream)?;
        let (first, last) = (key(number, from), key(number, u64::MAX));
        let sql = message_sql!("WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?");
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        self.all(sql, [first, last, max], |row| self.any_message(stream, row))
    }

    /// Calls `visit` for each message of a stream, in order, with the result of its checksum. If there is no such stream,
    /// it is not called.
    pub(crate) fn each_message(
        &mut self,
        stream: &str,
        visit: &mut dyn FnMut(Stored, Soundness),
    ) -> Result<()> {
        let mut next = 0;
        loop {
            let batch = match self.any_messages(stream, next, BATCH) {
                Err(BusError::NoStream(_)) => return Ok(()),
                batch => batch?,
            };
            let Some((last, _)) = batch.last() else { return Ok(()) };
            next = last.sequence + 1;
            batch.into_iter().for_each(|(message, soundness)| visit(message, soundness));
        }
    }

    /// The number of a stream, which must exist.
    fn number_of(&mut self, stream: &str) -> Result<i64> {
        if let Some(number) = self.numbers.get(stream) {
            return Ok(*number);
        }
        let sql = "SELECT number FROM streams WHERE name = ?";
        let found = self.one(sql, [stream], |row| row.get(0))?;
        let number = found.ok_or_else(|| BusError::NoStream(stream.to_owned()))?;
        self.numbers.insert(stream.to_owned(), number);
        Ok(number)
    }

    /// The last key of a message whose subject matches the filter.
    fn last_matching(&self, filter: &str, first: i64, last: i64) -> rusqlite::Result<Option<i64>> {
        let has_wildcards = filter.split('.').any(|token| matches!(token, "*" | ">"));
        let sql = match has_wildcards {
            true => "SELECT key, subject FROM messages WHERE key BETWEEN ? AND ? ORDER BY key DESC",
            false => {
                "SELECT key, subject FROM messages
                 WHERE key BETWEEN ? AND ? AND subject = ? ORDER BY key DESC LIMIT 1"
            }
        };
        let mut sql = self.connection.prepare_cached(sql)?;
        let mut rows = match has_wildcards {
            true => sql.query([first, last])?,
            false => sql.query(params![first, last, filter])?,
        };
        while let Some(row) = rows.next()? {
            if row.get_ref(1)?.as_str().is_ok_and(|subject| matches(filter, subject)) {
                return row.get(0).map(Some);
            }
        }
        Ok(None)
    }

    /// Replaces the body of a stored message.
    pub(crate) fn put_body(&mut self, message: &Stored) -> Result<()> {
        let key = key(self.number_of(&message.stream)?, message.sequence);
        let packed = self.packer.get_mut().pack(&message.headers, &message.body);
        let checksum = MessageRow::new(key, message, &packed).sum();
        let sql = "UPDATE messages SET length = ?, checksum = ?, content = ? WHERE key = ?";
        self.execute(sql, params![int(packed.length), checksum, packed.content, key])
    }

    /// Deletes the remembered id of a message, so that a message with the same id can be stored again.
    pub(crate) fn drop_id(&mut self, message: &Stored) -> Result<()> {
        let key = key(self.number_of(&message.stream)?, message.sequence);
        self.execute("DELETE FROM ids WHERE key = ?", [key])
    }

    /// The sequence of the first message in a stream.
    pub(crate) fn first_sequence(&mut self, stream: &str) -> Result<Option<u64>> {
        let number = self.number_of(stream)?;
        let sql = "SELECT min(key) FROM messages WHERE key BETWEEN ? AND ?";
        let keys = [key(number, 0), key(number, u64::MAX)];
        let first = self.one(sql, keys, |row| row.get::<_, Option<i64>>(0))?;
        Ok(first.flatten().map(sequence))
    }
}

/// A number as SQLite's signed integer. Times, sequences and sizes fit.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
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
        let sql = "SELECT name, subjects, max_age, max_bytes, max_message, window, readers,
                   first, last, messages, bytes FROM streams ORDER BY number";
        self.all(sql, [], |row| {
            let config = StreamConfig {
                name: row.get(0)?,
                subjects: lines(&row.get::<_, String>(1)?),
                max_age: Duration::from_millis(number(row, 2)?),
                max_bytes: number(row, 3)?,
                max_message: number(row, 4)?,
                window: Duration::from_millis(number(row, 5)?),
                readers: lines(&row.get::<_, String>(6)?),
            };
            Ok(StreamRow {
                config,
                first: number(row, 7)?,
                last: number(row, 8)?,
                messages: number(row, 9)?,
                bytes: number(row, 10)?,
            })
        })
    }

    fn put_stream(&mut self, row: &StreamRow) -> Result<()> {
        let sql = "INSERT INTO streams
            (name, subjects, max_age, max_bytes, max_message, window, readers,
             first, last, messages, bytes, last_id)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')
            ON CONFLICT (name) DO UPDATE SET subjects = excluded.subjects,
             max_age = excluded.max_age, max_bytes = excluded.max_bytes,
             max_message = excluded.max_message, window = excluded.window,
             readers = excluded.readers";
        let config = &row.config;
        let values = params![
            config.name,
            config.subjects.join("\n"),
            millis(config.max_age),
            int(config.max_bytes),
            int(config.max_message),
            millis(config.window),
            config.readers.join("\n"),
            int(row.first),
            int(row.last),
            int(row.messages),
            int(row.bytes)
        ];
        self.execute(sql, values)
    }

    fn put_counters(&mut self, row: &StreamRow) -> Result<()> {
        let stream = self.number_of(&row.config.name)?;
        let sql =
            "UPDATE streams SET first = ?, last = ?, messages = ?, bytes = ? WHERE number = ?";
        let counters = [row.first, row.last, row.messages, row.bytes].map(int);
        let [first, last, messages, bytes] = counters;
        self.execute(sql, params![first, last, messages, bytes, stream])
    }

    fn insert(&mut self, message: &Stored) -> Result<()> {
        let key = key(self.number_of(&message.stream)?, message.sequence);
        let packed = self.packer.get_mut().pack(&message.headers, &message.body);
        let row = MessageRow::new(key, message, &packed);
        let sql = "INSERT INTO messages (key, at, subject, id, length, checksum, content)
                   VALUES (?, ?, ?, ?, ?, ?, ?)";
        let (at, length, checksum) = (int(message.at.0), int(packed.length), row.sum());
        let (subject, id, content) = (&message.subject, &message.id, &packed.content);
        self.execute(sql, params![key, at, subject, id, length, checksum, content])
    }

    fn message(&mut self, stream: &str, sequence: u64) -> Result<Option<Stored>> {
        let key = key(self.number_of(stream)?, sequence);
        let sql = message_sql!("WHERE key = ?");
        let found = self.one(sql, [key], |row| self.any_message(stream, row))?;
        Ok(found.map(|(message, _)| message))
    }

    fn scan(&mut self, stream: &str, from: u64, max: usize) -> Result<Vec<Stored>> {
        let messages = self.any_messages(stream, from, max)?;
        Ok(messages.into_iter().map(|(message, _)| message).collect())
    }

    // Nothing can be continued from a damaged message.
    fn last(&mut self, stream: &str, filter: &str) -> Result<Option<Stored>> {
        let stream_number = self.number_of(stream)?;
        let (first, mut last) = (key(stream_number, 0), key(stream_number, u64::MAX));
        loop {
            let found = self.last_matching(filter, first, last);
            let Some(found) = found.map_err(|error| failure(&error))? else { return Ok(None) };
            let sql = message_sql!("WHERE key = ?");
            match self.one(sql, [found], |row| self.any_message(stream, row))? {
                Some((_, Soundness::Damaged)) | None => last = found - 1,
                Some((message, _)) => return Ok(Some(message)),
            }
        }
    }

    fn drop_message(&mut self, message: &Stored) -> Result<()> {
        let key = key(self.number_of(&message.stream)?, message.sequence);
        self.execute("DELETE FROM messages WHERE key = ?", [key])
    }

    // From time to time this deletes the ids that are too old.
    fn remember_id(&mut self, message: &Stored, after: UnixMillis) -> Result<()> {
        let stream = self.number_of(&message.stream)?;
        let (first, this) = (key(stream, 0), key(stream, message.sequence));
        if message.sequence.is_multiple_of(DELETED_IDS_AT_ONCE / 2) {
            let oldest = "SELECT key, at FROM ids WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?";
            let oldest = self.all(oldest, [first, this, int(DELETED_IDS_AT_ONCE)], |row| {
                Ok((row.get::<_, i64>(0)?, number(row, 1)?))
            })?;
            let too_old = oldest.iter().take_while(|(_, at)| *at <= after.0).last();
            if let Some((last, _)) = too_old {
                self.execute("DELETE FROM ids WHERE key BETWEEN ? AND ?", [first, *last])?;
            }
        }
        let sql = "INSERT INTO ids (key, at, id) VALUES (?, ?, ?)";
        self.execute(sql, params![this, int(message.at.0), message.id])
    }

    fn recent_ids(&mut self, stream: &str, after: UnixMillis) -> Result<Vec<RecentId>> {
        let stream_number = self.number_of(stream)?;
        let (first, last) = (key(stream_number, 0), key(stream_number, u64::MAX));
        let sql = "SELECT key, at, id FROM ids WHERE key BETWEEN ? AND ? AND at > ? ORDER BY key";
        self.all(sql, [first, last, int(after.0)], |row| {
            let at = UnixMillis(number(row, 1)?);
            Ok(RecentId { id: row.get(2)?, sequence: sequence(row.get(0)?), at })
        })
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
