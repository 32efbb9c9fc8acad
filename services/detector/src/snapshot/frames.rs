//! The bytes of a snapshot: frames with checksums, the first of which is the header.

use std::collections::VecDeque;

use thiserror::Error;
use wirefold_dedup::snapshot::{LAYOUT, Reader, Writer, Written};
use wirefold_flow::Standing;

use super::state::Known;

/// What a snapshot begins with.
const MAGIC: u64 = u64::from_be_bytes(*b"wfsnap\r\n");
/// The layout of frames, header and our own tables; that of dedup's is counted by itself.
const FORMAT: u32 = 2;
/// Larger frames are none of ours.
const LARGEST: u32 = 1 << 30;
/// Length and checksum.
const PREFIX: usize = 8;

/// Why a snapshot is passed over.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum Unfit {
    #[error("it is cut short")]
    Short,
    #[error("its bytes are not those that were written")]
    Broken,
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
    pub(crate) last: Standing,
}

impl Header {
    fn write_to(&self, to: &mut Writer<'_>) {
        MAGIC.write_to(to);
        (FORMAT, LAYOUT).write_to(to);
        self.settings.write_to(to);
        (self.last.sequence, self.last.id.clone()).write_to(to);
    }

    /// Reads the first frame.
    pub(crate) fn read(frame: Vec<u8>) -> Result<Self, Unfit> {
        let mut frame = Some(frame);
        let mut next = || frame.take();
        let mut from = Reader::new(&mut next);
        if u64::read_from(&mut from) != Some(MAGIC) {
            return Err(Unfit::Foreign);
        }
        if Written::read_from(&mut from) != Some((FORMAT, LAYOUT)) {
            return Err(Unfit::Layout);
        }
        let settings = u64::read_from(&mut from);
        let last = <(u64, String)>::read_from(&mut from);
        let (settings, (sequence, id)) = settings.zip(last).ok_or(Unfit::Layout)?;
        Ok(Self { settings, last: Standing { sequence, id } })
    }
}

/// Gives the frames of a snapshot, one after the other.
pub(crate) fn write(header: &Header, known: &Known, give: &mut dyn FnMut(Vec<u8>)) {
    let mut bytes = 0;
    let mut framed = |piece: Vec<u8>| {
        bytes += piece.len() as u64;
        give(frame(&piece));
    };
    let mut first = Writer::new(&mut framed);
    header.write_to(&mut first);
    first.finish();
    let mut rest = Writer::new(&mut framed);
    known.write_to(&mut rest);
    rest.finish();
    give(frame(&bytes.to_le_bytes()));
}

fn frame(piece: &[u8]) -> Vec<u8> {
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
    frames: VecDeque<Vec<u8>>,
    /// Bytes in all frames taken.
    total: u64,
}

impl Frames {
    /// Takes further bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Unfit> {
        self.bytes.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(prefix) = self.bytes.get(at..at + PREFIX) {
            let number = |part: &[u8]| part.iter().rev().fold(0, |n, b| n << 8 | u32::from(*b));
            let (length, sum) = (number(&prefix[..4]), number(&prefix[4..]));
            if length > LARGEST {
                return Err(Unfit::Broken);
            }
            let start = at + PREFIX;
            let Some(piece) = self.bytes.get(start..start + length as usize) else {
                break;
            };
            if crc32fast::hash(piece) != sum {
                return Err(Unfit::Broken);
            }
            self.total += u64::from(length);
            self.frames.push_back(piece.to_vec());
            at = start + length as usize;
        }
        self.bytes.drain(..at);
        Ok(())
    }

    /// The first frame, once it has come.
    pub(crate) fn first(&mut self) -> Option<Vec<u8>> {
        self.frames.pop_front()
    }

    /// The frames between the first and the last, which says whether all are there.
    pub(crate) fn rest(mut self) -> Result<VecDeque<Vec<u8>>, Unfit> {
        let last = self.frames.pop_back().ok_or(Unfit::Short)?;
        let before = self.total - last.len() as u64;
        match self.bytes.is_empty() && last == before.to_le_bytes() {
            true => Ok(self.frames),
            false => Err(Unfit::Short),
        }
    }
}
