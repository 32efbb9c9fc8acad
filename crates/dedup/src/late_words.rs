//! What was found out about words of late, by their letters: most words of a text stood in one of
//! the last, and a hash takes longer than a look at sixteen bytes.

use crate::body::word_hash;
use crate::simhash::simhash_of_word;
use crate::terms::stem;

/// What of a word is asked for again and again.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hashes {
    /// [`word_hash`] of its normal form.
    pub(crate) word: u64,
    /// The same of its [`stem`].
    pub(crate) stem: u64,
    /// What it is to the SimHash.
    pub(crate) simhash: u64,
    /// Whether it begins with a digit.
    pub(crate) is_number: bool,
}

impl Hashes {
    fn new(normal: &str) -> Hashes {
        let word = word_hash(normal);
        let stem = match stem(normal) {
            whole if whole.len() == normal.len() => word,
            part => word_hash(part),
        };
        let is_number = normal.starts_with(char::is_numeric);
        Hashes { word, stem, simhash: simhash_of_word(normal), is_number }
    }
}

/// Words of late, one for each place. With each stands what its owner notes of it. A clone begins
/// without any.
#[derive(Debug)]
pub(crate) struct LateWords<V> {
    /// Empty before the first word.
    places: Vec<Place<V>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Place<V> {
    letters: Letters,
    hashes: Hashes,
    note: Option<V>,
}

/// Words remembered, a power of two: two megabytes, which stay near the processor.
const REMEMBERED: usize = 1 << 15;

impl<V> Default for LateWords<V> {
    fn default() -> LateWords<V> {
        LateWords { places: Vec::new() }
    }
}

impl<V> Clone for LateWords<V> {
    fn clone(&self) -> LateWords<V> {
        LateWords::default()
    }
}

impl<V: Copy> LateWords<V> {
    /// The hashes of a word in normal form, and what `note` says of it, given what was noted of it
    /// last. Words that stand alone are other words than those of the same letters that do not.
    pub(crate) fn look_up(
        &mut self,
        normal: &str,
        alone: bool,
        note: impl FnOnce(&Hashes, Option<V>) -> V,
    ) -> (Hashes, V) {
        let Some(letters) = Letters::new(normal.as_bytes(), alone) else {
            let hashes = Hashes::new(normal);
            return (hashes, note(&hashes, None));
        };
        if self.places.is_empty() {
            let nothing =
                Place { letters: Letters::default(), hashes: Hashes::default(), note: None };
            self.places = vec![nothing; REMEMBERED];
        }
        let place = &mut self.places[letters.place()];
        if place.letters != letters {
            *place = Place { letters, hashes: Hashes::new(normal), note: None };
        }
        let noted = note(&place.hashes, place.note);
        place.note = Some(noted);
        (place.hashes, noted)
    }

    pub(crate) fn clear(&mut self) {
        *self = LateWords::default();
    }
}

/// The letters of a word of at most sixteen bytes: its first and its last eight, and its length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Letters {
    first: u64,
    last: u64,
    /// With whether it stands alone in the highest bit; 0 where there is no word.
    len: u8,
}

const ALONE: u8 = 1 << 7;

impl Letters {
    /// `None` where there are too many, or none.
    fn new(normal: &[u8], alone: bool) -> Option<Letters> {
        let four = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
        let (first, last) = match (normal, normal.first_chunk(), normal.last_chunk()) {
            (_, Some(first), Some(last)) if normal.len() <= 16 => {
                (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
            }
            ([one], ..) => (u64::from(*one), 0),
            ([one, two], ..) => (u64::from(*one), u64::from(*two)),
            ([one, two, three], ..) => (u64::from(*one) | u64::from(*two) << 8, u64::from(*three)),
            ([_, _, _, _, ..], None, _) => {
                (four(normal.first_chunk()?), four(normal.last_chunk()?))
            }
            _ => return None,
        };
        let len = u8::try_from(normal.len()).ok()? | if alone { ALONE } else { 0 };
        Some(Letters { first, last, len })
    }

    fn place(self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29) ^ u64::from(self.len))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        usize::try_from(mixed >> (u64::BITS - REMEMBERED.trailing_zeros()))
            .expect("it is below a length")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against finding out anew, many times over.
        #[test]
        fn what_is_remembered_is_what_is_so(words in proptest::collection::vec("[a-c1é中]{1,20}", 1..60)) {
            let mut late = LateWords::default();
            for round in 0..2 {
                for (at, word) in words.iter().enumerate() {
                    let (found, noted) = late.look_up(word, at % 2 == 0, |_, noted| noted.unwrap_or(word.len()));
                    let hashes = Hashes::new(word);
                    prop_assert_eq!((found.word, found.stem), (hashes.word, hashes.stem), "{}", round);
                    prop_assert_eq!((found.simhash, found.is_number), (hashes.simhash, hashes.is_number));
                    prop_assert_eq!(noted, word.len());
                }
            }
        }

        #[test]
        fn other_letters_are_others(one in "[ab]{1,17}", other in "[ab]{1,17}") {
            let letters = |word: &str| Letters::new(word.as_bytes(), false);
            prop_assert_eq!(letters(&one) == letters(&other), one == other || one.len().min(other.len()) > 16);
        }
    }

    #[test]
    fn notes_are_kept_until_they_are_cleared() {
        let mut late = LateWords::default();
        let mut noted = |late: &mut LateWords<u8>, alone| {
            late.look_up("port", alone, |_, noted| noted.map_or(1, |times| times + 1)).1
        };
        assert_eq!([noted(&mut late, false), noted(&mut late, false)], [1, 2]);
        assert_eq!(noted(&mut late, true), 1, "another word");
        late.clear();
        assert_eq!(noted(&mut late, true), 1);
    }
}
