//! The segments of a snapshot: objects of some frames each, named by the SHA-256 of their bytes. One that
//! stands is not written again, so what did not change since the last snapshot costs no writing.
//!
//! Where a segment ends, its frames say: the same frames make the same segments, whatever stands before
//! them. The head of a snapshot, its own object, names the segments in order and is written last. Segments make up
//! sections, each of whole parts of the state.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use wirefold_dedup::codec::{Reader, Writer, Written};

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
    /// The CRC-32 of its bytes, by which a start checks them: ten times as fast as by the hash. None in heads of
    /// the release before.
    sum: Option<u32>,
}

impl Written for Segment {
    fn write_to(&self, to: &mut Writer<'_>) {
        (self.hash, self.length).write_to(to);
        self.sum.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let (hash, length) = Written::read_from(from)?;
        Some(Self { hash, length, sum: Written::read_from(from)? })
    }
}

impl Segment {
    /// The one of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let sum = Some(crc32fast::hash(bytes));
        Self { hash: hash_of(bytes), length: bytes.len() as u64, sum }
    }

    /// One that a head of the release before names.
    pub(crate) fn without_sum((hash, length): ((u128, u128), u64)) -> Self {
        Self { hash, length, sum: None }
    }

    pub(crate) fn name(&self) -> String {
        format!("{PREFIX}{:032x}{:032x}", self.hash.0, self.hash.1)
    }

    /// The bytes of an object, if they are the segment's.
    pub(crate) fn checked(&self, bytes: Vec<u8>) -> Result<Vec<u8>, Unfit> {
        let is_it = bytes.len() as u64 == self.length
            && match self.sum {
                Some(sum) => crc32fast::hash(&bytes) == sum,
                None => hash_of(&bytes) == self.hash,
            };
        if is_it { Ok(bytes) } else { Err(Unfit::Segment(self.name())) }
    }
}

fn hash_of(bytes: &[u8]) -> (u128, u128) {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let (high, low) = digest.split_at(16);
    let number = |half: &[u8]| half.iter().fold(0, |n, byte| n << 8 | u128::from(*byte));
    (number(high), number(low))
}

/// The names of segments among those of all objects.
pub(crate) fn among(names: Vec<String>) -> BTreeSet<String> {
    names.into_iter().filter(|name| name.starts_with(PREFIX)).collect()
}

/// A section has so many bytes at least: a small state stands in one of them, and each of them in a segment of its
/// own.
const SECTION: u64 = if cfg!(test) { 1 << 12 } else { 1 << 20 };

/// Gathers frames into segments, and these into sections.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    bytes: Vec<u8>,
    frames: usize,
    /// The complete segments of the section that was begun, in order.
    segments: Vec<Segment>,
    /// The sections before.
    sections: Vec<Vec<Segment>>,
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

    /// Ends a part, and the section with it if that is large enough.
    pub(crate) fn end_part(&mut self, give: &mut dyn FnMut(Segment, Vec<u8>)) {
        let complete: u64 = self.segments.iter().map(|segment| segment.length).sum();
        if complete + self.bytes.len() as u64 >= SECTION {
            self.end_section(give);
        }
    }

    /// All sections, once the last segment was given away.
    pub(crate) fn finish(mut self, give: &mut dyn FnMut(Segment, Vec<u8>)) -> Vec<Vec<Segment>> {
        self.end_section(give);
        self.sections
    }

    fn end_section(&mut self, give: &mut dyn FnMut(Segment, Vec<u8>)) {
        if self.frames > 0 {
            self.give_away(give);
        }
        if !self.segments.is_empty() {
            self.sections.push(std::mem::take(&mut self.segments));
        }
    }

    fn give_away(&mut self, give: &mut dyn FnMut(Segment, Vec<u8>)) {
        let bytes = std::mem::take(&mut self.bytes);
        let segment = Segment::of(&bytes);
        self.frames = 0;
        self.segments.push(segment.clone());
        give(segment, bytes);
    }
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
        gathering.finish(&mut give).concat()
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
    fn a_section_ends_behind_a_part_and_has_some_bytes() {
        let (mut gathering, mut given) = (Gathering::default(), 0);
        let mut give = |_, bytes: Vec<u8>| given += bytes.len() as u64;
        for frame in some(2_000) {
            gathering.add_frame(&frame, &mut give);
            gathering.end_part(&mut give);
        }
        let sections = gathering.finish(&mut give);
        let bytes = |section: &Vec<Segment>| section.iter().map(|it| it.length).sum::<u64>();
        assert!(sections.len() > 4);
        assert!(sections[..sections.len() - 1].iter().all(|it| bytes(it) >= SECTION));
        assert!(sections.iter().all(|it| bytes(it) < SECTION + 12));
        assert_eq!(sections.iter().map(bytes).sum::<u64>(), given);
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let bytes = b"segment".to_vec();
        let own = Segment::of(&bytes);
        let of_before = Segment::without_sum((own.hash, own.length));
        for segment in [own, of_before] {
            assert_eq!(segment.checked(bytes.clone()), Ok(bytes.clone()));
            for harmed in [&b"Segment"[..], b"segmen", b"segments"] {
                let expected = Err(Unfit::Segment(segment.name()));
                assert_eq!(segment.checked(harmed.to_vec()), expected);
            }
        }
    }
}
