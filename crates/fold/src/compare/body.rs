//! [`Body`]: the words of a text that are compared, without page chrome.

use std::ops::Range;

use siphasher::sip::SipHasher13;
use wirefold_text::{Text, Word};

/// A word of a [`Body`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyWord {
    /// The [`word_hash`] of its normalised form.
    pub hash: u64,
    /// The word's index in [`Text::words`].
    pub index: u32,
    /// Whether it is inside quotation marks.
    pub quoted: bool,
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
        let words = text.words().iter().zip(text.normal_words()).zip(0..);
        let kept = words.filter(|((word, _), _)| !word.is_chrome);
        let read = |((word, normal), index): ((&Word, &str), u32)| BodyWord {
            hash: word_hash(normal),
            index,
            quoted: word.quoted,
        };
        Body { words: kept.map(read).collect() }
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
}
