//! The detector's state as bytes and back.
//!
//! Numbers stand in their own length, the lowest byte first; what is counted stands after its count
//! in four bytes. The bytes come in pieces, each of whole values, so that neither side holds all of
//! them at once. Whoever keeps them adds what tells whole ones from broken ones: here a wrong length
//! is noticed, a wrong value is not.
//!
//! What only saves time is left out and made again: tables of hashes, logarithms, texts looked at. Of
//! what stands on a [`TextFile`] only the place is written: whoever keeps the bytes sees to the text files.
//!
//! Any value comes in; bytes go out, and the other way round. It never knows what they mean.

pub(crate) mod bits;
mod ids;
pub(crate) mod numbered;
pub(crate) mod packed;
pub(crate) mod postings;
pub(crate) mod prefetch;
mod values;
pub(crate) mod varint;

use std::fmt::Debug;
use std::sync::Arc;

/// The layout of the bytes. Counted up with each change of what is written: older bytes are then
/// passed over, and the state is learnt anew from the articles.
pub const LAYOUT: u32 = 11;

/// A piece is given away once it has so many bytes.
const PIECE: usize = 1 << 18;
/// One of fewer bytes is not given away before the end.
const LEAST: usize = 1 << 14;
/// Between the two, a piece ends once in so many bytes, after bytes that look a certain way.
const MEAN: u64 = 1 << 16;

/// Takes values, one behind the other, and gives their bytes away in pieces.
pub struct Writer<'a> {
    bytes: Vec<u8>,
    give: &'a mut dyn FnMut(Vec<u8>),
    /// Those that something written stands on, in the order in which they came.
    text_files: Vec<Arc<dyn TextFile>>,
}

/// Gives values from pieces of bytes.
pub struct Reader<'a> {
    piece: Vec<u8>,
    at: usize,
    next: &'a mut dyn FnMut() -> Option<Vec<u8>>,
    stands: Vec<Stand>,
}

/// Keeps bytes out of memory, as in a file. It is let go with the last article that stands on it.
pub trait TextFile: Send + Sync + Debug {
    /// Keeps bytes: the place where they begin, or `None` where there is no room.
    fn put(&self, bytes: &[u8]) -> Option<u64>;

    /// Fills `bytes` with all of those that were put at `place`. One that cannot give back what it took
    /// must end the process: without it every answer might be another.
    fn read(&self, place: u64, bytes: &mut [u8]);

    /// How many bytes stand on it; 0 where that is not known.
    fn length(&self) -> u64 {
        0
    }
}

/// Where what a text file held stands now.
#[derive(Debug, Clone)]
pub struct Stand {
    /// It, or another that took its bytes.
    pub text_file: Arc<dyn TextFile>,
    /// Where its bytes begin on that.
    pub start: u64,
}

/// What can be written down and read back.
pub trait Written: Sized {
    /// Writes it down.
    fn write_to(&self, to: &mut Writer<'_>);

    /// Reads it back; `None` where the bytes end before it does, or say what cannot be.
    fn read_from(from: &mut Reader<'_>) -> Option<Self>;

    /// Writes values down, one behind the other: numbers many at once.
    fn write_all(values: &[Self], to: &mut Writer<'_>) {
        values.iter().for_each(|value| value.write_to(to));
    }

    /// Reads so many values back that were written so.
    fn read_all(count: usize, from: &mut Reader<'_>) -> Option<Vec<Self>> {
        let mut values = room_for(count);
        for _ in 0..count {
            values.push(Self::read_from(from)?);
        }
        Some(values)
    }

    /// Writes a value down that may be missing.
    fn write_option(value: Option<&Self>, to: &mut Writer<'_>) {
        value.is_some().write_to(to);
        if let Some(present) = value {
            present.write_to(to);
        }
    }

    /// Reads a value back that was written so.
    fn read_option(from: &mut Reader<'_>) -> Option<Option<Self>> {
        match bool::read_from(from)? {
            true => Self::read_from(from).map(Some),
            false => Some(None),
        }
    }
}

/// Bytes that room is made for before any has been read: a count may lie. What is not filled of them
/// takes no memory.
const ROOM: usize = 1 << 27;

/// How many values room is made for before any has been read.
pub(crate) fn room_of<T>(count: usize) -> usize {
    count.min(ROOM / size_of::<T>().max(1))
}

pub(crate) fn room_for<T>(count: usize) -> Vec<T> {
    Vec::with_capacity(room_of::<T>(count))
}

impl<'a> Writer<'a> {
    /// A writer that hands each piece to `give`.
    pub fn new(give: &'a mut dyn FnMut(Vec<u8>)) -> Self {
        Self { bytes: Vec::with_capacity(PIECE), give, text_files: Vec::new() }
    }

    /// The same; text files have the numbers in which they stand here.
    #[must_use]
    pub fn with_text_files(self, text_files: Vec<Arc<dyn TextFile>>) -> Self {
        Self { text_files, ..self }
    }

    /// Writes bytes, which stay in one piece.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.pass_on(bytes.len());
    }

    /// Gives a piece away if it ends behind the last value, of so many bytes. What these say decides that,
    /// as in content-defined chunking: the same values end up in the same pieces, whatever came before.
    fn pass_on(&mut self, added: usize) {
        let length = self.bytes.len();
        if length >= PIECE || length >= LEAST && is_end(&self.bytes, added) {
            let full = std::mem::replace(&mut self.bytes, Vec::with_capacity(PIECE));
            (self.give)(full);
        }
    }

    /// Writes how many values follow.
    pub fn count(&mut self, count: usize) {
        u32::try_from(count).expect("fewer values than memory holds").write_to(self);
    }

    /// Writes bytes after their count.
    pub fn blob(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.raw(bytes);
    }

    /// The number of a text file, by which it is written.
    pub(crate) fn number_of(&mut self, text_file: &Arc<dyn TextFile>) -> u32 {
        let known = self.text_files.iter().rposition(|other| Arc::ptr_eq(other, text_file));
        let place = known.unwrap_or_else(|| {
            self.text_files.push(text_file.clone());
            self.text_files.len() - 1
        });
        u32::try_from(place).expect("fewer text_files than memory holds")
    }

    /// Gives the last piece away.
    pub fn finish(self) {
        if !self.bytes.is_empty() {
            (self.give)(self.bytes);
        }
    }
}

/// Whether a piece ends behind these bytes, the last of which are a value of so many.
fn is_end(bytes: &[u8], added: usize) -> bool {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let Some(last) = bytes.last_chunk::<32>() else { return false };
    let (words, _) = last.as_chunks::<8>();
    let mix = |hash: u64, word: &[u8; 8]| {
        let mixed = (hash ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR);
        mixed ^ mixed >> 32
    };
    // A large value is followed by an end as often, for its size, as many small ones.
    words.iter().fold(FACTOR, mix) / (u64::MAX / MEAN) < added as u64
}

impl<'a> Reader<'a> {
    /// A reader that asks `next` for each piece; `None` ends them.
    pub fn new(next: &'a mut dyn FnMut() -> Option<Vec<u8>>) -> Self {
        Self { piece: Vec::new(), at: 0, next, stands: Vec::new() }
    }

    /// The same; what stood in text files stands here, in the order of [`Detector::text_files`].
    ///
    /// [`Detector::text_files`]: crate::Detector::text_files
    #[must_use]
    pub fn with_text_files(self, stands: Vec<Stand>) -> Self {
        Self { stands, ..self }
    }

    pub(crate) fn stand(&self, number: u32) -> Option<&Stand> {
        self.stands.get(number as usize)
    }

    /// The next so many bytes of one piece.
    pub fn raw(&mut self, count: usize) -> Option<&[u8]> {
        if self.at == self.piece.len() && count > 0 {
            self.piece = (self.next)()?;
            self.at = 0;
        }
        let bytes = self.piece.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(bytes)
    }

    /// The bytes of some values of this length, at least one and at most so many; `None` where the piece has
    /// fewer bytes.
    pub(crate) fn some(&mut self, most: usize, length: usize) -> Option<&[u8]> {
        if self.at == self.piece.len() {
            self.piece = (self.next)()?;
            self.at = 0;
        }
        let here = (self.piece.len() - self.at) / length;
        if here == 0 { None } else { self.raw(here.min(most) * length) }
    }

    /// How many values follow.
    pub fn count(&mut self) -> Option<usize> {
        usize::try_from(u32::read_from(self)?).ok()
    }

    /// Bytes after their count.
    pub fn blob(&mut self) -> Option<&[u8]> {
        let count = self.count()?;
        self.raw(count)
    }

    /// Whether all of the pieces asked for so far was read.
    #[must_use]
    pub fn is_between_pieces(&self) -> bool {
        self.at == self.piece.len()
    }

    /// Whether everything was read.
    pub fn is_at_end(&mut self) -> bool {
        while self.at == self.piece.len() {
            let Some(piece) = (self.next)() else { return true };
            (self.piece, self.at) = (piece, 0);
        }
        false
    }
}

/// Has a struct written down and read back field by field, in the order given. Fields named behind `anew` are not
/// written: they begin anew.
#[macro_export]
macro_rules! written {
    ($type:ty { $($field:tt),* $(,)? } $(anew { $($new:ident),* })?) => {
        impl $crate::codec::Written for $type {
            fn write_to(&self, to: &mut $crate::codec::Writer<'_>) {
                $($crate::codec::Written::write_to(&self.$field, to);)*
            }

            fn read_from(from: &mut $crate::codec::Reader<'_>) -> Option<Self> {
                Some(Self {
                    $($field: $crate::codec::Written::read_from(from)?,)*
                    $($($new: Default::default(),)*)?
                })
            }
        }
    };
}

/// Has an enum, each of whose variants has one value, written down and read back: the number of the variant, then
/// its value.
#[macro_export]
macro_rules! written_variants {
    ($type:ty { $($number:literal => $variant:ident),* $(,)? }) => {
        impl $crate::codec::Written for $type {
            fn write_to(&self, to: &mut $crate::codec::Writer<'_>) {
                match self {
                    $(Self::$variant(value) => {
                        $crate::codec::Written::write_to(&($number as u8), to);
                        $crate::codec::Written::write_to(value, to);
                    })*
                }
            }

            fn read_from(from: &mut $crate::codec::Reader<'_>) -> Option<Self> {
                match <u8 as $crate::codec::Written>::read_from(from)? {
                    $($number => $crate::codec::Written::read_from(from).map(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

/// The same for what is nothing but bytes.
macro_rules! written_bytes {
    ($type:ident) => {
        impl $crate::codec::Written for $type {
            fn write_to(&self, to: &mut $crate::codec::Writer<'_>) {
                to.blob(&self.0);
            }

            fn read_from(from: &mut $crate::codec::Reader<'_>) -> Option<Self> {
                from.blob().map(|bytes| Self(bytes.into()))
            }
        }
    };
}

pub(crate) use written_bytes;
pub use {written, written_variants};

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};

    use proptest::prelude::*;

    use super::*;

    /// The pieces of a value, of which none is larger than it need be.
    fn pieces(value: &impl Written) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        let mut give = |piece| pieces.push(piece);
        let mut writer = Writer::new(&mut give);
        value.write_to(&mut writer);
        writer.finish();
        pieces
    }

    fn read<T: Written>(pieces: Vec<Vec<u8>>) -> Option<T> {
        let mut pieces = VecDeque::from(pieces);
        let mut next = || pieces.pop_front();
        let mut reader = Reader::new(&mut next);
        let value = T::read_from(&mut reader)?;
        reader.is_at_end().then_some(value)
    }

    type Value = (Vec<Option<String>>, BTreeMap<u128, (i64, bool)>);

    proptest! {
        #[test]
        fn what_was_written_is_read_and_a_part_of_it_is_not(
            texts in proptest::collection::vec(proptest::option::of("\\PC{0,9}"), 0..9),
            numbers in proptest::collection::btree_map(any::<u128>(), (any::<i64>(), any::<bool>()), 0..9),
        ) {
            let value: Value = (texts, numbers);
            let whole = pieces(&value);
            for cut in 0..whole[0].len() {
                prop_assert_eq!(read::<Value>(vec![whole[0][..cut].to_vec()]), None);
            }
            prop_assert_eq!(read::<Value>(whole), Some(value));
        }
    }

    #[test]
    fn much_comes_in_pieces_and_a_count_that_lies_takes_no_memory() {
        let much = vec![7_u64; PIECE];
        let given = pieces(&much);
        assert!(given.len() >= 8 && given.iter().all(|piece| piece.len() < 2 * PIECE));
        assert_eq!(read::<Vec<u64>>(given), Some(much));
        assert_eq!(read::<Vec<u64>>(vec![vec![0xff; 4]]), None);
    }
}
