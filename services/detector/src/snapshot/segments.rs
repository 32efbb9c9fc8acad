//! The segments of a snapshot: objects of some frames each, named by the SHA-256 of their bytes. A
//! segment that is stored already is not written again, so data that did not change since the last
//! snapshot costs nothing.
//!
//! The contents of the frames decide where a segment ends (content-defined chunking: Muthitacharoen
//! et al. 2001). The same frames make the same segments, whatever comes before them. The head of a
//! snapshot, an object of its own, names the segments in order and is written last. Segments form
//! sections, each with whole parts of the state.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use wirefold_dedup::codec::{Encode, Reader, Writer};

use super::frames::{self, InvalidSnapshot};

/// The prefix of the names of segments.
const PREFIX: &str = "segment-";
/// The most frames of a segment.
const MAX_FRAMES: usize = 16;
/// A segment ends after a frame whose checksum is a multiple of this number, so it has this many
/// frames on average.
const MEAN_FRAMES: u8 = 4;

/// A segment as a head names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    hash: (u128, u128),
    pub(crate) length: u64,
    /// The CRC-32 of its bytes. A start checks it ten times as fast as the hash. `None` in heads of
    /// the version before.
    checksum: Option<u32>,
}

impl Encode for Segment {
    fn write_to(&self, to: &mut Writer<'_>) {
        (self.hash, self.length).write_to(to);
        self.checksum.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let (hash, length) = Encode::read_from(from)?;
        Some(Self { hash, length, checksum: Encode::read_from(from)? })
    }
}

impl Segment {
    /// The segment that consists of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let checksum = Some(crc32fast::hash(bytes));
        Self { hash: hash_of(bytes), length: bytes.len() as u64, checksum }
    }

    /// A segment as a head of the version before names it.
    pub(crate) fn without_checksum((hash, length): ((u128, u128), u64)) -> Self {
        Self { hash, length, checksum: None }
    }

    pub(crate) fn name(&self) -> String {
        format!("{PREFIX}{:032x}{:032x}", self.hash.0, self.hash.1)
    }

    /// Returns the bytes if they are those of the segment, and an error otherwise.
    pub(crate) fn check(&self, bytes: Vec<u8>) -> Result<Vec<u8>, InvalidSnapshot> {
        let is_it = bytes.len() as u64 == self.length
            && match self.checksum {
                Some(checksum) => crc32fast::hash(&bytes) == checksum,
                None => hash_of(&bytes) == self.hash,
            };
        if is_it { Ok(bytes) } else { Err(InvalidSnapshot::BrokenSegment(self.name())) }
    }
}

fn hash_of(bytes: &[u8]) -> (u128, u128) {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let (high, low) = digest.split_at(16);
    let number = |half: &[u8]| half.iter().fold(0, |n, byte| n << 8 | u128::from(*byte));
    (number(high), number(low))
}

/// The names of segments among the names of all objects.
pub(crate) fn segment_names(names: Vec<String>) -> BTreeSet<String> {
    names.into_iter().filter(|name| name.starts_with(PREFIX)).collect()
}

/// The fewest bytes of a section. A small state is one section. Sections share no segment.
const MIN_SECTION_BYTES: u64 = if cfg!(test) { 1 << 12 } else { 1 << 20 };

/// Combines frames into segments, and segments into sections.
#[derive(Debug, Default)]
pub(crate) struct SegmentBuilder {
    bytes: Vec<u8>,
    frames: usize,
    /// The complete segments of the section that was begun, in order.
    segments: Vec<Segment>,
    /// The complete sections.
    sections: Vec<Vec<Segment>>,
}

impl SegmentBuilder {
    /// Adds a frame. Passes the segment to `give` if it is complete.
    pub(crate) fn add_frame(&mut self, frame: &[u8], give: &mut dyn FnMut(Segment, Vec<u8>)) {
        self.bytes.extend_from_slice(frame);
        self.frames += 1;
        if self.frames >= MAX_FRAMES
            || frames::lowest_checksum_byte(frame).is_multiple_of(MEAN_FRAMES)
        {
            self.end_segment(give);
        }
    }

    /// Ends a part of the state, and also the section if it is large enough.
    pub(crate) fn end_part(&mut self, give: &mut dyn FnMut(Segment, Vec<u8>)) {
        let complete: u64 = self.segments.iter().map(|segment| segment.length).sum();
        if complete + self.bytes.len() as u64 >= MIN_SECTION_BYTES {
            self.end_section(give);
        }
    }

    /// Passes the last segment to `give`, and returns all sections.
    pub(crate) fn finish(mut self, give: &mut dyn FnMut(Segment, Vec<u8>)) -> Vec<Vec<Segment>> {
        self.end_section(give);
        self.sections
    }

    fn end_section(&mut self, give: &mut dyn FnMut(Segment, Vec<u8>)) {
        if self.frames > 0 {
            self.end_segment(give);
        }
        if !self.segments.is_empty() {
            self.sections.push(std::mem::take(&mut self.segments));
        }
    }

    fn end_segment(&mut self, give: &mut dyn FnMut(Segment, Vec<u8>)) {
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

    /// `count` different frames.
    fn frames_of_numbers(count: u32) -> Vec<Vec<u8>> {
        (0..count).map(|n| frames::frame(&n.wrapping_mul(2_654_435_761).to_le_bytes())).collect()
    }

    fn segments(frames: &[Vec<u8>]) -> Vec<Segment> {
        let mut builder = SegmentBuilder::default();
        let mut give = |segment: Segment, bytes: Vec<u8>| {
            segment.check(bytes).unwrap();
        };
        frames.iter().for_each(|frame| builder.add_frame(frame, &mut give));
        builder.finish(&mut give).concat()
    }

    #[test]
    fn earlier_frames_change_few_segments() {
        let frames = frames_of_numbers(1_000);
        let (all, without_some) = (segments(&frames), segments(&frames[3..]));
        assert!(all.len() > 60);
        let new = without_some.iter().filter(|segment| !all.contains(segment)).count();
        assert!(new <= 4, "{new}");
    }

    #[test]
    fn a_section_ends_behind_a_part_and_has_some_bytes() {
        let (mut builder, mut given) = (SegmentBuilder::default(), 0);
        let mut give = |_, bytes: Vec<u8>| given += bytes.len() as u64;
        for frame in frames_of_numbers(2_000) {
            builder.add_frame(&frame, &mut give);
            builder.end_part(&mut give);
        }
        let sections = builder.finish(&mut give);
        let bytes = |section: &Vec<Segment>| section.iter().map(|it| it.length).sum::<u64>();
        assert!(sections.len() > 4);
        assert!(sections[..sections.len() - 1].iter().all(|it| bytes(it) >= MIN_SECTION_BYTES));
        assert!(sections.iter().all(|it| bytes(it) < MIN_SECTION_BYTES + 12));
        assert_eq!(sections.iter().map(bytes).sum::<u64>(), given);
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let bytes = b"segment".to_vec();
        let own = Segment::of(&bytes);
        let of_before = Segment::without_checksum((own.hash, own.length));
        for segment in [own, of_before] {
            assert_eq!(segment.check(bytes.clone()), Ok(bytes.clone()));
            for harmed in [&b"Segment"[..], b"segmen", b"segments"] {
                let expected = Err(InvalidSnapshot::BrokenSegment(segment.name()));
                assert_eq!(segment.check(harmed.to_vec()), expected);
            }
        }
    }
}
