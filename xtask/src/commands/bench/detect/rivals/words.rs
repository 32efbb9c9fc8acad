//! A quick splitter: words as hashes of lower-case letters, and shingles of five of them.

/// Words in a shingle.
const WORDS: usize = 5;
/// The number of bits by which a shingle is rotated for each further word.
const ROTATION: u32 = 9;
/// Spreads 64 bits (the constant of Fibonacci hashing).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
/// Converts eight ASCII letters to lower case. Digits stay unchanged.
const LOWER_CASE: u64 = 0x2020_2020_2020_2020;

/// The bytes of words: letters and digits of ASCII, and all bytes of other scripts.
const IS_OF_WORD: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0);
    while byte < 256 {
        table[byte] = byte >= 0x80 || (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};

/// Buffers that are reused for each text.
#[derive(Default)]
pub(super) struct Splitter {
    words: Vec<u64>,
    shingles: Vec<u64>,
}

impl Splitter {
    /// The words of a text, each as a hash.
    pub(super) fn words(&mut self, text: &str) -> &[u64] {
        self.words.clear();
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !IS_OF_WORD[bytes[at] as usize] {
                at += 1;
                continue;
            }
            let start = at;
            while at < bytes.len() && IS_OF_WORD[bytes[at] as usize] {
                at += 1;
            }
            self.words.push(hash(bytes, start, at));
        }
        &self.words
    }

    /// The hashes of all runs of five words. If there are fewer words, the hash of the one run of all words.
    pub(super) fn shingles(&mut self, text: &str) -> &[u64] {
        self.words(text);
        self.shingles.clear();
        let mut rolled = 0_u64;
        for (at, word) in self.words.iter().enumerate() {
            rolled = rolled.rotate_left(ROTATION) ^ word;
            if at >= WORDS {
                rolled ^= self.words[at - WORDS].rotate_left(ROTATION * WORDS as u32);
            }
            if at + 1 >= WORDS {
                self.shingles.push(mixed(rolled));
            }
        }
        if self.shingles.is_empty() {
            self.shingles.push(mixed(rolled));
        }
        &self.shingles
    }
}

/// The hash of a word in a text, eight bytes at a time.
fn hash(bytes: &[u8], start: usize, end: usize) -> u64 {
    let mut hash = (end - start) as u64;
    let mut at = start;
    while at < end {
        let mut eight = eight_at(bytes, at) | LOWER_CASE;
        if end - at < 8 {
            eight &= (1 << (8 * (end - at))) - 1;
        }
        hash = (hash.rotate_left(23) ^ eight).wrapping_mul(SPREAD);
        at += 8;
    }
    hash ^ (hash >> 29)
}

/// Eight bytes from an offset, with zeros after the end.
fn eight_at(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()) {
        Some(eight) => u64::from_le_bytes(eight),
        None => {
            let mut eight = [0; 8];
            let rest = &bytes[at..];
            eight[..rest.len()].copy_from_slice(rest);
            u64::from_le_bytes(eight)
        }
    }
}

/// A number with its bits spread over all positions.
pub(super) fn mixed(number: u64) -> u64 {
    let spread = (number ^ (number >> 31)).wrapping_mul(SPREAD);
    spread ^ (spread >> 32)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn words_are_told_apart_and_capitals_are_not() {
        let mut splitter = Splitter::default();
        let small = splitter.words("the longest-word, of 1984 straße").to_vec();
        assert_eq!(small, splitter.words("The LONGEST Word of \"1984\" straße."));
        assert_eq!(small.iter().collect::<HashSet<_>>().len(), 6);
        assert_ne!(splitter.words("abcdefgh").to_vec(), splitter.words("abcdefghi"));
    }

    #[test]
    fn a_shingle_is_its_five_words_wherever_they_stand() {
        let mut splitter = Splitter::default();
        let alone = splitter.shingles("b c d e f").to_vec();
        assert_eq!(alone.len(), 1);
        let inside = splitter.shingles("x a b c d e f g");
        assert_eq!(inside.len(), 4);
        assert_eq!(inside[2], alone[0]);
        assert_eq!(splitter.shingles("two words").len(), 1);
    }
}
