//! Checksums of messages, which show when a stored message has been damaged.
//!
//! SQLite only notices damage to the structure of a page; it does not notice a changed letter in a text. So each message
//! is stored with a CRC-32 of its whole content. A message whose checksum does not match keeps its place in the stream,
//! but is read without headers and with a body that cannot be decoded. Its reader then moves it to the dead letters, and
//! all other messages are handled as usual. Nothing is repaired here.

use bytes::Bytes;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use wirefold_flow::{Headers, Stored, UnixMillis};

use crate::tables::number;

/// The beginning of the body that a damaged message is read with.
const DAMAGED: &[u8] = b"this message is damaged: it differs from what was written";

/// Whether a stored message is still as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Soundness {
    /// Its checksum matches.
    Checked,
    /// It differs from the written content.
    Damaged,
}

/// A row of the table `messages`: key, time, subject, id, headers, body, checksum.
pub(crate) struct MessageRow<'a> {
    key: i64,
    at: u64,
    subject: &'a [u8],
    id: &'a [u8],
    headers: &'a [u8],
    body: &'a [u8],
    checksum: i64,
}

/// The checksum of a message that is stored under this key.
pub(crate) fn checksum(key: i64, message: &Stored) -> i64 {
    let row = MessageRow {
        key,
        at: message.at.0,
        subject: message.subject.as_bytes(),
        id: message.id.as_bytes(),
        headers: message.headers.packed(),
        body: &message.body,
        checksum: 0,
    };
    row.sum()
}

impl<'a> MessageRow<'a> {
    pub(crate) fn read(row: &'a Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            key: row.get(0)?,
            at: number(row, 1).unwrap_or(0),
            subject: bytes(row, 2)?,
            id: bytes(row, 3)?,
            headers: bytes(row, 4)?,
            body: bytes(row, 5)?,
            checksum: row.get(6).unwrap_or(-1),
        })
    }

    /// The message, and whether it is still as it was written.
    pub(crate) fn message(&self, stream: &str, sequence: u64) -> (Stored, Soundness) {
        let headers = || Headers::from_packed(Bytes::copy_from_slice(self.headers));
        let texts = (str::from_utf8(self.subject), str::from_utf8(self.id));
        let (soundness, headers) = match (self.checksum, texts, headers()) {
            (sum, (Ok(_), Ok(_)), Some(headers)) if sum == self.sum() => {
                (Soundness::Checked, headers)
            }
            _ => (Soundness::Damaged, Headers::default()),
        };
        let body = match soundness {
            Soundness::Damaged => self.damaged_body(),
            _ => Bytes::copy_from_slice(self.body),
        };
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let (subject, id) = (text(self.subject), text(self.id));
        let (stream, at) = (stream.to_owned(), UnixMillis(self.at));
        (Stored { stream, sequence, at, subject, id, headers, body }, soundness)
    }

    /// A body in place of the damaged one. It has about the same length, so that the stream's count of bytes stays about
    /// right.
    fn damaged_body(&self) -> Bytes {
        let length = self.headers.len() + self.body.len();
        let padding = std::iter::repeat(&b' ');
        DAMAGED.iter().chain(padding).take(length).copied().collect()
    }

    fn sum(&self) -> i64 {
        let mut sum = crc32fast::Hasher::new();
        sum.update(&self.key.to_le_bytes());
        sum.update(&self.at.to_le_bytes());
        for part in [self.subject, self.id, self.headers, self.body] {
            sum.update(&part.len().to_le_bytes());
            sum.update(part);
        }
        i64::from(sum.finalize())
    }
}

/// The bytes of a column. Empty if damage has changed the column's type.
fn bytes<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<&'a [u8]> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => &[],
    })
}
