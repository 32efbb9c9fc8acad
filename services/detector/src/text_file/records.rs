//! The form of what stands in a text file: length and CRC-32 of a text, four bytes each, the lowest first;
//! then the text.

use std::io;

/// Length and checksum.
pub(super) const PREFIX: usize = 8;
/// Bytes that are copied at once, where no text is longer.
const PIECE: u64 = 1 << 18;

/// A text as a record; `None` of one that is too long to say so.
pub(super) fn record(text: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(text.len()).ok()?;
    let mut record = Vec::with_capacity(PREFIX + text.len());
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(&crc32fast::hash(text).to_le_bytes());
    record.extend_from_slice(text);
    Some(record)
}

/// The text of a record, if it is whole and nothing more.
pub(super) fn checked(record: &[u8]) -> io::Result<&[u8]> {
    match first(record) {
        Some(text) if is_right(record, text) && PREFIX + text.len() == record.len() => Ok(text),
        _ => Err(changed()),
    }
}

/// Gives the records that begin in the first so many bytes of what `read` reads, in pieces of whole ones.
pub(super) fn copy(
    length: u64,
    read: &dyn Fn(u64, &mut [u8]) -> io::Result<()>,
    give: &mut dyn FnMut(Vec<u8>),
) -> io::Result<()> {
    let (mut at, mut most) = (0, PIECE);
    while at < length {
        let asked = most.min(length - at);
        let mut piece = vec![0; usize::try_from(asked).map_err(|_| changed())?];
        read(at, &mut piece)?;
        let whole = whole(&piece)?;
        match whole {
            0 if asked == length - at => return Err(changed()),
            0 => most *= 2,
            _ => most = PIECE,
        }
        at += whole as u64;
        piece.truncate(whole);
        give(piece);
    }
    Ok(())
}

/// How many bytes at the beginning are whole records.
fn whole(piece: &[u8]) -> io::Result<usize> {
    let mut at = 0;
    while let Some(text) = first(&piece[at..]) {
        if !is_right(&piece[at..], text) {
            return Err(changed());
        }
        at += PREFIX + text.len();
    }
    Ok(at)
}

/// The text of the first record, if all of it is there.
fn first(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    rest.get(PREFIX - 4..)?.get(..length)
}

fn is_right(record: &[u8], text: &[u8]) -> bool {
    record[4..PREFIX] == crc32fast::hash(text).to_le_bytes()
}

fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is not as it was written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_longer_than_a_piece_are_copied_too() {
        let texts = [vec![1; 9], vec![2; 3 << 18], vec![3; 1 << 17], vec![4; 1 << 17], vec![5]];
        let all: Vec<u8> = texts.iter().flat_map(|text| record(text).unwrap()).collect();
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
