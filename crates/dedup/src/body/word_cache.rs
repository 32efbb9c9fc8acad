//! A cache of the hashes of words, by the bytes of the words. Most words of a text occur in a recent text,
//! and to compute a hash takes longer than to compare sixteen bytes.

use wirefold_text::extract::{may_begin_agency, may_begin_number};
use wirefold_text::{Text, Word};

use crate::body::simhash::simhash_of_word;
use crate::body::stem::term_of;
use crate::body::word_hash;
use crate::codec::prefetch::prefetch;

/// The hashes and properties of a word, computed once and cached.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WordHashes {
    /// The [`word_hash`] of its normalised form.
    pub(crate) word: u64,
    /// The [`word_hash`] of its term ([`term_of`]).
    pub(crate) stem: u64,
    /// Its hash for the SimHash ([`simhash_of_word`]).
    pub(crate) simhash: u64,
    /// Whether it begins with a digit.
    pub(crate) is_number: bool,
    /// Whether a number may begin with it, in digits or words.
    pub(crate) may_begin_number: bool,
    /// Whether the name of an agency may begin with it.
    pub(crate) may_begin_agency: bool,
}

impl WordHashes {
    fn new(normal: &str) -> WordHashes {
        let word = word_hash(normal);
        let stem = match term_of(normal) {
            whole if whole.len() == normal.len() => word,
            part => word_hash(part),
        };
        let is_number = normal.starts_with(char::is_numeric);
        let may_begin_number = may_begin_number(normal);
        let may_begin_agency = may_begin_agency(normal);
        let simhash = simhash_of_word(normal);
        WordHashes { word, stem, simhash, is_number, may_begin_number, may_begin_agency }
    }
}

/// A direct-mapped cache of recent words. A clone starts empty.
#[derive(Debug, Default)]
pub(crate) struct WordCache {
    /// Empty until the first look-up.
    slots: Vec<CachedWord>,
}

/// A word with its hashes. It fits in one line of the processor's cache, so that a look-up waits for memory
/// once.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct CachedWord {
    bytes: WordBytes,
    hashes: WordHashes,
}

/// The number of slots, a power of two. They take one megabyte, which stays near the processor.
const SLOTS: usize = 1 << 14;

impl Clone for WordCache {
    fn clone(&self) -> WordCache {
        WordCache::default()
    }
}

impl WordCache {
    /// The hashes of each word of a text. Words of page chrome get [`WordHashes::default`].
    pub(crate) fn look_up_all(&mut self, text: &Text) -> Vec<WordHashes> {
        if self.slots.is_empty() {
            self.slots = vec![CachedWord::default(); SLOTS];
        }
        let bytes_of = |word| WordBytes::new(text.normal_with_tail(word)).unwrap_or_default();
        let bytes: Vec<WordBytes> = text.words().iter().map(bytes_of).collect();
        prefetch(bytes.iter().map(|bytes| self.slots[bytes.slot()].bytes.first));
        // The first pass copies the slot of every word, right or wrong, without a branch: so the processor
        // loads many slots at the same time. The second pass corrects the words that were not in their
        // slot.
        let mut found = Vec::with_capacity(bytes.len());
        let mut misses: Vec<u32> = vec![0; bytes.len()];
        let mut miss_count = 0;
        for ((at, word), word_bytes) in (0..).zip(text.words()).zip(bytes) {
            let slot = &self.slots[word_bytes.slot()];
            found.push(slot.hashes);
            misses[miss_count] = at;
            miss_count +=
                usize::from((slot.bytes != word_bytes) | (word_bytes.len == 0) | word.is_chrome);
        }
        for at in misses.into_iter().take(miss_count).map(|at| at as usize) {
            let word = &text.words()[at];
            found[at] =
                if word.is_chrome { WordHashes::default() } else { self.look_up(text, word) };
        }
        found
    }

    fn look_up(&mut self, text: &Text, word: &Word) -> WordHashes {
        let Some(bytes) = WordBytes::new(text.normal_with_tail(word)) else {
            return WordHashes::new(text.normal(word));
        };
        let slot = &mut self.slots[bytes.slot()];
        if slot.bytes != bytes {
            *slot = CachedWord { bytes, hashes: WordHashes::new(text.normal(word)) };
        }
        slot.hashes
    }
}

/// A word of at most [`MAX_BYTES`] bytes, in a form that is quick to compare: two numbers of eight bytes,
/// padded with zeros.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct WordBytes {
    first: u64,
    last: u64,
    /// The length in bytes; 0 in an empty slot.
    len: u8,
}

/// The length of the longest word that is cached, in bytes.
const MAX_BYTES: usize = 16;

/// For each length of a word, the mask of its bytes in a block of [`MAX_BYTES`].
const BYTE_MASKS: [[u8; MAX_BYTES]; MAX_BYTES + 1] = {
    let mut masks = [[0; MAX_BYTES]; MAX_BYTES + 1];
    let mut len = 0;
    while len <= MAX_BYTES {
        let mut at = 0;
        while at < len {
            masks[len][at] = u8::MAX;
            at += 1;
        }
        len += 1;
    }
    masks
};

fn as_two_numbers(bytes: [u8; MAX_BYTES]) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes(rest)]
}

impl WordBytes {
    /// The word in the first `len` of `bytes`; `None` if it is empty or too long. Bytes may follow the word.
    fn new((bytes, len): (&[u8], usize)) -> Option<WordBytes> {
        if len == 0 || len > MAX_BYTES {
            return None;
        }
        let mut copied = [0; MAX_BYTES];
        let whole = bytes.first_chunk::<MAX_BYTES>().unwrap_or_else(|| {
            copied[..len].copy_from_slice(&bytes[..len]);
            &copied
        });
        let ([first, last], mask) = (as_two_numbers(*whole), as_two_numbers(BYTE_MASKS[len]));
        let len = u8::try_from(len).expect("it is small");
        Some(WordBytes { first: first & mask[0], last: last & mask[1], len })
    }

    fn slot(self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29) ^ u64::from(self.len))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        usize::try_from(mixed >> (u64::BITS - SLOTS.trailing_zeros()))
            .expect("it is below a length")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Compared with hashes computed again, at the first look-up and at the second.
        #[test]
        fn cached_hashes_are_those_of_the_word(text in "([a-c1é中]{1,20} |one |read more\\n){0,60}") {
            let (mut cache, text) = (WordCache::default(), Text::new(&text));
            let both = [cache.look_up_all(&text), cache.look_up_all(&text)].concat();
            for (word, found) in text.words().iter().chain(text.words()).zip(both) {
                let normal = text.normal(word);
                let hashes = if word.is_chrome { WordHashes::default() } else { WordHashes::new(normal) };
                prop_assert_eq!((found.word, found.stem), (hashes.word, hashes.stem));
                prop_assert_eq!((found.simhash, found.is_number), (hashes.simhash, hashes.is_number));
                prop_assert_eq!(found.may_begin_number, hashes.may_begin_number);
                prop_assert_eq!(found.may_begin_agency, hashes.may_begin_agency);
            }
        }

        #[test]
        fn different_words_have_different_bytes(one in "[ab]{1,17}", other in "[ab]{1,17}", behind in "[ab]{0,17}") {
            let both = [(&one, &other), (&other, &one)].map(|(word, next)| {
                let bytes = format!("{word}{behind}{next}");
                WordBytes::new((bytes.as_bytes(), word.len()))
            });
            let are_long = one.len().min(other.len()) > MAX_BYTES;
            prop_assert_eq!(both[0] == both[1], one == other || are_long);
        }
    }
}
