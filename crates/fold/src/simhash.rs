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
        self.carry(bits, 0);
    }

    /// Adds seven hashes at once: four full adders reduce them to three planes.
    fn add_all(&mut self, [a, b, c, d, e, f, g]: [u64; BATCH]) {
        self.added = self.added.saturating_add(7);
        let ((abc, two), (def, more)) = (add_three(a, b, c), add_three(d, e, f));
        let (ones, most) = add_three(abc, def, g);
        let (twos, fours) = add_three(two, more, most);
        let (ones, carry) = add_three(self.planes[0], ones, 0);
        self.planes[0] = ones;
        let (twos, carry) = add_three(self.planes[1], twos, carry);
        self.planes[1] = twos;
        let (fours, carry) = add_three(self.planes[2], fours, carry);
        self.planes[2] = fours;
        self.carry(carry, 3);
    }

    /// Adds `bits` to the plane `from` and carries into the planes above it.
    fn carry(&mut self, bits: u64, from: usize) {
        let mut carry = bits;
        for plane in &mut self.planes[from..] {
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

/// The number of hashes that [`BitCounts::add_all`] adds at once.
const BATCH: usize = 7;

/// The SimHash of a text, given its words and the hash of each.
pub(crate) fn simhash<T>(words: &[T], hash: impl Fn(&T) -> u64) -> u64 {
    let mut counts = BitCounts::default();
    let (batches, rest) = words.as_chunks::<BATCH>();
    batches.iter().for_each(|batch| counts.add_all(batch.each_ref().map(&hash)));
    rest.iter().for_each(|word| counts.add(hash(word)));
    counts.majority()
}

/// A full adder for 64 positions: the sum of three bits at each position, as its low bits and its carries.
fn add_three(a: u64, b: u64, c: u64) -> (u64, u64) {
    let either = a ^ b;
    (either ^ c, a & b | either & c)
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
            prop_assert_eq!(simhash(&words, |word| simhash_of_word(word)), expected);
        }
    }
}
