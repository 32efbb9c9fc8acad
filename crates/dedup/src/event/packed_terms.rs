//! The terms of a text by their ids, packed.
//!
//! Term ids with their mentions come in; bytes go out, and the ids again. The module never knows how rare a term is.

use crate::codec::prefetch::prefetch;
use crate::codec::varint;
use crate::codec::{written, written_bytes};

/// The bytes of a line of the processor's cache.
const CACHE_LINE: usize = 64;

/// The terms of a text by their ids in [`Frequencies`](super::frequencies::Frequencies), so that a
/// comparison of two texts looks up no hashes.
#[derive(Debug, Clone, Default)]
pub(crate) struct IndexedTerms {
    pub(crate) terms: PackedTerms,
    pub(crate) title: PackedTerms,
    pub(crate) lede: PackedTerms,
    /// The stems of names, in order. `None` if the script has no capitals.
    pub(crate) names: Option<Box<[u32]>>,
}

/// Term ids in order, each with its number of mentions, at most 255. It takes less than two bytes a
/// term: for each term a varint whose last bit says whether there are several mentions, and whose
/// other bits are the number of ids skipped since the previous term; then a byte with the number of
/// mentions if there are several.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedTerms(Box<[u8]>);

impl PackedTerms {
    /// Packs term ids with their mentions. The ids are in order and different.
    pub(crate) fn new(terms: impl Iterator<Item = (u32, u8)>) -> PackedTerms {
        let mut bytes = Vec::new();
        let mut next = 0;
        for (id, count) in terms {
            varint::push(&mut bytes, (id - next) << 1 | u32::from(count > 1));
            if count > 1 {
                bytes.push(count);
            }
            next = id + 1;
        }
        PackedTerms(bytes.into())
    }

    /// The term ids with their mentions, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u8)> + '_ {
        let mut bytes = &*self.0;
        let mut next = 0;
        std::iter::from_fn(move || read_term(&mut bytes, &mut next))
    }

    /// Calls `visit` for each term id with its mentions, in order. It is faster than
    /// [`PackedTerms::iter`], because it reads most terms without a branch: the lengths of numbers
    /// cannot be predicted, and a wrong prediction takes as long as a few terms.
    #[inline]
    pub(crate) fn for_each(&self, mut visit: impl FnMut(u32, u8)) {
        let mut bytes = &*self.0;
        let mut next = 0;
        while let Some(first) = bytes.first_chunk() {
            let word = u32::from_le_bytes(*first);
            if word & LONG_NUMBER == LONG_NUMBER {
                let Some((id, count)) = read_term(&mut bytes, &mut next) else { return };
                visit(id, count);
                continue;
            }
            let is_two_bytes = word >> 7 & 1;
            let second_byte = (word >> 1 & 0x3f80) * is_two_bytes;
            let written = word & 0x7f | second_byte;
            let len = 1 + is_two_bytes;
            let has_count = written & 1;
            let count = if has_count == 1 { word >> (8 * len) } else { 1 };
            let id = next + (written >> 1);
            next = id + 1;
            bytes = bytes.get((len + has_count) as usize..).unwrap_or_default();
            visit(id, (count & 0xff) as u8);
        }
        while let Some((id, count)) = read_term(&mut bytes, &mut next) {
            visit(id, count);
        }
    }

    /// The number of terms, at most. The exact number would take as long as reading them.
    pub(crate) fn len_at_most(&self) -> usize {
        self.0.len()
    }

    /// One byte of each cache line that the packed terms take.
    pub(crate) fn cache_lines(&self) -> impl Iterator<Item = u8> {
        self.0.iter().step_by(CACHE_LINE).copied()
    }

    /// Whether there are no terms.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it has any of these term ids, which are in order.
    pub(crate) fn has_any(&self, ids: &[u32]) -> bool {
        self.iter().any(|(id, _)| ids.binary_search(&id).is_ok())
    }
}

/// The bits that are set if the first number of some bytes takes more than two of them.
const LONG_NUMBER: u32 = 0x8080;

/// Reads the next term id with its mentions, and advances `bytes` past it. `next` is the lowest id
/// that it may have.
fn read_term(bytes: &mut &[u8], next: &mut u32) -> Option<(u32, u8)> {
    let written = varint::read(bytes)?;
    let count = match written & 1 {
        1 => bytes.split_off_first().copied()?,
        _ => 1,
    };
    let id = *next + (written >> 1);
    *next = id + 1;
    Some((id, count))
}

impl IndexedTerms {
    /// Starts loading the terms into the processor's cache before they are compared.
    pub(crate) fn prefetch(&self) {
        let parts = [&self.terms, &self.title, &self.lede];
        prefetch(parts.into_iter().flat_map(PackedTerms::cache_lines));
    }
}

written_bytes!(PackedTerms);
written!(IndexedTerms { terms, title, lede, names });

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn packed_terms_are_read_back_unchanged(
            // Neighbours, near ones and distant ones: numbers of one to five bytes.
            gaps in proptest::collection::vec(
                (prop_oneof![Just(0u32), 0u32..70, 0u32..9_000, 0u32..1 << 26], 1u8..=255),
                0..40,
            ),
        ) {
            let mut next = 0;
            let mut terms = Vec::new();
            for (gap, count) in gaps {
                terms.push((next + gap, count));
                next += gap + 1;
            }
            let packed = PackedTerms::new(terms.iter().copied());
            let mut visited = Vec::new();
            packed.for_each(|id, count| visited.push((id, count)));
            prop_assert!(packed.iter().eq(visited.iter().copied()));
            prop_assert!(visited.into_iter().eq(terms.into_iter()));
        }
    }
}
