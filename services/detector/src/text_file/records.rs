//! The records of a text file: the length and the CRC-32 of a text, four little-endian bytes each,
//! then the text.

use std::io;

/// The bytes of length and checksum.
pub(super) const PREFIX: usize = 8;

/// Encodes a text as a record; `None` if its length does not fit into four bytes.
pub(super) fn encode(text: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(text.len()).ok()?;
    let mut record = Vec::with_capacity(PREFIX + text.len());
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(&crc32fast::hash(text).to_le_bytes());
    record.extend_from_slice(text);
    Some(record)
}

/// The text of a record. An error unless the bytes are exactly one intact record.
pub(super) fn check(record: &[u8]) -> io::Result<&[u8]> {
    match first_text(record) {
        Some(text) if has_right_checksum(record, text) && PREFIX + text.len() == record.len() => {
            Ok(text)
        }
        _ => Err(damaged()),
    }
}

/// The text of the first record, if the record is complete.
fn first_text(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    rest.get(PREFIX - 4..)?.get(..length)
}

fn has_right_checksum(record: &[u8], text: &[u8]) -> bool {
    record[4..PREFIX] == crc32fast::hash(text).to_le_bytes()
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it differs from what was written")
}
