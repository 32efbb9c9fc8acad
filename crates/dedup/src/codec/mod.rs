//! Writes the detector's state as bytes, for snapshots, and reads it back.
//!
//! A number is written in its own length, the lowest byte first. A list is written after its length, which
//! takes four bytes. The bytes come in pieces of whole values, so that neither side has all of them in
//! memory at once.
//!
//! - This module notices a wrong length but not a wrong value. The caller who stores the pieces adds checksums.
//! - Caches and tables that can be computed again are not written: hash tables, logarithms, analysed texts.
//! - A text in a [`TextFile`] is written as its position in the file. The caller stores the files.
//!
//! Any value comes in and bytes go out, or the reverse. The module never knows what the values mean.

pub(crate) mod bits;
pub(crate) mod id_table;
mod ids;
pub(crate) mod packed;
pub(crate) mod postings;
pub(crate) mod prefetch;
mod values;
pub(crate) mod varint;

use std::fmt::Debug;
use std::sync::Arc;

/// The version of the layout. It is raised with each change of what is written. A snapshot of another
/// version is skipped, and the detector learns its state again from the articles.
pub const LAYOUT: u32 = 11;

/// A piece ends at the latest after this many bytes, …
const MAX_PIECE: usize = 1 << 18;
/// … and, except for the last one, not before this many.
const MIN_PIECE: usize = 1 << 14;
/// The mean number of bytes, after the least ones, at which a piece ends.
const MEAN_PIECE: u64 = 1 << 16;

/// Writes values as bytes and passes the bytes on in pieces.
pub struct Writer<'a> {
    /// The bytes of the present piece.
    bytes: Vec<u8>,
    give: &'a mut dyn FnMut(Vec<u8>),
    /// The text files that written values refer to, by number.
    text_files: Vec<Arc<dyn TextFile>>,
}

/// Reads values from pieces of bytes.
pub struct Reader<'a> {
    piece: Vec<u8>,
    /// The position of the next byte in the piece.
    at: usize,
    next: &'a mut dyn FnMut() -> Option<Vec<u8>>,
    /// Where the bytes of each text file are now, by the number of the file in the written values.
    locations: Vec<TextFileLocation>,
}

/// Stores texts outside memory, as in a file. It is dropped with the last article that has its text there.
pub trait TextFile: Send + Sync + Debug {
    /// Stores bytes and returns the position at which they begin; `None` if there is no room.
    fn put(&self, bytes: &[u8]) -> Option<u64>;

    /// Fills `bytes` with the bytes that were stored at `place`, of the same length. An implementation that
    /// cannot return them must end the process, because without them every later verdict could be
    /// different.
    fn read(&self, place: u64, bytes: &mut [u8]);

    /// The number of stored bytes; 0 if it is not known.
    fn length(&self) -> u64 {
        0
    }
}

/// Where the bytes of a text file are now.
#[derive(Debug, Clone)]
pub struct TextFileLocation {
    /// The same text file, or one that its bytes were copied to.
    pub text_file: Arc<dyn TextFile>,
    /// The position in `text_file` at which the bytes begin.
    pub start: u64,
}

/// A value that can be written as bytes and read back.
pub trait Encode: Sized {
    /// Writes the value.
    fn write_to(&self, to: &mut Writer<'_>);

    /// Reads a value; `None` if the bytes end too early or are not valid.
    fn read_from(from: &mut Reader<'_>) -> Option<Self>;

    /// Writes values one behind the other. Numbers are written many at once.
    fn write_all(values: &[Self], to: &mut Writer<'_>) {
        values.iter().for_each(|value| value.write_to(to));
    }

    /// Reads `count` values that [`write_all`](Self::write_all) wrote.
    fn read_all(count: usize, from: &mut Reader<'_>) -> Option<Vec<Self>> {
        let mut values = bounded_vec(count);
        for _ in 0..count {
            values.push(Self::read_from(from)?);
        }
        Some(values)
    }

    /// Writes a value that may be missing.
    fn write_option(value: Option<&Self>, to: &mut Writer<'_>) {
        value.is_some().write_to(to);
        if let Some(present) = value {
            present.write_to(to);
        }
    }

    /// Reads a value that [`write_option`](Self::write_option) wrote.
    fn read_option(from: &mut Reader<'_>) -> Option<Option<Self>> {
        match bool::read_from(from)? {
            true => Self::read_from(from).map(Some),
            false => Some(None),
        }
    }
}

/// The number of bytes that are reserved at most before values are read, because a broken count may be
/// huge. Reserved bytes that are not filled take no memory.
const MAX_RESERVED_BYTES: usize = 1 << 27;

/// The number of values, at most `count`, to reserve memory for before they are read.
pub(crate) fn bounded_capacity<T>(count: usize) -> usize {
    count.min(MAX_RESERVED_BYTES / size_of::<T>().max(1))
}

/// An empty vector with [`bounded_capacity`].
pub(crate) fn bounded_vec<T>(count: usize) -> Vec<T> {
    Vec::with_capacity(bounded_capacity::<T>(count))
}

impl<'a> Writer<'a> {
    /// A writer that passes each piece to `give`.
    pub fn new(give: &'a mut dyn FnMut(Vec<u8>)) -> Self {
        Self { bytes: Vec::with_capacity(MAX_PIECE), give, text_files: Vec::new() }
    }

    /// This writer with text files. Their positions in the list are the numbers by which values refer to them.
    #[must_use]
    pub fn with_text_files(self, text_files: Vec<Arc<dyn TextFile>>) -> Self {
        Self { text_files, ..self }
    }

    /// Writes bytes, all in one piece.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.end_piece_if_due(bytes.len());
    }

    /// Passes on the present piece if it ends behind the last value, which has `added` bytes. The last
    /// bytes decide (content-defined chunking), so the same values are in the same pieces, whatever was
    /// written before them. A new snapshot thus shares most pieces with the one before.
    fn end_piece_if_due(&mut self, added: usize) {
        let length = self.bytes.len();
        if length >= MAX_PIECE || length >= MIN_PIECE && is_boundary(&self.bytes, added) {
            let full = std::mem::replace(&mut self.bytes, Vec::with_capacity(MAX_PIECE));
            (self.give)(full);
        }
    }

    /// Writes the number of values that follow.
    pub fn count(&mut self, count: usize) {
        u32::try_from(count).expect("fewer values than memory holds").write_to(self);
    }

    /// Writes the number of bytes, then the bytes.
    pub fn blob(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.raw(bytes);
    }

    /// The number by which values refer to a text file. A new text file gets the next number.
    pub(crate) fn text_file_number(&mut self, text_file: &Arc<dyn TextFile>) -> u32 {
        let known = self.text_files.iter().rposition(|other| Arc::ptr_eq(other, text_file));
        let place = known.unwrap_or_else(|| {
            self.text_files.push(text_file.clone());
            self.text_files.len() - 1
        });
        u32::try_from(place).expect("fewer text_files than memory holds")
    }

    /// Passes on the last piece.
    pub fn finish(self) {
        if !self.bytes.is_empty() {
            (self.give)(self.bytes);
        }
    }
}

/// Whether a piece may end behind `bytes`, by a hash of the last 32. `added` is the length of the last value.
fn is_boundary(bytes: &[u8], added: usize) -> bool {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let Some(last) = bytes.last_chunk::<32>() else { return false };
    let (words, _) = last.as_chunks::<8>();
    let mix = |hash: u64, word: &[u8; 8]| {
        let mixed = (hash ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR);
        mixed ^ mixed >> 32
    };
    // The probability is proportional to the length of the value, so pieces are equally long for large and
    // small values.
    words.iter().fold(FACTOR, mix) / (u64::MAX / MEAN_PIECE) < added as u64
}

impl<'a> Reader<'a> {
    /// A reader that gets each piece from `next`, and `None` after the last one.
    pub fn new(next: &'a mut dyn FnMut() -> Option<Vec<u8>>) -> Self {
        Self { piece: Vec::new(), at: 0, next, locations: Vec::new() }
    }

    /// This reader with the locations of the text files, in the order of [`Detector::text_files`] when the
    /// values were written.
    ///
    /// [`Detector::text_files`]: crate::Detector::text_files
    #[must_use]
    pub fn with_text_files(self, locations: Vec<TextFileLocation>) -> Self {
        Self { locations, ..self }
    }

    /// Where the text file with this number is now.
    pub(crate) fn text_file_location(&self, number: u32) -> Option<&TextFileLocation> {
        self.locations.get(number as usize)
    }

    /// The next `count` bytes; `None` if the present piece has fewer.
    pub fn raw(&mut self, count: usize) -> Option<&[u8]> {
        if self.at == self.piece.len() && count > 0 {
            self.piece = (self.next)()?;
            self.at = 0;
        }
        let bytes = self.piece.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(bytes)
    }

    /// The bytes of values of `length` bytes each: as many as the present piece has, and at most `max`.
    /// `None` if it has less than one.
    pub(crate) fn read_values(&mut self, max: usize, length: usize) -> Option<&[u8]> {
        if self.at == self.piece.len() {
            self.piece = (self.next)()?;
            self.at = 0;
        }
        let here = (self.piece.len() - self.at) / length;
        if here == 0 { None } else { self.raw(here.min(max) * length) }
    }

    /// The number of values that follow.
    pub fn count(&mut self) -> Option<usize> {
        usize::try_from(u32::read_from(self)?).ok()
    }

    /// Reads bytes that [`Writer::blob`] wrote.
    pub fn blob(&mut self) -> Option<&[u8]> {
        let count = self.count()?;
        self.raw(count)
    }

    /// Whether all bytes of the pieces so far have been read.
    #[must_use]
    pub fn is_between_pieces(&self) -> bool {
        self.at == self.piece.len()
    }

    /// Whether all bytes of all pieces have been read.
    pub fn is_at_end(&mut self) -> bool {
        while self.at == self.piece.len() {
            let Some(piece) = (self.next)() else { return true };
            (self.piece, self.at) = (piece, 0);
        }
        false
    }
}

/// Implements [`Encode`] for a struct: its fields are written in the order given. Fields named behind
/// `not_written` get their default when the struct is read.
#[macro_export]
macro_rules! written {
    ($type:ty { $($field:tt),* $(,)? } $(not_written { $($new:ident),* })?) => {
        impl $crate::codec::Encode for $type {
            fn write_to(&self, to: &mut $crate::codec::Writer<'_>) {
                $($crate::codec::Encode::write_to(&self.$field, to);)*
            }

            fn read_from(from: &mut $crate::codec::Reader<'_>) -> Option<Self> {
                Some(Self {
                    $($field: $crate::codec::Encode::read_from(from)?,)*
                    $($($new: Default::default(),)*)?
                })
            }
        }
    };
}

/// Implements [`Encode`] for an enum whose variants have one value each: the number of the variant is
/// written, then the value.
#[macro_export]
macro_rules! written_variants {
    ($type:ty { $($number:literal => $variant:ident),* $(,)? }) => {
        impl $crate::codec::Encode for $type {
            fn write_to(&self, to: &mut $crate::codec::Writer<'_>) {
                match self {
                    $(Self::$variant(value) => {
                        $crate::codec::Encode::write_to(&($number as u8), to);
                        $crate::codec::Encode::write_to(value, to);
                    })*
                }
            }

            fn read_from(from: &mut $crate::codec::Reader<'_>) -> Option<Self> {
                match <u8 as $crate::codec::Encode>::read_from(from)? {
                    $($number => $crate::codec::Encode::read_from(from).map(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

/// Implements [`Encode`] for a struct with one field of bytes.
macro_rules! written_bytes {
    ($type:ident) => {
        impl $crate::codec::Encode for $type {
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

    /// The pieces of a value.
    fn pieces(value: &impl Encode) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        let mut give = |piece| pieces.push(piece);
        let mut writer = Writer::new(&mut give);
        value.write_to(&mut writer);
        writer.finish();
        pieces
    }

    fn read<T: Encode>(pieces: Vec<Vec<u8>>) -> Option<T> {
        let mut pieces = VecDeque::from(pieces);
        let mut next = || pieces.pop_front();
        let mut reader = Reader::new(&mut next);
        let value = T::read_from(&mut reader)?;
        reader.is_at_end().then_some(value)
    }

    type Value = (Vec<Option<String>>, BTreeMap<u128, (i64, bool)>);

    proptest! {
        #[test]
        fn written_values_are_read_and_cut_ones_are_not(
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
    fn large_values_are_divided_and_a_broken_count_takes_no_memory() {
        let much = vec![7_u64; MAX_PIECE];
        let given = pieces(&much);
        assert!(given.len() >= 8 && given.iter().all(|piece| piece.len() < 2 * MAX_PIECE));
        assert_eq!(read::<Vec<u64>>(given), Some(much));
        assert_eq!(read::<Vec<u64>>(vec![vec![0xff; 4]]), None);
    }
}
