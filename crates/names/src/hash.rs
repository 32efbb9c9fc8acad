//! The hashes of words and features: 64 bits, the same on every machine and in every release.

/// An odd number without a pattern (the golden ratio).
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// The hash of no letters.
pub(crate) const EMPTY: u64 = 0x51_7c_c1_b7_27_22_0a_95;

/// Extends a hash by one more part.
pub(crate) const fn join(hash: u64, part: u64) -> u64 {
    let mixed = (hash.rotate_left(5) ^ part).wrapping_mul(MIX);
    mixed ^ (mixed >> 29)
}

/// The hash of a word's letters.
pub(crate) fn letters(letters: impl Iterator<Item = char>) -> u64 {
    letters.fold(EMPTY, |hash, letter| join(hash, letter as u64))
}

/// The hash of a word of ASCII letters and digits in lower case. `None` for other words.
pub(crate) fn plain_letters(word: &[u8]) -> Option<u64> {
    let mut hash = EMPTY;
    for byte in word {
        let small = SMALL[usize::from(*byte)];
        if small == 0 {
            return None;
        }
        hash = join(hash, u64::from(small));
    }
    Some(hash)
}

/// Each ASCII letter in lower case and each digit; 0 for all other bytes.
const SMALL: [u8; 256] = small_letters();

const fn small_letters() -> [u8; 256] {
    let mut small = [0; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            small[byte as usize] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    small
}
