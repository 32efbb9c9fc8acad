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
    let text = record.get(PREFIX..).unwrap_or_default();
    let is_intact = encode(text).is_some_and(|written| written == record);
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "it differs from what was written");
    is_intact.then_some(text).ok_or_else(damaged)
}
