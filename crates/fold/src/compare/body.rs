//! [`Body`]: the words of a text that are aligned, without page chrome.

use std::ops::Range;

use siphasher::sip::SipHasher13;
use wirefold_text::Text;

/// The weight of a word of a script with spaces. A length "in words" is a sum of weights divided by this.
pub(crate) const WORD_WEIGHT: u32 = 5;
/// The weight of a character of a script without spaces (Han, kana, Thai, …), which is a token of its own.
/// About five of these characters say as much as three words.
pub(crate) const ALONE_WEIGHT: u32 = 3;
/// The length of a shingle, in words.
pub(crate) const SHINGLE_WORDS: u32 = 5;

/// A word of a [`Body`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyWord {
    /// The [`word_hash`] of its normalised form.
    pub hash: u64,
    /// The word's index in [`Text::words`].
    pub index: u32,
    /// `WORD_WEIGHT` or `ALONE_WEIGHT`.
    pub weight: u8,
    /// Whether it is inside quotation marks.
    pub quoted: bool,
}

impl BodyWord {
    /// Whether the word counts towards containment, as far as this text alone can tell: it is not quoted.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        !self.quoted
    }

    /// Whether it is a word, and not a single character of a script without spaces.
    pub(crate) fn is_full_word(&self) -> bool {
        u32::from(self.weight) == WORD_WEIGHT
    }
}

/// The words of a text that are compared, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// The words.
    pub words: Vec<BodyWord>,
}

/// The hash of a normalised word: SipHash-1-3 with a zero key, the same on every machine.
#[must_use]
pub fn word_hash(normal: &str) -> u64 {
    SipHasher13::new().hash(normal.as_bytes())
}

impl Body {
    /// The body of `text` without its page chrome.
    #[must_use]
    pub fn new(text: &Text) -> Body {
        let is_kept = |word: &BodyWord| !text.words()[word.index as usize].is_chrome;
        Body { words: words(text).filter(is_kept).collect() }
    }

    /// The body of `text` with nothing left out, not even page chrome.
    #[must_use]
    pub fn unmasked(text: &Text) -> Body {
        Body { words: words(text).collect() }
    }

    /// The range of [`Text::words`] from the first to the last word of `range`, a range of this body that must
    /// not be empty.
    #[must_use]
    pub fn text_range(&self, range: &Range<usize>) -> Range<usize> {
        let words = &self.words[range.clone()];
        let index = |word: Option<&BodyWord>| word.map_or(0, |word| word.index as usize);
        index(words.first())..index(words.last()) + 1
    }

    /// The number of words.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether it has no words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The shingles: for every position, the hash of the shortest run that starts there and weighs five words
    /// (five words, or nine characters). The last positions, where fewer words remain, have none.
    #[must_use]
    pub fn shingles(&self) -> Vec<u64> {
        const WORDS: usize = SHINGLE_WORDS as usize;
        let mut shingles = Vec::with_capacity(self.words.len());
        // The usual case, a script with spaces: all shingles have five words, so each hash is computed from the
        // one before.
        if self.words.iter().all(BodyWord::is_full_word) {
            let Some((first, rest)) = self.words.split_at_checked(WORDS) else {
                return shingles;
            };
            let mut hash = first.iter().fold(0, |hash, word| append(hash, word.hash));
            shingles.push(hash);
            shingles.extend(self.words.iter().zip(rest).map(|(before, next)| {
                hash ^= before.hash.rotate_left(ROTATION * (SHINGLE_WORDS - 1));
                hash = append(hash, next.hash);
                hash
            }));
            return shingles;
        }
        // Of the shingle at the current word: its length, weight and hash. The next shingle ends at the same
        // word or later.
        let (mut len, mut weight, mut hash) = (0, 0, 0);
        let mut next = self.words.iter();
        for first in &self.words {
            while weight < SHINGLE_WORDS * WORD_WEIGHT {
                let Some(word) = next.next() else { return shingles };
                hash = append(hash, word.hash);
                weight += u32::from(word.weight);
                len += 1;
            }
            shingles.push(hash);
            len -= 1;
            weight -= u32::from(first.weight);
            hash ^= first.hash.rotate_left(ROTATION * len);
        }
        shingles
    }
}

/// All words of a text, page chrome included.
fn words(text: &Text) -> impl Iterator<Item = BodyWord> {
    let words = text.words().iter().zip(text.normal_words()).zip(0..);
    words.map(|((word, normal), index)| BodyWord {
        hash: word_hash(normal),
        index,
        weight: weight(word.alone),
        quoted: word.quoted,
    })
}

/// The weight of a word. `alone`: it is a single character of a script without spaces.
pub(crate) fn weight(alone: bool) -> u8 {
    let weight = if alone { ALONE_WEIGHT } else { WORD_WEIGHT };
    u8::try_from(weight).expect("both weights are small constants")
}

/// The bits by which the hash of a shingle is rotated for each word.
const ROTATION: u32 = 13;

/// Adds a word to the hash of a run: a cyclic polynomial (Cohen 1997), from which the first word can be removed
/// again. The hash is as evenly distributed as the hashes of the words.
fn append(hash: u64, word: u64) -> u64 {
    hash.rotate_left(ROTATION) ^ word
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn page_chrome_is_left_out_and_shingles_weigh_five_words() {
        let text = Text::new("Read more\nOne two three four five six.");
        assert_eq!(Body::new(&text).len(), 6);
        assert_eq!(Body::unmasked(&text).len(), 8);
        assert_eq!(Body::new(&text).shingles().len(), 2);
        let chinese = Text::new("港口工人周四结束了罢工。");
        assert_eq!(Body::new(&chinese).len(), 11);
        assert_eq!(Body::new(&chinese).shingles().len(), 3);
    }

    proptest! {
        #[test]
        fn shingles_are_the_shortest_runs_of_enough_weight(text in "([a-z]{1,3} |港|口){0,40}") {
            let body = Body::new(&Text::new(&text));
            let shingle_at = |start: usize| {
                let (mut weight, mut hash) = (0, 0);
                for word in &body.words[start..] {
                    hash = append(hash, word.hash);
                    weight += u32::from(word.weight);
                    if weight >= SHINGLE_WORDS * WORD_WEIGHT {
                        return Some(hash);
                    }
                }
                None
            };
            let expected: Vec<u64> = (0..body.len()).map_while(shingle_at).collect();
            prop_assert_eq!(body.shingles(), expected);
        }
    }

    #[test]
    fn the_same_words_give_the_same_shingles_wherever_they_stand() {
        let here = Body::new(&Text::new("Zero one two three four five."));
        let there = Body::new(&Text::new("One, two — three “four” five!"));
        assert_eq!(here.shingles()[1], there.shingles()[0]);
    }
}
