//! The part of a text that is compared: its words without page chrome and learned boilerplate.
//!
//! The text and title of one article come in. Its words with their hashes, its terms, numbers, title words and
//! fingerprint go out. The module never knows any other article.

pub(crate) mod common_words;
pub(crate) mod figures;
pub(crate) mod fingerprint;
pub(crate) mod hash_cache;
pub(crate) mod lexicon;
pub(crate) mod simhash;
pub(crate) mod stem;
pub(crate) mod terms;
pub(crate) mod titles;
pub(crate) mod varint16;
pub(crate) mod word_cache;
pub(crate) mod word_numbers;

use std::ops::Range;

use siphasher::sip::SipHasher13;
use wirefold_text::{Text, Word};

use crate::body::word_cache::WordHashes;

/// The weight of a word of a script with spaces. A length "in words" is a sum of weights divided by this.
pub const WORD_WEIGHT: u32 = 5;
/// The weight of a character of a script without spaces (Han, kana, Thai, …), which is a token of its own.
/// About five of these characters say as much as three words.
pub const ALONE_WEIGHT: u32 = 3;
/// The length of a shingle, in words.
pub const SHINGLE_WORDS: u32 = 5;

/// A text needs at least this many different words to be evidence of copying.
const MIN_DISTINCT_WORDS: usize = 3;

/// Whether a word is a number or a name: facts on which copies agree and filled-in templates differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// Neither a number nor a name.
    None,
    /// A word that begins with a digit.
    Number,
    /// A word that begins with a capital letter.
    Name,
}

/// A word of a [`Body`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyWord {
    /// The [`word_hash`] of its normalised form.
    pub hash: u64,
    /// The word's index in [`Text::words`].
    pub index: u32,
    /// [`WORD_WEIGHT`] or [`ALONE_WEIGHT`].
    pub weight: u8,
    /// Whether it is inside quotation marks.
    pub quoted: bool,
    /// Whether it is a number or a name.
    pub fact: Fact,
    /// Whether it is part of boilerplate or of a hot run: it is aligned but never counted.
    pub boilerplate: bool,
}

impl BodyWord {
    /// Whether the word counts towards containment, as far as this text alone can tell: it is neither quoted
    /// nor boilerplate.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        !(self.quoted | self.boilerplate)
    }

    /// Its normalised form in `text`, the text that it is a word of.
    pub(crate) fn normal<'a>(&self, text: &'a Text) -> &'a str {
        text.normal(&text.words()[self.index as usize])
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
        Body::masked(text, |_| false)
    }

    /// The body of `text` with nothing left out, not even page chrome.
    #[must_use]
    pub fn unmasked(text: &Text) -> Body {
        Body { words: words(text).collect() }
    }

    /// The body of `text` without its page chrome and without the paragraphs for whose index `leave_out` is
    /// true.
    pub fn masked(text: &Text, leave_out: impl Fn(u32) -> bool) -> Body {
        let kept = |word: &BodyWord| {
            let word = &text.words()[word.index as usize];
            !word.is_chrome && !leave_out(word.paragraph)
        };
        Body { words: words(text).filter(kept).collect() }
    }

    /// The body of `text` without its page chrome. `hashes` has one entry for each word of the text.
    pub(crate) fn from_hashes(text: &Text, hashes: &[WordHashes]) -> Body {
        let words = text.words().iter().zip(hashes).zip(0..);
        let body_word = |((word, known), index): ((&Word, &WordHashes), u32)| {
            body_word(word, known.word, known.is_number, index)
        };
        let mut words: Vec<BodyWord> = words.map(body_word).collect();
        if text.words().iter().any(|word| word.is_chrome) {
            words.retain(|word| !text.words()[word.index as usize].is_chrome);
        }
        Body { words }
    }

    /// The words of each paragraph that has any, with the index of the paragraph in the text.
    pub(crate) fn by_paragraph<'a>(
        &'a self,
        text: &'a Text,
    ) -> impl Iterator<Item = (u32, &'a [BodyWord])> {
        let mut rest = &self.words[..];
        let inside = (0..).zip(text.paragraphs()).map(move |(at, paragraph)| {
            let end = rest.iter().take_while(|word| (word.index as usize) < paragraph.words.end);
            let (words, behind) = rest.split_at(end.count());
            rest = behind;
            (at, words)
        });
        inside.filter(|(_, words)| !words.is_empty())
    }

    /// The range of [`Text::words`] from the first to the last word of `range`, a range of this body that must
    /// not be empty.
    #[must_use]
    pub fn text_range(&self, range: &Range<usize>) -> Range<usize> {
        let words = &self.words[range.clone()];
        let index = |word: Option<&BodyWord>| word.map_or(0, |word| word.index as usize);
        index(words.first())..index(words.last()) + 1
    }

    /// Whether its counted words, numbers left out, have fewer than [`MIN_DISTINCT_WORDS`] different ones: a
    /// table, or a word that is repeated. Equality of such texts is no evidence of copying.
    pub(crate) fn has_few_distinct_words(&self) -> bool {
        let counted =
            self.words.iter().filter(|word| word.is_counted() && word.fact != Fact::Number);
        let mut different: Vec<u64> = Vec::with_capacity(MIN_DISTINCT_WORDS);
        for word in counted {
            if !different.contains(&word.hash) {
                different.push(word.hash);
            }
            if different.len() == MIN_DISTINCT_WORDS {
                return false;
            }
        }
        true
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

    /// The sum of the weights of the words inside quotation marks.
    pub(crate) fn quoted_weight(&self) -> u32 {
        let quoted = |word: &BodyWord| u32::from(word.weight) * u32::from(word.quoted);
        self.words.iter().map(quoted).sum()
    }

    /// The length of the counted words, in words: characters of scripts without spaces count three fifths.
    #[must_use]
    pub fn counted_words(&self) -> u32 {
        // Multiplied instead of filtered: the processor cannot predict which words count, and mispredicted
        // branches take longer.
        let counted = |word: &BodyWord| u32::from(word.weight) * u32::from(word.is_counted());
        self.words.iter().map(counted).sum::<u32>() / WORD_WEIGHT
    }
}

/// All words of a text, page chrome included.
fn words(text: &Text) -> impl Iterator<Item = BodyWord> {
    let words = text.words().iter().zip(text.normal_words()).zip(0..);
    words.map(|((word, normal), index)| {
        body_word(word, word_hash(normal), normal.starts_with(char::is_numeric), index)
    })
}

fn body_word(word: &Word, hash: u64, is_number: bool, index: u32) -> BodyWord {
    const FACTS: [Fact; 4] = [Fact::None, Fact::Name, Fact::Number, Fact::Number];
    let fact = FACTS[2 * usize::from(is_number) + usize::from(word.capital)];
    let weight = weight(word.alone);
    BodyWord { hash, fact, index, weight, quoted: word.quoted, boilerplate: false }
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

/// Combines `hash` with `next`: a multiply-rotate mix (as in FxHash) with a final avalanche, because
/// samples are chosen by the low bits.
pub(crate) fn mix(hash: u64, next: u64) -> u64 {
    let mixed = (hash.rotate_left(5) ^ next).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 32)
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
