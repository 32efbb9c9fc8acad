//! Where the words of a text begin and end, computed for sixty-four bytes at a time. Each byte has
//! one bit.

/// Bytes in a chunk.
const CHUNK: usize = u64::BITS as usize;

/// Two bits for each byte of a text: whether it is a letter, and whether its neighbours matter.
pub(crate) struct LetterBits {
    chunks: Vec<Chunk>,
}

#[derive(Clone, Copy)]
struct Chunk {
    /// ASCII letters and digits.
    letters: u64,
    /// Bytes whose effect depends on their neighbours: apostrophes, and all bytes beyond ASCII.
    others: u64,
}

impl LetterBits {
    pub(crate) fn new(bytes: &[u8]) -> LetterBits {
        let (whole, rest) = bytes.as_chunks::<CHUNK>();
        let mut last = [0; CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        let mut chunks = Vec::with_capacity(whole.len() + 1);
        chunks.extend(whole.iter().chain([&last]).map(Chunk::new));
        LetterBits { chunks }
    }

    /// The first byte from `at` on that may belong to a word.
    pub(crate) fn next_of_word(&self, at: usize) -> usize {
        self.seek(at, |chunk| chunk.letters | chunk.others)
    }

    /// The first byte from `at` on that is not an ASCII letter or digit.
    pub(crate) fn end_of_letters(&self, at: usize) -> usize {
        self.seek(at, |chunk| !chunk.letters)
    }

    /// Whether a byte ends a word in any context.
    pub(crate) fn breaks(&self, at: usize) -> bool {
        let chunk = self.chunks.get(at / CHUNK);
        chunk.is_none_or(|chunk| (chunk.letters | chunk.others) >> (at % CHUNK) & 1 == 0)
    }

    fn seek(&self, at: usize, bits: impl Fn(&Chunk) -> u64) -> usize {
        let mut index = at / CHUNK;
        let mut from = u64::MAX << (at % CHUNK);
        while let Some(chunk) = self.chunks.get(index) {
            let found = bits(chunk) & from;
            if found != 0 {
                return CHUNK * index + found.trailing_zeros() as usize;
            }
            (index, from) = (index + 1, u64::MAX);
        }
        usize::MAX
    }
}

impl Chunk {
    fn new(bytes: &[u8; CHUNK]) -> Chunk {
        let is_letter =
            |byte: u8| ((byte | 0x20).wrapping_sub(b'a') < 26) | (byte.wrapping_sub(b'0') < 10);
        let is_other = |byte: u8| (byte >= 0x80) | (byte == b'\'') | (byte == b'`');
        Chunk { letters: bits(bytes, is_letter), others: bits(bytes, is_other) }
    }
}

/// One bit for each byte, the first in the lowest bit. Write `is` with `|` instead of `||`, so that
/// the compiler can vectorise it.
fn bits(bytes: &[u8; CHUNK], is: impl Fn(u8) -> bool) -> u64 {
    let mut ones = [0; CHUNK];
    // Not `bytes.map`: the compiler calls that for each byte.
    ones.iter_mut().zip(bytes).for_each(|(one, byte)| *one = u8::from(is(*byte)));
    let eights = ones.as_chunks::<8>().0.iter().rev();
    eights.fold(0, |bits, eight| bits << 8 | u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56)
}

/// Gathers the lowest bits of eight bytes in the highest byte: it shifts the bit of byte `n` by `56
/// - 7 n`.
const GATHER: u64 = 0x0102_0408_1020_4080;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_agree_with_a_check_of_each_byte(text in "[a-zA-Z0-9 ,.'`/@\\[{é“中-]{0,200}", at in 0usize..300) {
            let (bytes, letters) = (text.as_bytes(), LetterBits::new(text.as_bytes()));
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
