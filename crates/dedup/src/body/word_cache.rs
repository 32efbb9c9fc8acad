//! A cache of the hashes of words, by their letters: most words of a text occur in one of the last texts, and a
//! hash takes longer than a comparison of sixteen bytes.

use wirefold_text::extract::{may_begin_agency, may_begin_number};
use wirefold_text::{Text, Word};

use crate::body::simhash::simhash_of_word;
use crate::body::terms::term_of;
use crate::body::word_hash;
use crate::codec::prefetch::prefetch;

/// What of a word is asked for again and again.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hashes {
    /// [`word_hash`] of its normal form.
    pub(crate) word: u64,
    /// The same of the term that it stands for.
    pub(crate) stem: u64,
    /// What it is to the SimHash.
    pub(crate) simhash: u64,
    /// Whether it begins with a digit.
    pub(crate) is_number: bool,
    /// Whether a number may begin with it, in digits or words.
    pub(crate) may_begin_number: bool,
    /// Whether the name of an agency may begin with it.
    pub(crate) may_begin_agency: bool,
}

impl Hashes {
    fn new(normal: &str) -> Hashes {
        let word = word_hash(normal);
        let stem = match term_of(normal) {
            whole if whole.len() == normal.len() => word,
            part => word_hash(part),
        };
        let is_number = normal.starts_with(char::is_numeric);
        let may_begin_number = may_begin_number(normal);
        let may_begin_agency = may_begin_agency(normal);
        let simhash = simhash_of_word(normal);
        Hashes { word, stem, simhash, is_number, may_begin_number, may_begin_agency }
    }
}

/// Words of late, one for each place. A clone begins without any.
#[derive(Debug, Default)]
pub(crate) struct WordCache {
    /// Empty before the first word.
    places: Vec<Remembered>,
}

/// A word with its hashes, in one line of the processor's cache: a look at a place waits once.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Remembered {
    letters: Letters,
    hashes: Hashes,
}

/// Words remembered, a power of two: two megabytes, which stay near the processor.
const PLACES: usize = 1 << 14;

impl Clone for WordCache {
    fn clone(&self) -> WordCache {
        WordCache::default()
    }
}

impl WordCache {
    /// The hashes of the words of a text, page chrome apart, of which nothing is said.
    pub(crate) fn look_up_all(&mut self, text: &Text) -> Vec<Hashes> {
        if self.places.is_empty() {
            self.places = vec![Remembered::default(); PLACES];
        }
        let letters_of = |word| Letters::new(text.normal_and_behind(word)).unwrap_or_default();
        let letters: Vec<Letters> = text.words().iter().map(letters_of).collect();
        prefetch(letters.iter().map(|letters| self.places[letters.slot()].letters.first));
        // The first look takes what stands at each word's place, whatever that is, and decides nothing by
        // it. The words that are not there wait for the second.
        let mut found = Vec::with_capacity(letters.len());
        let mut others: Vec<u32> = vec![0; letters.len()];
        let mut other = 0;
        for ((at, word), own) in (0..).zip(text.words()).zip(letters) {
            let place = &self.places[own.slot()];
            found.push(place.hashes);
            others[other] = at;
            other += usize::from((place.letters != own) | (own.len == 0) | word.is_chrome);
        }
        for at in others.into_iter().take(other).map(|at| at as usize) {
            let word = &text.words()[at];
            found[at] = if word.is_chrome { Hashes::default() } else { self.look_up(text, word) };
        }
        found
    }

    fn look_up(&mut self, text: &Text, word: &Word) -> Hashes {
        let Some(letters) = Letters::new(text.normal_and_behind(word)) else {
            return Hashes::new(text.normal(word));
        };
        let place = &mut self.places[letters.slot()];
        if place.letters != letters {
            *place = Remembered { letters, hashes: Hashes::new(text.normal(word)) };
        }
        place.hashes
    }
}

/// The letters of a word of at most sixteen bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Letters {
    first: u64,
    last: u64,
    /// How many bytes; 0 where there is no word.
    len: u8,
}

/// The most bytes.
const LONGEST: usize = 16;

/// What of sixteen bytes belongs to a word of so many.
const KEPT: [[u8; LONGEST]; LONGEST + 1] = {
    let mut kept = [[0; LONGEST]; LONGEST + 1];
    let mut len = 0;
    while len <= LONGEST {
        let mut at = 0;
        while at < len {
            kept[len][at] = u8::MAX;
            at += 1;
        }
        len += 1;
    }
    kept
};

fn halves_of(bytes: [u8; LONGEST]) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes(rest)]
}

impl Letters {
    /// From the bytes that a word begins, and its length; `None` where it is too long, or nothing.
    fn new((bytes, len): (&[u8], usize)) -> Option<Letters> {
        if len == 0 || len > LONGEST {
            return None;
        }
        let mut copied = [0; LONGEST];
        let whole = bytes.first_chunk::<LONGEST>().unwrap_or_else(|| {
            copied[..len].copy_from_slice(&bytes[..len]);
            &copied
        });
        let ([first, last], kept) = (halves_of(*whole), halves_of(KEPT[len]));
        let len = u8::try_from(len).expect("it is small");
        Some(Letters { first: first & kept[0], last: last & kept[1], len })
    }

    fn slot(self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29) ^ u64::from(self.len))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        usize::try_from(mixed >> (u64::BITS - PLACES.trailing_zeros()))
            .expect("it is below a length")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against finding out anew, twice over.
        #[test]
        fn what_is_remembered_is_what_is_so(text in "([a-c1é中]{1,20} |one |read more\\n){0,60}") {
            let (mut late, text) = (WordCache::default(), Text::new(&text));
            let both = [late.look_up_all(&text), late.look_up_all(&text)].concat();
            for (word, found) in text.words().iter().chain(text.words()).zip(both) {
                let normal = text.normal(word);
                let hashes = if word.is_chrome { Hashes::default() } else { Hashes::new(normal) };
                prop_assert_eq!((found.word, found.stem), (hashes.word, hashes.stem));
                prop_assert_eq!((found.simhash, found.is_number), (hashes.simhash, hashes.is_number));
                prop_assert_eq!(found.may_begin_number, hashes.may_begin_number);
                prop_assert_eq!(found.may_begin_agency, hashes.may_begin_agency);
            }
        }

        #[test]
        fn other_letters_are_others(one in "[ab]{1,17}", other in "[ab]{1,17}", behind in "[ab]{0,17}") {
            let both = [(&one, &other), (&other, &one)].map(|(word, next)| {
                let bytes = format!("{word}{behind}{next}");
                Letters::new((bytes.as_bytes(), word.len()))
            });
            let are_long = one.len().min(other.len()) > LONGEST;
            prop_assert_eq!(both[0] == both[1], one == other || are_long);
        }
    }
}
