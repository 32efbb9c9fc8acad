//! Names: runs of capitalised words, without words that are capitalised only because they begin a
//! sentence. Scripts without capitals have no names.

use std::ops::Range;

use rustc_hash::FxHashSet;

use crate::analyse::{ParagraphKind, Text};
use crate::words::Word;

/// A run of capitalised words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Its words, as indices into [`Text::words`].
    pub words: Range<usize>,
}

/// The names in `text`, in order. A capitalised word that opens a sentence counts only if the text
/// also capitalises it inside a sentence.
#[must_use]
pub fn names(text: &Text) -> Vec<Name> {
    let normal = |index: usize| text.normal(&text.words()[index]);
    let mut in_sentences = InSentences::new(text);
    let all: Vec<(usize, bool)> =
        capitals(text).map(|index| (index, in_sentences.has(index))).collect();
    let certain = all.iter().filter(|(_, is_inside)| *is_inside);
    let inside: FxHashSet<&str> = certain.map(|(index, _)| normal(*index)).collect();
    let is_name =
        |(index, is_inside): &(usize, bool)| *is_inside || inside.contains(normal(*index));
    let mut found: Vec<Name> = Vec::new();
    for (index, _) in all.into_iter().filter(is_name) {
        match found.last_mut() {
            Some(last) if last.words.end == index && touches(text, index) => last.words.end += 1,
            _ => found.push(Name { words: index..index + 1 }),
        }
    }
    found
}

/// Tells whether capitalised words stand inside sentences, and reads only the paragraphs that it must.
#[derive(Debug)]
pub struct InSentences<'a> {
    text: &'a Text,
    /// The paragraph that was read last, and the first words of its sentences.
    read: Option<(u32, Vec<usize>)>,
}

impl<'a> InSentences<'a> {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(text: &'a Text) -> InSentences<'a> {
        InSentences { text, read: None }
    }

    /// Whether a word, given by its index, opens neither a sentence nor a quotation and is in no heading.
    pub fn has(&mut self, index: usize) -> bool {
        self.may_have(index) && (follows_a_space(self.text, index) || !self.opens_sentence(index))
    }

    /// Whether a word is certainly inside a sentence, because only a space is before it.
    #[must_use]
    pub fn plainly_has(&self, index: usize) -> bool {
        follows_a_space(self.text, index) && self.may_have(index)
    }

    /// Whether a word is in no heading and opens no quotation.
    fn may_have(&self, index: usize) -> bool {
        let (words, quotations) = (self.text.words(), self.text.quotations());
        let word = words[index];
        let before = index.checked_sub(1).map(|before| words[before].span.start);
        let next = quotations.partition_point(|it| before.is_some_and(|at| it.start <= at));
        self.text.paragraphs()[word.paragraph as usize].kind != ParagraphKind::Heading
            && quotations.get(next).is_none_or(|it| it.start > word.span.start)
    }

    fn opens_sentence(&mut self, index: usize) -> bool {
        let paragraph = self.text.words()[index].paragraph;
        let known = self.read.take().filter(|(read, _)| *read == paragraph);
        let (_, firsts) = self.read.insert(known.unwrap_or_else(|| {
            let sentences = self.text.sentences_of(&self.text.paragraphs()[paragraph as usize]);
            (paragraph, sentences.map(|sentence| sentence.words.start).collect())
        }));
        firsts.binary_search(&index).is_ok()
    }
}

/// Whether nothing but a space is between a word and the one before it: no sentence can begin there.
fn follows_a_space(text: &Text, index: usize) -> bool {
    let Some([before, word]) = text.words().get(index.wrapping_sub(1)..=index) else {
        return false;
    };
    before.paragraph == word.paragraph
        // In some scripts words overlap.
        && text.original().as_bytes().get(before.span.end..word.span.start) == Some(b" ")
}

/// The capitalised words outside page chrome.
fn capitals(text: &Text) -> impl Iterator<Item = usize> {
    let is_capital = |word: &Word| word.capital && !word.is_chrome && !word.alone;
    (0..).zip(text.words()).filter(move |(_, word)| is_capital(word)).map(|(index, _)| index)
}

/// Whether only a space or a hyphen stands between a word and the one before it.
fn touches(text: &Text, index: usize) -> bool {
    let start = text.words()[index - 1].span.end;
    let end = text.words()[index].span.start;
    matches!(text.original().get(start..end), Some(" " | "-" | "\u{a0}" | ". " | "." | "" | "‑"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analyse::Sentence;

    fn check(original: &str, expected: &[&str]) {
        let text = Text::new(original);
        let words = text.words();
        let found: Vec<&str> = names(&text)
            .iter()
            .map(|name| {
                let (first, last) = (words[name.words.start], words[name.words.end - 1]);
                &original[first.span.start..last.span.end]
            })
            .collect();
        assert_eq!(found, expected, "{original:?}");
    }

    /// For each word, whether it opens a sentence or a quotation, or is in a heading.
    fn sentence_openings(text: &Text, sentences: &[Sentence]) -> Vec<bool> {
        let mut opens = vec![false; text.words().len()];
        for sentence in sentences {
            opens[sentence.words.start] = true;
        }
        for paragraph in text.paragraphs() {
            if paragraph.kind == ParagraphKind::Heading {
                opens[paragraph.words.clone()].fill(true);
            }
        }
        let mut next = 0;
        for span in text.quotations() {
            while next < opens.len() && text.words()[next].span.start < span.start {
                next += 1;
            }
            if let Some(open) = opens.get_mut(next) {
                *open = true;
            }
        }
        opens
    }

    proptest! {
        #[test]
        fn reading_single_paragraphs_agrees_with_reading_all(text in "([A-Z][a-z]{0,5}|[a-z]{1,6}|[0-9]|St|Mr|港|[ .?!,“”\"’'()]| |\\. |\n|\n\n){0,120}") {
            let text = Text::new(&text);
            let opens = sentence_openings(&text, &text.sentences());
            let mut inside = InSentences::new(&text);
            for index in capitals(&text) {
                prop_assert_eq!(inside.has(index), !opens[index]);
                prop_assert!(!inside.plainly_has(index) || !opens[index]);
            }
        }
    }

    #[test]
    fn names_are_runs_of_capitals() {
        check(
            "The minister Ada Ruiz met Ruiz in Port Ellery.",
            &["Ada Ruiz", "Ruiz", "Port Ellery"],
        );
        check("Ruiz left. They saw Ruiz, Ada.", &["Ruiz", "Ruiz", "Ada"]);
        check("“Go,” said Lund.", &["Lund"]);
        check("泽连斯基说", &[]);
        check("Вчора Марко приїхав до Києва.", &["Марко", "Києва"]);
    }
}
