//! Hashes of words, shingles and names. They are the same on every machine and in every run, because they
//! are stored.

const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
const SECOND: u64 = 0xe703_7ed1_a0b4_28db;
/// The hash of no bytes. It must not be [`FIRST`], which [`mix`] turns into 0 whatever follows.
const START: u64 = 0x1234_5678_9abc_def1;

/// Multiplies to 128 bits and adds both halves (as in wyhash).
#[inline]
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ FIRST) * u128::from(b ^ SECOND);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The hash of bytes.
#[inline]
pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    let (eights, rest) = bytes.as_chunks::<8>();
    let whole = eights.iter().fold(START, |hash, eight| mix(hash, u64::from_le_bytes(*eight)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(mix(whole, u64::from_le_bytes(last)), bytes.len() as u64)
}

/// The hash of the first bytes, `len` of them. It is quick if more bytes follow.
#[inline]
pub(crate) fn hash_front(bytes: &[u8], len: usize) -> u64 {
    let Some(front) = bytes.first_chunk::<16>().filter(|_| len < 16) else {
        return hash_bytes(&bytes[..len]);
    };
    let (eights, _) = front.as_chunks::<8>();
    let (low, high) = (u64::from_le_bytes(eights[0]), u64::from_le_bytes(eights[1]));
    let mask = (1 << (8 * (len % 8))) - 1;
    let last = if len < 8 { mix(START, low & mask) } else { mix(mix(START, low), high & mask) };
    mix(last, len as u64)
}

/// The hash of a string.
#[inline]
pub(crate) fn hash_str(of: &str) -> u64 {
    hash_bytes(of.as_bytes())
}

/// The upper half of a hash, which is as good as all of it where 32 bits are enough.
#[inline]
pub(crate) fn narrow(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_have_different_hashes() {
        let words = ["", "a", "b", "ab", "ba", "a\0", "12345678", "123456789", "a of b of c"];
        let hashes: std::collections::BTreeSet<u32> =
            words.iter().map(|word| narrow(hash_str(word))).collect();
        assert_eq!(hashes.len(), words.len());
    }

    #[test]
    fn the_first_bytes_have_the_hash_of_a_string_of_their_own() {
        let bytes = "a word and many more bytes behind it".as_bytes();
        for len in 0..=bytes.len() {
            assert_eq!(hash_front(bytes, len), hash_bytes(&bytes[..len]), "{len}");
        }
    }
}
