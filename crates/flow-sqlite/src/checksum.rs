//! Checksums of messages, which show when a stored message has been damaged.
//!
//! SQLite only notices damage to the structure of a page; it does not notice a changed letter in a text. So each message
//! is stored with a CRC-32 of its whole row. A message whose checksum does not match keeps its place in the stream,
//! but is read without headers and with a body that cannot be decoded. Its reader then moves it to the dead letters, and
//! all other messages are handled as usual. Nothing is repaired here.

use bytes::Bytes;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use wirefold_flow::{Headers, Stored, UnixMillis};

use crate::packing::{Packed, Packer};

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

/// A row of the table `messages`: key, time, subject, id, length, checksum, content.
pub(crate) struct MessageRow<'a> {
    key: i64,
    at: u64,
    subject: &'a [u8],
    id: &'a [u8],
    length: u64,
    checksum: i64,
    content: &'a [u8],
}

impl<'a> MessageRow<'a> {
    /// The row of a message that is stored under this key, without its checksum.
    pub(crate) fn new(key: i64, message: &'a Stored, packed: &'a Packed) -> Self {
        Self {
            key,
            at: message.at.0,
            subject: message.subject.as_bytes(),
            id: message.id.as_bytes(),
            length: packed.length,
            checksum: 0,
            content: &packed.content,
        }
    }

    pub(crate) fn read(row: &'a Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            key: row.get(0)?,
            at: number(row, 1).unwrap_or(0),
            subject: bytes(row, 2)?,
            id: bytes(row, 3)?,
            length: number(row, 4).unwrap_or(0),
            checksum: row.get(5).unwrap_or(-1),
            content: bytes(row, 6)?,
        })
    }

    /// The message, and whether it is still as it was written.
    pub(crate) fn message(
        &self,
        stream: &str,
        sequence: u64,
        packer: &mut Packer,
    ) -> (Stored, Soundness) {
        let (soundness, (headers, body)) = match self.content(packer) {
            Some(content) => (Soundness::Checked, content),
            None => (Soundness::Damaged, (Headers::default(), self.damaged_body())),
        };
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let (subject, id) = (text(self.subject), text(self.id));
        let (stream, at) = (stream.to_owned(), UnixMillis(self.at));
        (Stored { stream, sequence, at, subject, id, headers, body }, soundness)
    }

    /// Headers and body. `None` if anything of the row is damaged.
    fn content(&self, packer: &mut Packer) -> Option<(Headers, Bytes)> {
        let are_texts = str::from_utf8(self.subject).is_ok() && str::from_utf8(self.id).is_ok();
        let is_sound = are_texts && self.checksum == self.sum();
        if is_sound { packer.unpack(self.content, self.length) } else { None }
    }

    /// A body in place of the damaged one. It is as long as the stored content, so that the stream's count of bytes never
    /// loses more than the message had.
    fn damaged_body(&self) -> Bytes {
        let padding = std::iter::repeat(&b' ');
        DAMAGED.iter().chain(padding).take(self.content.len()).copied().collect()
    }

    pub(crate) fn sum(&self) -> i64 {
        let mut sum = crc32fast::Hasher::new();
        sum.update(&self.key.to_le_bytes());
        sum.update(&self.at.to_le_bytes());
        sum.update(&self.length.to_le_bytes());
        for part in [self.subject, self.id, self.content] {
            sum.update(&part.len().to_le_bytes());
            sum.update(part);
        }
        i64::from(sum.finalize())
    }
}

/// The number in a column. A negative number, which is never written, is read as 0.
pub(crate) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or(0))
}

/// The bytes of a column. Empty if damage has changed the column's type.
fn bytes<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<&'a [u8]> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => &[],
    })
}
