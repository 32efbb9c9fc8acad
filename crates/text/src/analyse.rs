//! [`Text`]: one news text, analysed once.

use std::ops::Range;
use std::sync::OnceLock;

use crate::chrome::{LONGEST_LINE, chrome_spans, is_chrome_line};
use crate::letter_bits::LetterBits;
use crate::paragraphs::paragraphs;
use crate::quotations::quotations;
use crate::sentences::sentences;
use crate::span::{CodePointTable, CodePoints, Span};
use crate::words::{Word, scan};

/// The kind of a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParagraphKind {
    /// Running text.
    Prose,
    /// A short line that does not end like a sentence: a heading or subhead.
    Heading,
    /// Page chrome, which never counts as text.
    PageChrome,
}

/// A paragraph of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// Where it stands, in bytes of the original.
    pub span: Span,
    /// Its words, as indices into [`Text::words`].
    pub words: Range<usize>,
    /// Running text, a heading or page chrome.
    pub kind: ParagraphKind,
}

/// A sentence of a [`Text`]. Page chrome has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Where it stands, in bytes of the original.
    pub span: Span,
    /// Its words, as indices into [`Text::words`].
    pub words: Range<usize>,
}

/// One news text with its words, paragraphs, quotations and page chrome.
#[derive(Debug, Clone, Default)]
pub struct Text {
    original: String,
    normals: String,
    words: Vec<Word>,
    paragraphs: Vec<Paragraph>,
    quotations: Vec<Span>,
    /// Made for the first conversion.
    code_points: OnceLock<CodePointTable>,
}

/// The average length of a word with the space behind it, at least in nearly all texts.
const BYTES_PER_WORD: usize = 5;
/// A heading has at most this many words.
const LONGEST_HEADING: usize = 12;

impl Text {
    /// Analyses `original`. Any string will do; an empty one has no words.
    #[must_use]
    pub fn new(original: &str) -> Text {
        let spans = paragraphs(original);
        let quotations = quotations(original, &spans);
        let letters = LetterBits::new(original.as_bytes());
        let mut words = Vec::with_capacity(original.len() / BYTES_PER_WORD);
        // Words beyond ASCII have their normal forms behind the original.
        let mut normals =
            String::with_capacity(original.len() * if original.is_ascii() { 1 } else { 2 });
        normals.push_str(original);
        normals.make_ascii_lowercase();
        let mut text_paragraphs = Vec::with_capacity(spans.len());
        for (index, span) in spans.iter().enumerate() {
            let from = words.len();
            let paragraph = (*span, u32::try_from(index).unwrap_or(u32::MAX));
            scan(original, &letters, paragraph, &mut words, &mut normals);
            let range = from..words.len();
            let kind = mark_chrome(original, *span, index == 0, &mut words[from..], &normals);
            text_paragraphs.push(Paragraph { span: *span, words: range, kind });
        }
        mark_quoted(&mut words, &quotations);
        let (original, code_points) = (original.to_owned(), OnceLock::new());
        Text { original, normals, words, paragraphs: text_paragraphs, quotations, code_points }
    }

    /// The text as it was given.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.original
    }

    /// All words, page chrome included, in order.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// The first words, verbatim: at most `words` words and at most `characters` characters. It
    /// ends with a whole word, unless the first word alone is too long.
    #[must_use]
    pub fn opening(&self, words: usize, characters: usize) -> &str {
        let end = match (self.words.get(words), words.checked_sub(1)) {
            (None, _) => self.original.len(),
            (Some(_), Some(last)) => self.words[last].span.end,
            (Some(_), None) => 0,
        };
        whole_words(self.original[..end].trim(), characters)
    }

    /// The normal form of a word of this text.
    #[must_use]
    pub fn normal(&self, word: &Word) -> &str {
        word.normal.of(&self.normals)
    }

    /// The bytes from the normal form of a word on, and the length of the normal form. Most slices
    /// are longer than the word, so that a caller can load a whole register.
    #[must_use]
    pub fn normal_with_tail(&self, word: &Word) -> (&[u8], usize) {
        let Span { start, end } = word.normal;
        (self.normals.as_bytes().get(start..).unwrap_or_default(), end - start)
    }

    /// The bytes of a word's normal form.
    pub(crate) fn normal_bytes(&self, word: &Word) -> &[u8] {
        self.normals.as_bytes().get(word.normal.start..word.normal.end).unwrap_or_default()
    }

    /// The first byte and the length of a word's normal form.
    pub(crate) fn first_and_len(&self, word: &Word) -> (u8, usize) {
        let (bytes, len) = self.normal_with_tail(word);
        (bytes.first().copied().unwrap_or_default(), len)
    }

    /// The normal forms of all words, in order.
    pub fn normal_words(&self) -> impl Iterator<Item = &str> + Clone {
        self.words.iter().map(|word| word.normal.of(&self.normals))
    }

    /// The paragraphs, in order, without empty ones.
    #[must_use]
    pub fn paragraphs(&self) -> &[Paragraph] {
        &self.paragraphs
    }

    /// The quotations with their marks, in bytes of the original, in order and without overlaps.
    #[must_use]
    pub fn quotations(&self) -> &[Span] {
        &self.quotations
    }

    /// The sentences, in order. Headings count as sentences. Page chrome has none.
    #[must_use]
    pub fn sentences(&self) -> Vec<Sentence> {
        self.each_sentence().collect()
    }

    /// The same, each found when it is asked for.
    pub(crate) fn each_sentence(&self) -> impl Iterator<Item = Sentence> {
        self.paragraphs.iter().flat_map(|paragraph| self.sentences_of(paragraph))
    }

    /// The sentences of a paragraph.
    pub(crate) fn sentences_of(&self, paragraph: &Paragraph) -> impl Iterator<Item = Sentence> {
        let (mut next, end) = (paragraph.words.start, paragraph.words.end);
        let spans = match paragraph.kind {
            ParagraphKind::PageChrome => Vec::new(),
            _ => sentences(&self.original, paragraph.span),
        };
        spans.into_iter().filter_map(move |span| {
            let start = next;
            while next < end && self.words[next].span.start < span.end {
                next += 1;
            }
            let has_words = self.words[start..next].iter().any(|word| !word.is_chrome);
            has_words.then_some(Sentence { span, words: start..next })
        })
    }

    /// The first paragraph of running text with at least eight words, as indices into
    /// [`Text::words`]. If none has eight, the first with any word.
    #[must_use]
    pub fn lede(&self) -> Range<usize> {
        let counted = |paragraph: &&Paragraph| {
            self.words[paragraph.words.clone()].iter().filter(|word| !word.is_chrome).count()
        };
        let prose = || self.paragraphs.iter().filter(|p| p.kind == ParagraphKind::Prose);
        let first = prose().find(|p| counted(p) >= 8).or_else(|| prose().find(|p| counted(p) > 0));
        first.map_or(0..0, |paragraph| paragraph.words.clone())
    }

    /// Converts a byte span of the original to code points.
    #[must_use]
    pub fn code_points(&self, span: Span) -> CodePoints {
        let table = self.code_points.get_or_init(|| CodePointTable::new(&self.original));
        let at = |byte| table.count_before(&self.original, byte);
        CodePoints { start: at(span.start), end: at(span.end) }
    }
}

/// Cuts a line to at most `most` characters, at the end of a word if possible.
fn whole_words(line: &str, most: usize) -> &str {
    let Some((end, next)) = line.char_indices().nth(most) else {
        return line;
    };
    let cut = &line[..end];
    match cut.rfind(char::is_whitespace).filter(|_| !next.is_whitespace()) {
        Some(space) => cut[..space].trim_end(),
        None => cut.trim_end(),
    }
}

/// Marks the page chrome in a paragraph, and returns the kind of the paragraph.
fn mark_chrome(
    original: &str,
    span: Span,
    is_first: bool,
    words: &mut [Word],
    normals: &str,
) -> ParagraphKind {
    let line = span.of(original);
    let forms: Vec<&str> =
        words.iter().take(LONGEST_LINE + 1).map(|word| word.normal.of(normals)).collect();
    if is_chrome_line(line, &forms) {
        words.iter_mut().for_each(|word| word.is_chrome = true);
        return ParagraphKind::PageChrome;
    }
    let parts = chrome_spans(original, span, is_first);
    // Nearly no paragraph has page chrome inside it.
    for word in words.iter_mut().filter(|_| !parts.is_empty()) {
        let next = parts.partition_point(|part| part.end <= word.span.start);
        word.is_chrome = parts.get(next).is_some_and(|part| part.contains(word.span.start));
    }
    let ends_open =
        !line.ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '।', ',', ';', '"', '”', '»']);
    if !words.is_empty() && words.len() <= LONGEST_HEADING && ends_open {
        return ParagraphKind::Heading;
    }
    ParagraphKind::Prose
}

fn mark_quoted(words: &mut [Word], quotations: &[Span]) {
    let mut from = 0;
    for span in quotations {
        from += words[from..].partition_point(|word| word.span.start < span.start);
        let inside = words[from..].iter_mut().take_while(|word| word.span.start < span.end);
        from += inside.map(|word| word.quoted = true).count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paragraphs_have_kinds() {
        let text = Text::new(
            "date 2026-03-05 The port closed on Thursday.\nRelated: More\nWhat happens next\nAll.",
        );
        let kinds: Vec<ParagraphKind> = text.paragraphs().iter().map(|p| p.kind).collect();
        use ParagraphKind::{Heading, PageChrome, Prose};
        assert_eq!(kinds, [Prose, PageChrome, Heading, Prose]);
        let masked: Vec<&str> =
            text.words().iter().filter(|w| w.is_chrome).map(|w| text.normal(w)).collect();
        assert_eq!(masked, ["date", "2026", "03", "05", "related", "more"]);
    }

    #[test]
    fn the_lede_is_the_first_real_paragraph() {
        let text = Text::new(
            "Select Language:\nPlan\nThe port closed on Thursday after a long strike ended.\nB.",
        );
        let lede: Vec<&str> = text.words()[text.lede()].iter().map(|w| text.normal(w)).collect();
        assert_eq!(lede.first(), Some(&"the"));
        assert_eq!(Text::new("").lede(), 0..0);
    }

    #[test]
    fn offsets_are_code_points_outside() {
        let text = Text::new("Ünï “Kyïv” ends");
        let word = text.words()[1];
        assert_eq!(text.normal(&word), "kyïv");
        assert_eq!(text.code_points(word.span), CodePoints { start: 5, end: 9 });
    }

    #[test]
    fn the_opening_ends_with_a_whole_word() {
        let opening =
            |text: &str, words, characters| Text::new(text).opening(words, characters).to_owned();
        assert_eq!(opening(" One, two, three. ", 2, 100), "One, two");
        assert_eq!(opening(" One, two, three. ", 3, 100), "One, two, three.");
        assert_eq!(opening("One two", 0, 100), "");
        assert_eq!(opening("One two three", 9, 9), "One two");
        assert_eq!(opening("äää", 9, 2), "ää");
        assert_eq!(opening("", 9, 9), "");
    }

    proptest! {
        #[test]
        fn any_string_gives_valid_indices(text in "(\\PC|\n|“|”|\"|[A-Z]{1,3}\\. ){0,200}") {
            let analysed = Text::new(&text);
            for paragraph in analysed.paragraphs() {
                prop_assert!(paragraph.words.end <= analysed.words().len());
            }
            for sentence in analysed.sentences() {
                prop_assert!(sentence.words.start < sentence.words.end);
                prop_assert!(text.get(sentence.span.start..sentence.span.end).is_some());
            }
            let lede = analysed.lede();
            prop_assert!(lede.end <= analysed.words().len());
        }
    }
}
