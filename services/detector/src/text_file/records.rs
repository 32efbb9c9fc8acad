//! The records of a text file: the length and the CRC-32 of a text, four little-endian bytes each,
//! then the text.

use std::io;

/// The bytes of length and checksum.
pub(super) const PREFIX: usize = 8;
/// How many bytes one step copies, unless a text is longer.
const PIECE_BYTES: u64 = 1 << 18;

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

/// Passes the first `length` bytes of the output of `read` to `give`, in pieces of whole records.
pub(super) fn copy(
    length: u64,
    read: &dyn Fn(u64, &mut [u8]) -> io::Result<()>,
    give: &mut dyn FnMut(Vec<u8>),
) -> io::Result<()> {
    let (mut at, mut most) = (0, PIECE_BYTES);
    while at < length {
        let length_of_piece = most.min(length - at);
        let mut piece = vec![0; usize::try_from(length_of_piece).map_err(|_| damaged())?];
        read(at, &mut piece)?;
        let whole = whole_records(&piece)?;
        match whole {
            0 if length_of_piece == length - at => return Err(damaged()),
            0 => most *= 2,
            _ => most = PIECE_BYTES,
        }
        at += whole as u64;
        piece.truncate(whole);
        give(piece);
    }
    Ok(())
}

/// How many bytes at the beginning of a piece are whole records. An error if one of them is
/// damaged.
fn whole_records(piece: &[u8]) -> io::Result<usize> {
    let mut at = 0;
    while let Some(text) = first_text(&piece[at..]) {
        if !has_right_checksum(&piece[at..], text) {
            return Err(damaged());
        }
        at += PREFIX + text.len();
    }
    Ok(at)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_longer_than_a_piece_are_copied_too() {
        let texts = [vec![1; 9], vec![2; 3 << 18], vec![3; 1 << 17], vec![4; 1 << 17], vec![5]];
        let all: Vec<u8> = texts.iter().flat_map(|text| encode(text).unwrap()).collect();
        let read = |at: u64, bytes: &mut [u8]| {
            let at = usize::try_from(at).unwrap();
            bytes.copy_from_slice(&all[at..at + bytes.len()]);
            Ok(())
        };
        let mut copied = Vec::new();
        copy(all.len() as u64, &read, &mut |piece| copied.extend(piece)).unwrap();
        assert_eq!(copied, all);
        assert!(copy(all.len() as u64 - 1, &read, &mut drop).is_err(), "the last one is cut");
    }
}
