//! SimHash (Charikar 2002) of 64 bits over words: the value of the crate `simhash`, which others
//! compare with, sixty-four words at a time instead of one bit at a time. That crate took a tenth
//! of a decision for a number that is a hint and never evidence.
//!
//! It has one job: it says which earlier texts are nearly the whole of a new one, as a refetch that
//! changed nothing is, or a copy under another paper's chrome. Those are first held against each
//! other word for word, which spares the alignment where what counts of them is equal. Whatever it
//! says, the verdict is the same.

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
        self.carry(bits, 0);
    }

    /// Adds seven at once: four full adders make three planes of them.
    fn add_all(&mut self, [a, b, c, d, e, f, g]: [u64; AT_ONCE]) {
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

    /// Adds bits to the plane `from` on.
    fn carry(&mut self, bits: u64, from: usize) {
        let mut carry = bits;
        for plane in &mut self.planes[from..] {
            (*plane, carry) = (*plane ^ carry, *plane & carry);
            if carry == 0 {
                break;
            }
        }
    }

    /// The places whose bit was set in more than half of what was added.
    fn majority(&self) -> u64 {
        // Compared with the half from the highest plane down, all places at once.
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

/// Words added at once.
const AT_ONCE: usize = 7;

/// The SimHash of words, given the hash of each.
pub fn simhash(words: impl Iterator<Item = u64>) -> u64 {
    let mut sums = Sums::default();
    let mut waiting = [0; AT_ONCE];
    let mut count = 0;
    for hash in words {
        waiting[count] = hash;
        count += 1;
        if count == AT_ONCE {
            sums.add_all(waiting);
            count = 0;
        }
    }
    waiting[..count].iter().for_each(|hash| sums.add(*hash));
    sums.majority()
}

/// Bits of 64 in which the SimHashes of near-whole copies differ at most (Manku, Jain and Das Sarma,
/// "Detecting near-duplicates for web crawling", 2007).
const NEAR: u32 = 3;

/// Whether one of two texts is likely to be nearly the whole of the other, by their SimHashes. A hint,
/// never evidence.
#[must_use]
pub fn is_near(one: u64, other: u64) -> bool {
    ::simhash::hamming_distance(one, other) <= NEAR
}

/// Three sums of bits as two: those of the same place and those of the next (a full adder).
fn add_three(a: u64, b: u64, c: u64) -> (u64, u64) {
    let either = a ^ b;
    (either ^ c, a & b | either & c)
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

    #[test]
    fn a_word_changed_in_a_long_text_is_near_and_another_text_is_not() {
        let of = |words: &[String]| simhash(words.iter().map(|word| simhash_of_word(word)));
        let text: Vec<String> = (0..400).map(|n| format!("w{}", n * n % 389)).collect();
        let changed: Vec<String> = text.iter().cloned().chain(["more".to_owned()]).collect();
        let other: Vec<String> = (0..400).map(|n| format!("v{}", n * n % 389)).collect();
        assert!(is_near(of(&text), of(&text)) && is_near(of(&text), of(&changed)));
        assert!(!is_near(of(&text), of(&other)));
    }

    proptest! {
        #[test]
        fn the_value_is_that_of_the_crate(words in proptest::collection::vec("[a-zа-я]{0,4}", 0..300)) {
            let words = || words.iter().map(String::as_str);
            let expected = ::simhash::simhash_stream(words());
            prop_assert_eq!(simhash(words().map(simhash_of_word)), expected);
        }
    }
}
