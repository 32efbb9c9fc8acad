//! The second frame of a head: the position of the detector in its streams, and the segments with
//! everything else.
//!
//! Contents come in and their bytes go out, and the other way round. This module never reads a
//! segment.

use wirefold_dedup::codec::{Encode, Reader, Writer};
use wirefold_dedup::written;
use wirefold_proto::{DecisionId, Offsets};

use super::frames::{self, InvalidSnapshot};
use super::segments::Segment;

/// The data of a head that follows its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    /// The last record.
    pub(crate) last: Option<DecisionId>,
    /// The positions in the input streams at that record.
    pub(crate) offsets: Offsets,
    /// The segments of each section of the state. A section holds whole parts, so that sections can
    /// be read in parallel.
    pub(crate) sections: Vec<Vec<Segment>>,
    /// The segments with the texts.
    pub(crate) texts: Vec<Segment>,
}

/// [`Contents`] with fields that can be written.
struct WrittenContents {
    last: Option<String>,
    offsets: (u64, u64),
    sections: Vec<Vec<Segment>>,
    texts: Vec<Segment>,
}

written!(WrittenContents { last, offsets, sections, texts });

impl Contents {
    /// All segments that the head names.
    pub(crate) fn segments(self) -> impl Iterator<Item = Segment> {
        self.sections.into_iter().flatten().chain(self.texts)
    }

    pub(crate) fn into_frame(self) -> Vec<u8> {
        let Offsets { fetched, control } = self.offsets;
        let written = WrittenContents {
            last: self.last.map(|last| last.to_string()),
            offsets: (fetched, control),
            sections: self.sections,
            texts: self.texts,
        };
        let mut bytes = Vec::new();
        let mut give = |piece: Vec<u8>| bytes.extend_from_slice(&piece);
        let mut writer = Writer::new(&mut give);
        written.write_to(&mut writer);
        writer.finish();
        frames::frame(&bytes)
    }

    pub(crate) fn read(frame: Vec<u8>) -> Result<Self, InvalidSnapshot> {
        let WrittenContents { last, offsets, sections, texts } = read_whole(frame)?;
        let last =
            last.map(|text| text.parse().map_err(|_| InvalidSnapshot::Broken)).transpose()?;
        let (fetched, control) = offsets;
        Ok(Self { last, offsets: Offsets { fetched, control }, sections, texts })
    }
}

/// Reads the list of segments in a head of an earlier release.
pub(crate) fn read_list(frame: Vec<u8>) -> Result<Vec<Segment>, InvalidSnapshot> {
    let segments: Vec<((u128, u128), u64)> = read_whole(frame)?;
    Ok(segments.into_iter().map(Segment::without_checksum).collect())
}

/// Reads a value that takes up a whole frame.
fn read_whole<T: Encode>(frame: Vec<u8>) -> Result<T, InvalidSnapshot> {
    let mut frame = Some(frame);
    let mut next = || frame.take();
    let mut from = Reader::new(&mut next);
    let value = T::read_from(&mut from).ok_or(InvalidSnapshot::Broken)?;
    if from.is_between_pieces() { Ok(value) } else { Err(InvalidSnapshot::Broken) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_read_back_whole_or_not_at_all() {
        let segment = |bytes: &[u8]| Segment::of(bytes);
        let contents = Contents {
            last: None,
            offsets: Offsets { fetched: 7, control: 3 },
            sections: vec![vec![segment(b"a"), segment(b"b")], vec![segment(b"c")]],
            texts: vec![segment(b"d")],
        };
        let frame = contents.clone().into_frame();
        let bytes = &frame[frames::PREFIX..];
        assert_eq!(Contents::read(bytes.to_vec()), Ok(contents.clone()));
        assert_eq!(Contents::read(bytes[..bytes.len() - 1].to_vec()), Err(InvalidSnapshot::Broken));
        assert_eq!(contents.segments().count(), 4);
    }
}
