//! The bytes of a snapshot: frames with checksums. The first frame is the header.
//!
//! Pieces of bytes come in and frames go out, and the other way round. It never knows what the pieces mean.

use thiserror::Error;
use tokio::sync::mpsc;
use wirefold_dedup::codec::{LAYOUT, Reader, Writer, Written};
use wirefold_flow::CommittedDecision;

use super::state::SnapshotState;
use super::text_files::{Named, StandingTexts};

/// What a snapshot begins with.
const MAGIC: u64 = u64::from_be_bytes(*b"wfsnap\r\n");
/// The layout of frames, header and our own tables; that of dedup's is counted by itself.
const FORMAT: u32 = 6;
/// The one before, which is still read: it has what is in segments now behind its header.
const IN_ONE: u32 = 5;
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
    /// Whether everything else is in one object with it, as in snapshots of earlier releases.
    pub(crate) is_in_one: bool,
}

impl Header {
    fn write_to(&self, to: &mut Writer<'_>) {
        MAGIC.write_to(to);
        (FORMAT, LAYOUT).write_to(to);
        self.settings.write_to(to);
        (self.last.sequence, self.last.id.clone()).write_to(to);
        self.text_files.write_to(to);
    }

    /// Reads the first frame.
    pub(crate) fn read(frame: Vec<u8>) -> Result<Self, Unfit> {
        let mut frame = Some(frame);
        let mut next = || frame.take();
        let mut from = Reader::new(&mut next);
        if u64::read_from(&mut from) != Some(MAGIC) {
            return Err(Unfit::Foreign);
        }
        let is_in_one = match Written::read_from(&mut from) {
            Some((FORMAT, LAYOUT)) => false,
            Some((IN_ONE, LAYOUT)) => true,
            _ => return Err(Unfit::Layout),
        };
        let settings = u64::read_from(&mut from);
        let last = <(u64, String)>::read_from(&mut from);
        let (settings, (sequence, id)) = settings.zip(last).ok_or(Unfit::Layout)?;
        let text_files = Written::read_from(&mut from).ok_or(Unfit::Layout)?;
        Ok(Self { settings, last: CommittedDecision { sequence, id }, text_files, is_in_one })
    }
}

/// Gives the frames of a snapshot, one after the other: header, tables, texts; and whether a part ends
/// with it.
pub(crate) fn write(
    header: &Header,
    known: &SnapshotState,
    texts: &StandingTexts,
    give: &mut dyn FnMut(Vec<u8>, bool),
) {
    let mut framed = Framed { total: 0, give };
    framed.part(|piece| {
        let mut first = Writer::new(piece);
        header.write_to(&mut first);
        first.finish();
        let mut tables = Writer::new(piece);
        known.write_to(&mut tables);
        tables.finish();
    });
    if !header.text_files.is_empty() {
        framed.part(|piece| texts.copy(piece));
    }
}

/// Gives bytes in frames away.
struct Framed<'a> {
    /// Bytes in all frames.
    total: u64,
    give: &'a mut dyn FnMut(Vec<u8>, bool),
}

impl Framed<'_> {
    /// Gives what `write` gives, and a frame that says how many bytes there were by then.
    fn part(&mut self, write: impl FnOnce(&mut dyn FnMut(Vec<u8>))) {
        write(&mut |piece| self.frame(&piece, false));
        self.frame(&self.total.to_le_bytes(), true);
    }

    fn frame(&mut self, piece: &[u8], ends_part: bool) {
        self.total += piece.len() as u64;
        (self.give)(frame(piece), ends_part);
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
        let Some(prefix) = self.bytes.get(self.at..self.at + PREFIX) else { return Ok(None) };
        let number = |part: &[u8]| part.iter().rev().fold(0, |n, b| n << 8 | u32::from(*b));
        let (length, sum) = (number(&prefix[..4]), number(&prefix[4..]));
        if length > LARGEST {
            return Err(Unfit::Broken);
        }
        let start = self.at + PREFIX;
        let Some(piece) = self.bytes.get(start..start + length as usize) else { return Ok(None) };
        if crc32fast::hash(piece) != sum {
            return Err(Unfit::Broken);
        }
        self.at = start + piece.len();
        Ok(Some(piece.to_vec()))
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
