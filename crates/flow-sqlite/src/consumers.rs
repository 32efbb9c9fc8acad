//! The rows of durable consumers: the next message of each, and its deliveries that are not acknowledged yet.
//!
//! The rules for them are in [`wirefold_flow::store`]; here they are only stored and read.

use rusqlite::{Row, params};
use wirefold_flow::UnixMillis;
use wirefold_flow::store::{ConsumerRow, Pending};

use crate::tables::{Result, SqliteTables, int, number};

fn pending(row: &Row<'_>) -> rusqlite::Result<Pending> {
    let due = UnixMillis(number(row, 2)?);
    Ok(Pending { sequence: number(row, 0)?, attempt: row.get(1)?, due })
}

impl SqliteTables {
    fn reader_number(&mut self, stream: &str, durable: &str) -> Result<Option<i64>> {
        let stream = self.number_of(stream)?;
        // Kept in memory, because each delivery needs it twice.
        let is_it = |known: &&(i64, String, i64)| known.0 == stream && known.1 == durable;
        if let Some((_, _, number)) = self.reader_numbers.iter().find(is_it) {
            return Ok(Some(*number));
        }
        let sql = "SELECT number FROM readers WHERE stream = ? AND durable = ?";
        let found = self.one(sql, params![stream, durable], |row| row.get(0))?;
        self.reader_numbers.extend(found.map(|number| (stream, durable.to_owned(), number)));
        Ok(found)
    }

    pub(crate) fn consumer_state(
        &mut self,
        stream: &str,
        durable: &str,
    ) -> Result<Option<ConsumerRow>> {
        let stream = self.number_of(stream)?;
        let sql = "SELECT next, count(sequence), min(sequence), min(due)
                   FROM readers LEFT JOIN pending ON reader = number
                   WHERE stream = ? AND durable = ? GROUP BY number";
        self.one(sql, params![stream, durable], |row| {
            let lowest = |column| -> rusqlite::Result<Option<u64>> {
                Ok(row.get::<_, Option<i64>>(column)?.and_then(|low| u64::try_from(low).ok()))
            };
            Ok(ConsumerRow {
                next: number(row, 0)?,
                pending: number(row, 1)?,
                first_pending: lowest(2)?,
                next_due: lowest(3)?.map(UnixMillis),
            })
        })
    }

    pub(crate) fn put_next(&mut self, stream: &str, durable: &str, next: u64) -> Result<()> {
        let stream = self.number_of(stream)?;
        let sql = "INSERT INTO readers (stream, durable, next) VALUES (?, ?, ?)
                   ON CONFLICT (stream, durable) DO UPDATE SET next = excluded.next";
        self.execute(sql, params![stream, durable, int(next)])
    }

    pub(crate) fn pending_at(
        &mut self,
        stream: &str,
        durable: &str,
        sequence: u64,
    ) -> Result<Option<Pending>> {
        let Some(reader) = self.reader_number(stream, durable)? else {
            return Ok(None);
        };
        let sql = "SELECT sequence, attempt, due FROM pending WHERE reader = ? AND sequence = ?";
        self.one(sql, [reader, int(sequence)], pending)
    }

    pub(crate) fn pending_due(
        &mut self,
        stream: &str,
        durable: &str,
        now: UnixMillis,
        max: usize,
    ) -> Result<Vec<Pending>> {
        let Some(reader) = self.reader_number(stream, durable)? else {
            return Ok(Vec::new());
        };
        let sql = "SELECT sequence, attempt, due FROM pending
                   WHERE reader = ? AND due <= ? ORDER BY sequence LIMIT ?";
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        self.all(sql, [reader, int(now.0), max], pending)
    }

    pub(crate) fn put_pending_row(
        &mut self,
        stream: &str,
        durable: &str,
        pending: Pending,
    ) -> Result<()> {
        let Some(reader) = self.reader_number(stream, durable)? else {
            return Ok(());
        };
        let sql = "INSERT OR REPLACE INTO pending (reader, sequence, attempt, due)
                   VALUES (?, ?, ?, ?)";
        let (sequence, due) = (int(pending.sequence), int(pending.due.0));
        self.execute(sql, params![reader, sequence, pending.attempt, due])
    }

    pub(crate) fn delete_pending(
        &mut self,
        stream: &str,
        durable: &str,
        sequence: u64,
    ) -> Result<()> {
        let Some(reader) = self.reader_number(stream, durable)? else {
            return Ok(());
        };
        let sql = "DELETE FROM pending WHERE reader = ? AND sequence = ?";
        self.execute(sql, [reader, int(sequence)])
    }
}
