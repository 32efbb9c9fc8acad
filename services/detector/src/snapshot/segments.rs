//! The segments of a snapshot: objects of some frames each, named by the SHA-256 of their bytes. One that
//! stands is not written again, so what did not change since the last snapshot costs no writing.
//!
//! Where a segment ends, its frames say: the same frames make the same segments, whatever stands before
//! them. The head of a snapshot, its own object, names the segments in order and is written last.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use wirefold_dedup::codec::{Reader, Writer, Written};
use wirefold_dedup::written;

use super::frames::{self, Unfit};

/// What the names of segments begin with.
const PREFIX: &str = "segment-";
/// Frames of a segment, at most.
const MOST: usize = 16;
/// A segment ends behind a frame whose checksum is a multiple of it: on average after so many.
const MEAN: u8 = 4;

/// A segment as a head names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    hash: (u128, u128),
    pub(crate) length: u64,
}

written!(Segment { hash, length });

impl Segment {
    /// The one of these bytes.
    fn of(bytes: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let (high, low) = digest.split_at(16);
        let number = |half: &[u8]| half.iter().fold(0, |n, byte| n << 8 | u128::from(*byte));
        Self { hash: (number(high), number(low)), length: bytes.len() as u64 }
    }

    pub(crate) fn name(&self) -> String {
        format!("{PREFIX}{:032x}{:032x}", self.hash.0, self.hash.1)
    }

    /// The bytes of an object, if they are the segment's.
    pub(crate) fn checked(&self, bytes: Vec<u8>) -> Result<Vec<u8>, Unfit> {
        if Self::of(&bytes) == *self { Ok(bytes) } else { Err(Unfit::Segment(self.name())) }
    }
}

/// The names of segments among those of all objects.
pub(crate) fn among(names: Vec<String>) -> BTreeSet<String> {
    names.into_iter().filter(|name| name.starts_with(PREFIX)).collect()
}

/// Gathers frames into segments.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    bytes: Vec<u8>,
    frames: usize,
    /// Those that are complete, in order.
    segments: Vec<Segment>,
}

impl Gathering {
    /// Adds a frame; gives a segment away once it is complete.
    pub(crate) fn add_frame(&mut self, frame: &[u8], give: &mut dyn FnMut(Segment, Vec<u8>)) {
        self.bytes.extend_from_slice(frame);
        self.frames += 1;
        if self.frames >= MOST || frames::lowest_of_sum(frame).is_multiple_of(MEAN) {
            self.give_away(give);
        }
    }

    /// Gives the segment away that was begun.
    pub(crate) fn end(&mut self, give: &mut dyn FnMut(Segment, Vec<u8>)) {
        if self.frames > 0 {
            self.give_away(give);
        }
    }

    /// All that were given away, in order.
    pub(crate) fn finish(self) -> Vec<Segment> {
        self.segments
    }

    fn give_away(&mut self, give: &mut dyn FnMut(Segment, Vec<u8>)) {
        let bytes = std::mem::take(&mut self.bytes);
        let segment = Segment::of(&bytes);
        self.frames = 0;
        self.segments.push(segment.clone());
        give(segment, bytes);
    }
}

/// The frame of a head that names its segments.
pub(crate) fn list(segments: &Vec<Segment>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut give = |piece: Vec<u8>| bytes.extend_from_slice(&piece);
    let mut writer = Writer::new(&mut give);
    segments.write_to(&mut writer);
    writer.finish();
    frames::frame(&bytes)
}

/// Reads that frame.
pub(crate) fn read_list(frame: Vec<u8>) -> Result<Vec<Segment>, Unfit> {
    let mut frame = Some(frame);
    let mut next = || frame.take();
    let mut from = Reader::new(&mut next);
    let segments = Written::read_from(&mut from).ok_or(Unfit::Broken)?;
    if from.is_between_pieces() { Ok(segments) } else { Err(Unfit::Broken) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of bytes that differ.
    fn some(count: u32) -> Vec<Vec<u8>> {
        (0..count).map(|n| frames::frame(&n.wrapping_mul(2_654_435_761).to_le_bytes())).collect()
    }

    fn segments(frames: &[Vec<u8>]) -> Vec<Segment> {
        let mut gathering = Gathering::default();
        let mut give = |segment: Segment, bytes: Vec<u8>| {
            segment.checked(bytes).unwrap();
        };
        frames.iter().for_each(|frame| gathering.add_frame(frame, &mut give));
        gathering.end(&mut give);
        gathering.finish()
    }

    #[test]
    fn what_comes_before_changes_few_segments() {
        let frames = some(1_000);
        let (all, without_some) = (segments(&frames), segments(&frames[3..]));
        assert!(all.len() > 60);
        let new = without_some.iter().filter(|segment| !all.contains(segment)).count();
        assert!(new <= 4, "{new}");
    }

    #[test]
    fn a_changed_byte_is_noticed_and_a_list_is_read_back() {
        let all = segments(&some(100));
        let list = list(&all);
        assert_eq!(read_list(list[frames::PREFIX..].to_vec()), Ok(all.clone()));
        assert_eq!(read_list(list[frames::PREFIX..list.len() - 1].to_vec()), Err(Unfit::Broken));
        assert_eq!(all[0].checked(vec![0]), Err(Unfit::Segment(all[0].name())));
    }
}
