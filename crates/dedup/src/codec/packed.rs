//! A list of numbers with the same number of bits each.
//!
//! Numbers come in; numbers go out. The module never knows what they count.

use crate::codec::{Encode, Reader, Writer};

/// Numbers of a fixed width in bits, one directly behind the other. Each number must fit the width.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PackedNumbers {
    words: Vec<u64>,
    /// The bits of a number, from 1 to 64.
    width: u32,
    len: usize,
}

impl PackedNumbers {
    /// An empty list with room for `capacity` numbers of `width` bits.
    pub(crate) fn new(width: u32, capacity: usize) -> PackedNumbers {
        let width = width.clamp(1, u64::BITS);
        PackedNumbers { words: Vec::with_capacity(words_for(capacity, width)), width, len: 0 }
    }

    /// The number of numbers.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Appends a number.
    pub(crate) fn push(&mut self, value: u64) {
        let shift = self.len * self.width as usize % 64;
        match self.words.last_mut() {
            Some(last) if shift > 0 => *last |= value << shift,
            _ => self.words.push(value),
        }
        if shift + self.width as usize > 64 {
            self.words.push(value >> (64 - shift));
        }
        self.len += 1;
    }

    /// The number at a position, which must be below [`len`](Self::len).
    #[inline]
    pub(crate) fn get(&self, at: usize) -> u64 {
        let bit = at * self.width as usize;
        let (word, shift) = (bit / 64, bit % 64);
        let mut value = self.words[word] >> shift;
        if shift + self.width as usize > 64 {
            value |= self.words[word + 1] << (64 - shift);
        }
        value & u64::MAX >> (u64::BITS - self.width)
    }
}

/// The length of `words` for `len` numbers.
fn words_for(len: usize, width: u32) -> usize {
    (len * width as usize).div_ceil(64)
}

impl Encode for PackedNumbers {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.width.write_to(to);
        to.count(self.len);
        self.words.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<PackedNumbers> {
        let (width, len, words) = (u32::read_from(from)?, from.count()?, Vec::read_from(from)?);
        let is_whole = (1..=u64::BITS).contains(&width) && words.len() == words_for(len, width);
        is_whole.then_some(PackedNumbers { words, width, len })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_those_that_were_pushed(
            width in 1u32..=64,
            values in proptest::collection::vec(any::<u64>(), 0..40),
        ) {
            let values: Vec<u64> = values.iter().map(|value| value >> (64 - width)).collect();
            let mut packed = PackedNumbers::new(width, values.len());
            values.iter().for_each(|value| packed.push(*value));
            let found: Vec<u64> = (0..packed.len()).map(|at| packed.get(at)).collect();
            prop_assert_eq!(found, values);
            prop_assert_eq!(packed.words.len(), words_for(packed.len, width));
        }
    }
}
