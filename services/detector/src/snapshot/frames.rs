//! The bytes of a snapshot: frames with checksums. The first frame is the header.
//!
//! Pieces of bytes come in and frames go out, and the other way round. It never knows what the pieces mean.

use std::ops::Range;

use thiserror::Error;
use tokio::sync::mpsc;
use wirefold_dedup::codec::{LAYOUT, Reader, Writer, Written};
use wirefold_flow::CommittedDecision;

use super::text_files::Named;

/// What a snapshot begins with.
const MAGIC: u64 = u64::from_be_bytes(*b"wfsnap\r\n");
/// The layout of frames, header and our own tables; that of dedup's is counted by itself.
const FORMAT: u32 = 7;
/// The one before, which is still read: its segments are not divided into sections.
const IN_ORDER: u32 = 6;
/// Larger frames are none of ours.
const LARGEST: u32 = 1 << 30;
/// Length and checksum.
pub(super) const PREFIX: usize = 8;

/// Why a snapshot is passed over.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum Unfit {
    #[error("it is cut short")]
    Short,
    #[error("its bytes are not those that were written")]
    Broken,
    #[error("its {0} is missing")]
    Missing(String),
    #[error("the bytes of its {0} are not those that were written")]
    Segment(String),
    #[error("it is no snapshot")]
    Foreign,
    #[error("it is of another release")]
    Layout,
    #[error("it was made by other settings")]
    Settings,
    #[error("the decision that it goes up to does not stand")]
    Decision,
}

/// What a snapshot is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// A hash of the settings that everything was judged by.
    pub(crate) settings: u64,
    /// The last decision that it knows.
    pub(crate) last: CommittedDecision,
    /// The text files.
    pub(crate) text_files: Vec<Named>,
    /// Whether all values stand one behind the other, as in snapshots of the release before.
    pub(crate) is_in_order: bool,
}

impl Header {
    fn write_to(&self, to: &mut Writer<'_>) {
        MAGIC.write_to(to);
        (FORMAT, LAYOUT).write_to(to);
        self.settings.write_to(to);
        (self.last.sequence, self.last.id.clone()).write_to(to);
        self.text_files.write_to(to);
    }

    /// The first frame.
    pub(crate) fn to_frame(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut give = |piece: Vec<u8>| bytes.extend_from_slice(&piece);
        let mut writer = Writer::new(&mut give);
        self.write_to(&mut writer);
        writer.finish();
        frame(&bytes)
    }

    /// Reads the first frame.
    pub(crate) fn read(frame: Vec<u8>) -> Result<Self, Unfit> {
        let mut frame = Some(frame);
        let mut next = || frame.take();
        let mut from = Reader::new(&mut next);
        if u64::read_from(&mut from) != Some(MAGIC) {
            return Err(Unfit::Foreign);
        }
        let is_in_order = match Written::read_from(&mut from) {
            Some((FORMAT, LAYOUT)) => false,
            Some((IN_ORDER, LAYOUT)) => true,
            _ => return Err(Unfit::Layout),
        };
        let settings = u64::read_from(&mut from);
        let last = <(u64, String)>::read_from(&mut from);
        let (settings, (sequence, id)) = settings.zip(last).ok_or(Unfit::Layout)?;
        let text_files = Written::read_from(&mut from).ok_or(Unfit::Layout)?;
        Ok(Self { settings, last: CommittedDecision { sequence, id }, text_files, is_in_order })
    }
}

/// The lowest byte of a frame's checksum.
pub(super) fn lowest_of_sum(frame: &[u8]) -> u8 {
    frame.get(4).copied().unwrap_or(0)
}

/// A frame of these bytes.
pub(super) fn frame(piece: &[u8]) -> Vec<u8> {
    let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(PREFIX + piece.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&crc32fast::hash(piece).to_le_bytes());
    frame.extend_from_slice(piece);
    frame
}

/// What stands in the frames of a segment, in one piece: each frame holds whole values.
pub(crate) fn contents(segment: Vec<u8>) -> Result<Vec<u8>, Unfit> {
    let (mut bytes, mut at, mut length) = (segment, 0, 0);
    while at < bytes.len() {
        let piece = piece_at(&bytes, at)?.ok_or(Unfit::Short)?;
        bytes.copy_within(piece.clone(), length);
        (at, length) = (piece.end, length + piece.len());
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Where the piece of the frame stands that begins here, if all of it is there.
fn piece_at(bytes: &[u8], at: usize) -> Result<Option<Range<usize>>, Unfit> {
    let Some(prefix) = bytes.get(at..at + PREFIX) else { return Ok(None) };
    let number = |part: &[u8]| part.iter().rev().fold(0, |n, b| n << 8 | u32::from(*b));
    let (length, sum) = (number(&prefix[..4]), number(&prefix[4..]));
    if length > LARGEST {
        return Err(Unfit::Broken);
    }
    let place = at + PREFIX..at + PREFIX + length as usize;
    let Some(piece) = bytes.get(place.clone()) else { return Ok(None) };
    if crc32fast::hash(piece) == sum { Ok(Some(place)) } else { Err(Unfit::Broken) }
}

/// Takes frames out of bytes that come in whatever parts.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    /// Where the next frame begins.
    at: usize,
}

impl Frames {
    /// Takes further bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next frame, once it has come.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, Unfit> {
        let Some(place) = piece_at(&self.bytes, self.at)? else { return Ok(None) };
        self.at = place.end;
        Ok(Some(self.bytes[place].to_vec()))
    }
}

/// What stands in the frames behind the header, as it comes.
pub(crate) struct Pieces {
    frames: mpsc::Receiver<Vec<u8>>,
    /// Bytes so far.
    total: u64,
}

impl Pieces {
    /// Those that come behind a header of so many bytes.
    pub(crate) fn behind(header: usize, frames: mpsc::Receiver<Vec<u8>>) -> Self {
        Self { frames, total: header as u64 }
    }

    /// Waits for the next one: not on a thread where others wait for their turn.
    pub(crate) fn next(&mut self) -> Option<Vec<u8>> {
        let piece = self.frames.blocking_recv()?;
        self.total += piece.len() as u64;
        Some(piece)
    }

    /// Reads the end of a part, which says whether all of it was there.
    pub(crate) fn end_part(&mut self) -> Result<(), Unfit> {
        let before = self.total.to_le_bytes();
        match self.next() {
            Some(piece) if piece == before => Ok(()),
            Some(_) => Err(Unfit::Broken),
            None => Err(Unfit::Short),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_those_of_all_frames_and_a_cut_or_changed_one_is_noticed() {
        let segment = [frame(b"one"), frame(b""), frame(b"three")].concat();
        assert_eq!(contents(segment.clone()), Ok(b"onethree".to_vec()));
        assert_eq!(contents(Vec::new()), Ok(Vec::new()));
        for cut in [1, 9, segment.len() - 1] {
            assert_eq!(contents(segment[..cut].to_vec()), Err(Unfit::Short), "{cut}");
        }
        for (place, _) in segment.iter().enumerate() {
            let mut changed = segment.clone();
            changed[place] ^= 1;
            assert!(contents(changed).is_err(), "{place}");
        }
    }
}
