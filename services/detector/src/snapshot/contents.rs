//! The second frame of a head: how far the detector had come, and the segments in which all else stands.
//!
//! Contents come in and their bytes go out, and the other way round. It never reads a segment.

use wirefold_dedup::codec::{Reader, Writer, Written};
use wirefold_dedup::written;
use wirefold_proto::{DecisionId, Offsets};

use super::frames::{self, Unfit};
use super::segments::Segment;

/// What a head says beside its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    /// The last record, and how far the inputs had been read with it.
    pub(crate) last: Option<DecisionId>,
    pub(crate) offsets: Offsets,
    /// The segments of each section of the state. A section holds whole parts, so that sections can be
    /// read side by side.
    pub(crate) sections: Vec<Vec<Segment>>,
    /// Those with the texts.
    pub(crate) texts: Vec<Segment>,
}

/// The same as values that can be written down.
struct WrittenContents {
    last: Option<String>,
    offsets: (u64, u64),
    sections: Vec<Vec<Segment>>,
    texts: Vec<Segment>,
}

written!(WrittenContents { last, offsets, sections, texts });

impl Contents {
    /// All segments that are named.
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

    pub(crate) fn read(frame: Vec<u8>) -> Result<Self, Unfit> {
        let WrittenContents { last, offsets, sections, texts } = read_whole(frame)?;
        let last = last.map(|text| text.parse().map_err(|_| Unfit::Broken)).transpose()?;
        let (fetched, control) = offsets;
        Ok(Self { last, offsets: Offsets { fetched, control }, sections, texts })
    }
}

/// Reads the segments that a head of an earlier release names, in order.
pub(crate) fn read_list(frame: Vec<u8>) -> Result<Vec<Segment>, Unfit> {
    let segments: Vec<((u128, u128), u64)> = read_whole(frame)?;
    Ok(segments.into_iter().map(Segment::without_sum).collect())
}

/// Reads a value that is all of a frame.
fn read_whole<T: Written>(frame: Vec<u8>) -> Result<T, Unfit> {
    let mut frame = Some(frame);
    let mut next = || frame.take();
    let mut from = Reader::new(&mut next);
    let value = T::read_from(&mut from).ok_or(Unfit::Broken)?;
    if from.is_between_pieces() { Ok(value) } else { Err(Unfit::Broken) }
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
        assert_eq!(Contents::read(bytes[..bytes.len() - 1].to_vec()), Err(Unfit::Broken));
        assert_eq!(contents.segments().count(), 4);
    }
}
