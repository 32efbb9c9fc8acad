//! A text with its words and the part of it that is compared.

use std::ops::Range;

use wirefold_dedup::Body;
use wirefold_text::{Span, Text};

/// One text, analysed.
#[derive(Debug)]
pub struct AnalysedText {
    /// The text with its words.
    pub text: Text,
    /// The part of it that is compared.
    pub body: Body,
}

impl AnalysedText {
    /// Analyses a text. Page chrome does not belong to its body.
    #[must_use]
    pub fn new(original: &str) -> Self {
        let text = Text::new(original);
        Self { body: Body::new(&text), text }
    }

    /// Analyses a text. Page chrome is a part of its body.
    #[must_use]
    pub fn unmasked(original: &str) -> Self {
        let text = Text::new(original);
        Self { body: Body::unmasked(&text), text }
    }

    /// The bytes of a word of the body in the original.
    #[must_use]
    pub fn span(&self, word: usize) -> Span {
        self.text.words()[self.body.words[word].index as usize].span
    }

    /// The bytes from the first to the last of some words of the body in the original. There must be one.
    #[must_use]
    pub fn stretch(&self, words: &Range<usize>) -> Span {
        Span { start: self.span(words.start).start, end: self.span(words.end - 1).end }
    }
}
