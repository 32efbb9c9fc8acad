//! SimHash (Charikar 2002) of 64 bits over words: the value of the crate `simhash`, which others
//! compare with, sixty-four words at a time instead of one bit at a time. That crate took a tenth
//! of a decision for a number that is a hint and never evidence.

use std::hash::{Hash, Hasher};

use siphasher::sip::SipHasher;

/// Sums of bits, one for each of 64 places, written across: plane `n` holds bit `n` of all sums.
#[derive(Default)]
struct Sums {
    planes: [u64; u32::BITS as usize],
    added: u32,
}

impl Sums {
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

    fn at(&self, place: u32) -> u64 {
        let bits = self.planes.iter().zip(0..);
        bits.map(|(plane, power): (_, u32)| (plane >> place & 1) << power).sum()
    }

    /// The places whose bit was set in more than half of what was added.
    fn majority(&self) -> u64 {
        let most = |place: &u32| 2 * self.at(*place) > u64::from(self.added);
        (0..u64::BITS).filter(most).map(|place| 1 << place).sum()
    }
}

/// The SimHash of words, given the [`simhash_of_word`] of each.
pub(crate) fn simhash(words: impl Iterator<Item = u64>) -> u64 {
    let mut sums = Sums::default();
    words.for_each(|hash| sums.add(hash));
    sums.majority()
}

/// A word by SipHash-2-4 with a zero key.
pub(crate) fn simhash_of_word(word: &str) -> u64 {
    let mut hasher = SipHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_value_is_that_of_the_crate(words in proptest::collection::vec("[a-zа-я]{0,4}", 0..300)) {
            let words = || words.iter().map(String::as_str);
            let expected = ::simhash::simhash_stream(words());
            prop_assert_eq!(simhash(words().map(simhash_of_word)), expected);
        }
    }
}
