//! A 64-bit SimHash (Charikar 2002) over the words of a text.
//!
//! It counts all 64 bits at once, and gives the value of the crate `simhash` for the same hashes of words. It is
//! reported, and no verdict depends on it.

/// 64 counters: for each bit position, how many of the added hashes have that bit set. They are stored
/// bit-sliced: plane `n` has bit `n` of every counter, so one operation changes all 64.
#[derive(Default)]
struct BitCounts {
    planes: [u64; u32::BITS as usize],
    added: u32,
}

impl BitCounts {
    fn add(&mut self, bits: u64) {
        self.added = self.added.saturating_add(1);
        let mut carry = bits;
        for plane in &mut self.planes {
            (*plane, carry) = (*plane ^ carry, *plane & carry);
            if carry == 0 {
                break;
            }
        }
    }

    /// The bits that are set in more than half of the added hashes.
    fn majority(&self) -> u64 {
        // All counters are compared with half the number of hashes at once, from the highest plane down.
        let half = self.added / 2;
        let (mut more, mut equal) = (0, u64::MAX);
        for (power, plane) in self.planes.iter().enumerate().rev() {
            if half >> power & 1 == 1 {
                equal &= plane;
            } else {
                more |= equal & plane;
                equal &= !plane;
            }
        }
        more
    }
}

/// The SimHash of a text, given the hashes of its words.
pub(crate) fn simhash(hashes: impl Iterator<Item = u64>) -> u64 {
    let mut counts = BitCounts::default();
    hashes.for_each(|hash| counts.add(hash));
    counts.majority()
}

#[cfg(test)]
mod tests {
    use std::hash::{Hash as _, Hasher as _};

    use proptest::prelude::*;
    use siphasher::sip::SipHasher;

    use super::*;

    /// The hash of a word for [`simhash`]: SipHash-2-4 with a zero key, as in the crate `simhash`.
    fn simhash_of_word(word: &str) -> u64 {
        let mut hasher = SipHasher::new();
        word.hash(&mut hasher);
        hasher.finish()
    }

    proptest! {
        #[test]
        fn the_value_is_that_of_the_crate(words in proptest::collection::vec("[a-zа-я]{0,4}", 0..300)) {
            let expected = ::simhash::simhash_stream(words.iter().map(String::as_str));
            prop_assert_eq!(simhash(words.iter().map(|word| simhash_of_word(word))), expected);
        }
    }
}
