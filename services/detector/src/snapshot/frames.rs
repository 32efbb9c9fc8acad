//! The bytes of a snapshot: frames with checksums. The first frame is the header.
//!
//! Pieces of bytes come in and frames go out, and the other way round. This module never knows what
//! the pieces mean.

use std::ops::Range;

use thiserror::Error;
use tokio::sync::mpsc;
use wirefold_dedup::codec::{Encode, LAYOUT, Reader, Writer};
use wirefold_dedup::written;
use wirefold_flow::CommittedDecision;

/// The first bytes of a snapshot.
const MAGIC: u64 = u64::from_be_bytes(*b"wfsnap\r\n");
/// The version of the layout of frames, header and the tables of this service. The tables of
/// `dedup` have a version of their own.
const FORMAT: u32 = 7;
/// The version before, which can still be read. Its segments are not divided into sections.
const FORMAT_WITHOUT_SECTIONS: u32 = 6;
/// A longer frame cannot be intact.
const MAX_FRAME_BYTES: u32 = 1 << 30;
/// The bytes of length and checksum.
pub(super) const PREFIX: usize = 8;

/// Why a snapshot is skipped.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum InvalidSnapshot {
    #[error("it is cut short")]
    CutShort,
    #[error("its bytes are not those that were written")]
    Broken,
    #[error("its {0} is missing")]
    MissingSegment(String),
    #[error("the bytes of its {0} are not those that were written")]
    BrokenSegment(String),
    #[error("it is not a snapshot")]
    NotASnapshot,
    #[error("it is of another release")]
    OtherLayout,
    #[error("it was made by other settings")]
    OtherSettings,
    #[error("its last decision is not in the stream")]
    UnknownDecision,
}

/// The first frame of a head: the origin of the snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// A hash of the settings by which everything was judged.
    pub(crate) settings: u64,
    /// The last decision that the snapshot includes.
    pub(crate) last: CommittedDecision,
    /// The text files that the state refers to.
    pub(crate) text_files: Vec<TextFileEntry>,
    /// Whether the state is one sequence of values without sections, as in the version before.
    pub(crate) is_without_sections: bool,
}

/// A text file as a snapshot names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextFileEntry {
    /// "" if the file has no name and cannot be found again.
    pub(crate) name: String,
    /// How many of its bytes belong to the snapshot.
    pub(crate) length: u64,
}

written!(TextFileEntry { name, length });

impl Header {
    fn write_to(&self, to: &mut Writer<'_>) {
        MAGIC.write_to(to);
        (FORMAT, LAYOUT).write_to(to);
        self.settings.write_to(to);
        (self.last.sequence, self.last.id.clone()).write_to(to);
        self.text_files.write_to(to);
    }

    /// Encodes the header as the first frame.
    pub(crate) fn to_frame(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut give = |piece: Vec<u8>| bytes.extend_from_slice(&piece);
        let mut writer = Writer::new(&mut give);
        self.write_to(&mut writer);
        writer.finish();
        frame(&bytes)
    }

    /// Decodes the first frame.
    pub(crate) fn read(frame: Vec<u8>) -> Result<Self, InvalidSnapshot> {
        let mut frame = Some(frame);
        let mut next = || frame.take();
        let mut from = Reader::new(&mut next);
        if u64::read_from(&mut from) != Some(MAGIC) {
            return Err(InvalidSnapshot::NotASnapshot);
        }
        let is_without_sections = match Encode::read_from(&mut from) {
            Some((FORMAT, LAYOUT)) => false,
            Some((FORMAT_WITHOUT_SECTIONS, LAYOUT)) => true,
            _ => return Err(InvalidSnapshot::OtherLayout),
        };
        let settings = u64::read_from(&mut from);
        let last = <(u64, String)>::read_from(&mut from);
        let (settings, (sequence, id)) = settings.zip(last).ok_or(InvalidSnapshot::OtherLayout)?;
        let text_files = Encode::read_from(&mut from).ok_or(InvalidSnapshot::OtherLayout)?;
        Ok(Self {
            settings,
            last: CommittedDecision { sequence, id },
            text_files,
            is_without_sections,
        })
    }
}

/// The lowest byte of a frame's checksum, by which segments end.
pub(super) fn lowest_checksum_byte(frame: &[u8]) -> u8 {
    frame.get(4).copied().unwrap_or(0)
}

/// Encodes bytes as a frame.
pub(super) fn frame(piece: &[u8]) -> Vec<u8> {
    let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(PREFIX + piece.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&crc32fast::hash(piece).to_le_bytes());
    frame.extend_from_slice(piece);
    frame
}

/// The contents of all frames of a segment in one piece. Each frame holds whole values.
pub(crate) fn join_frames(segment: Vec<u8>) -> Result<Vec<u8>, InvalidSnapshot> {
    let (mut bytes, mut at, mut length) = (segment, 0, 0);
    while at < bytes.len() {
        let piece = frame_contents_at(&bytes, at)?.ok_or(InvalidSnapshot::CutShort)?;
        bytes.copy_within(piece.clone(), length);
        (at, length) = (piece.end, length + piece.len());
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// The range of the contents of the frame that begins at `at`; `None` if the frame is not complete.
fn frame_contents_at(bytes: &[u8], at: usize) -> Result<Option<Range<usize>>, InvalidSnapshot> {
    let Some(prefix) = bytes.get(at..at + PREFIX) else { return Ok(None) };
    let number = |part: &[u8]| part.iter().rev().fold(0, |n, b| n << 8 | u32::from(*b));
    let (length, sum) = (number(&prefix[..4]), number(&prefix[4..]));
    if length > MAX_FRAME_BYTES {
        return Err(InvalidSnapshot::Broken);
    }
    let place = at + PREFIX..at + PREFIX + length as usize;
    let Some(piece) = bytes.get(place.clone()) else { return Ok(None) };
    if crc32fast::hash(piece) == sum { Ok(Some(place)) } else { Err(InvalidSnapshot::Broken) }
}

/// Finds frames in bytes that arrive in arbitrary parts.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    /// The position of the next frame in `bytes`.
    at: usize,
}

impl Frames {
    /// Adds bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next frame; `None` until all of it has arrived.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, InvalidSnapshot> {
        let Some(place) = frame_contents_at(&self.bytes, self.at)? else { return Ok(None) };
        self.at = place.end;
        Ok(Some(self.bytes[place].to_vec()))
    }
}

/// The contents of the frames after the header, as they arrive.
pub(crate) struct Pieces {
    frames: mpsc::Receiver<Vec<u8>>,
    /// The number of bytes so far, the header included.
    total: u64,
}

impl Pieces {
    /// The pieces that follow a header of `header` bytes.
    pub(crate) fn after_header(header: usize, frames: mpsc::Receiver<Vec<u8>>) -> Self {
        Self { frames, total: header as u64 }
    }

    /// Waits for the next piece. This blocks the thread, so it must not run on a thread of the
    /// async runtime.
    pub(crate) fn next(&mut self) -> Option<Vec<u8>> {
        let piece = self.frames.blocking_recv()?;
        self.total += piece.len() as u64;
        Some(piece)
    }

    /// Reads the last piece, which must be the number of bytes before it.
    pub(crate) fn check_total(&mut self) -> Result<(), InvalidSnapshot> {
        let before = self.total.to_le_bytes();
        match self.next() {
            Some(piece) if piece == before => Ok(()),
            Some(_) => Err(InvalidSnapshot::Broken),
            None => Err(InvalidSnapshot::CutShort),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_those_of_all_frames_and_a_cut_or_changed_one_is_noticed() {
        let segment = [frame(b"one"), frame(b""), frame(b"three")].concat();
        assert_eq!(join_frames(segment.clone()), Ok(b"onethree".to_vec()));
        assert_eq!(join_frames(Vec::new()), Ok(Vec::new()));
        for cut in [1, 9, segment.len() - 1] {
            assert_eq!(
                join_frames(segment[..cut].to_vec()),
                Err(InvalidSnapshot::CutShort),
                "{cut}"
            );
        }
        for (place, _) in segment.iter().enumerate() {
            let mut changed = segment.clone();
            changed[place] ^= 1;
            assert!(join_frames(changed).is_err(), "{place}");
        }
    }
}
