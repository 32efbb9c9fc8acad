//! Where the words of a text begin and end, for sixty-four bytes at a time: one bit for each byte.

/// Bytes told at once.
const AT_ONCE: usize = u64::BITS as usize;

/// What the bytes of a text are to its words: one bit for each.
pub(crate) struct Letters {
    chunks: Vec<Chunk>,
}

#[derive(Clone, Copy)]
struct Chunk {
    /// ASCII letters and digits.
    letters: u64,
    /// What must be looked at with its neighbours: apostrophes, and all beyond ASCII.
    others: u64,
}

impl Letters {
    pub(crate) fn new(bytes: &[u8]) -> Letters {
        let (whole, rest) = bytes.as_chunks::<AT_ONCE>();
        let mut last = [0; AT_ONCE];
        last[..rest.len()].copy_from_slice(rest);
        let mut chunks = Vec::with_capacity(whole.len() + 1);
        chunks.extend(whole.iter().chain([&last]).map(Chunk::new));
        Letters { chunks }
    }

    /// The first byte from `at` on that does not break words.
    pub(crate) fn next_of_word(&self, at: usize) -> usize {
        self.seek(at, |chunk| chunk.letters | chunk.others)
    }

    /// The first byte from `at` on that is no ASCII letter or digit.
    pub(crate) fn end_of_letters(&self, at: usize) -> usize {
        self.seek(at, |chunk| !chunk.letters)
    }

    /// Whether a byte breaks words, whatever stands beside it.
    pub(crate) fn breaks(&self, at: usize) -> bool {
        let chunk = self.chunks.get(at / AT_ONCE);
        chunk.is_none_or(|chunk| (chunk.letters | chunk.others) >> (at % AT_ONCE) & 1 == 0)
    }

    fn seek(&self, at: usize, bits: impl Fn(&Chunk) -> u64) -> usize {
        let mut place = at / AT_ONCE;
        let mut from = u64::MAX << (at % AT_ONCE);
        while let Some(chunk) = self.chunks.get(place) {
            let found = bits(chunk) & from;
            if found != 0 {
                return AT_ONCE * place + found.trailing_zeros() as usize;
            }
            (place, from) = (place + 1, u64::MAX);
        }
        usize::MAX
    }
}

impl Chunk {
    fn new(bytes: &[u8; AT_ONCE]) -> Chunk {
        let is_letter =
            |byte: u8| ((byte | 0x20).wrapping_sub(b'a') < 26) | (byte.wrapping_sub(b'0') < 10);
        let is_other = |byte: u8| (byte >= 0x80) | (byte == b'\'') | (byte == b'`');
        Chunk { letters: bits(bytes, is_letter), others: bits(bytes, is_other) }
    }
}

/// The bit of each byte, the first the lowest; with `|` in the place of `||` many are asked about at once.
fn bits(bytes: &[u8; AT_ONCE], is: impl Fn(u8) -> bool) -> u64 {
    let ones = bytes.map(|byte| u8::from(is(byte)));
    let eights = ones.as_chunks::<8>().0.iter().rev();
    eights.fold(0, |bits, eight| bits << 8 | u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56)
}

/// Moves the lowest bits of eight bytes into the highest byte: that of byte `n` by `56 - 7 n`.
const GATHER: u64 = 0x0102_0408_1020_4080;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against looking at each byte.
        #[test]
        fn bits_tell_what_bytes_are(text in "[a-zA-Z0-9 ,.'`/@\\[{é“中-]{0,200}", at in 0usize..300) {
            let (bytes, letters) = (text.as_bytes(), Letters::new(text.as_bytes()));
            let is_other = |byte: u8| !byte.is_ascii() || matches!(byte, b'\'' | b'`');
            let of_word = |byte: u8| byte.is_ascii_alphanumeric() || is_other(byte);
            let first = |is: &dyn Fn(u8) -> bool| {
                (at..bytes.len()).find(|at| is(bytes[*at])).unwrap_or(bytes.len())
            };
            if at < bytes.len() {
                let end = first(&|byte| !byte.is_ascii_alphanumeric());
                prop_assert_eq!(letters.end_of_letters(at).min(bytes.len()), end);
                prop_assert_eq!(letters.next_of_word(at).min(bytes.len()), first(&of_word));
                prop_assert_eq!(letters.breaks(at), !of_word(bytes[at]));
            }
            prop_assert!(letters.breaks(bytes.len()) && letters.breaks(bytes.len() + 100));
        }
    }
}
