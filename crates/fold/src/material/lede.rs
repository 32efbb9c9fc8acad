//! The lede of an article, and whether its numbers and words are news.
//!
//! An analysed text comes in; the first new number, and which words are new, go out. This module does
//! not know what the earlier articles have: the caller says it.

use std::ops::Range;

use wirefold_text::Text;
use wirefold_text::extract::{Number, dateline, numbers};

use crate::material::dates::is_part_of_date;
use crate::material::name_variants::{as_written, is_new_to};

/// The lede of a text without its dateline, because the place where a text was written is not news.
#[derive(Debug, Clone)]
pub struct Lede<'a> {
    text: &'a Text,
    words: Range<usize>,
}

impl<'a> Lede<'a> {
    /// The lede of a text.
    #[must_use]
    pub fn of(text: &'a Text) -> Lede<'a> {
        let lede = text.lede();
        let end = dateline(text).map_or(0, |dateline| dateline.span.end);
        let start = lede.clone().find(|at| text.words()[*at].span.start >= end);
        Lede { text, words: start.unwrap_or(lede.end)..lede.end }
    }

    /// The first words of the lede, at most this many.
    #[must_use]
    pub fn shortened(self, most: usize) -> Lede<'a> {
        let Range { start, end } = self.words;
        Lede { text: self.text, words: start..end.min(start + most) }
    }

    /// Its words, as indices of the words of the text.
    #[must_use]
    pub fn words(&self) -> Range<usize> {
        self.words.clone()
    }

    /// The value of the first number that `knows` does not recognise and that is not part of a date.
    pub fn new_number(&self, knows: impl Fn(&str) -> bool) -> Option<String> {
        let is_news =
            |number: &Number| !knows(&number.value) && !is_part_of_date(self.text, number);
        numbers(self.text, self.words()).into_iter().find(is_news).map(|number| number.value)
    }

    /// Whether a word of a name is new to earlier articles whose words `knows` recognises, in normal
    /// form. A day, a month and another form of a known name are not new.
    pub fn is_new_word(&self, index: usize, knows: impl Fn(&str) -> bool) -> bool {
        is_new_to(self.normal(index), knows)
    }

    /// A word in normal form.
    #[must_use]
    pub fn normal(&self, index: usize) -> &'a str {
        self.text.normal(&self.text.words()[index])
    }

    /// A name from its first to its last word as the text writes it, with all letters and dots of an
    /// abbreviation such as `U.S.`
    #[must_use]
    pub fn as_written(&self, first: usize, last: usize) -> &'a str {
        let span = |index: usize| self.text.words()[index].span;
        as_written(self.text.original(), span(first).start..span(last).end)
    }
}
