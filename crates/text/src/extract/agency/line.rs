//! A paragraph, the agencies named in it, and the words around each.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::analyse::{Paragraph, Text};
use crate::extract::agency_names::{Form, first_words, forms};
use crate::span::Span;

/// An agency's name in the text, at the words `start..end`.
pub(super) struct NamedAgency {
    pub(super) agency: &'static str,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether this spelling often means something else.
    pub(super) is_ambiguous: bool,
}

/// The position of a paragraph in its text.
#[derive(Clone, Copy)]
pub(super) struct LinePosition {
    pub(super) near_top: bool,
    pub(super) near_end: bool,
    pub(super) is_last: bool,
    /// Whether it is a separate byline and not part of the text.
    pub(super) is_byline: bool,
}

/// A credit line has at most this many words.
const LONGEST_CREDIT: usize = 40;

/// Words of picture credits and captions.
const PICTURE: &str = "photo photos photograph photographs photographer photographers photography \
    getty image images picture pictures pictured handout video foto fotos fotografie \
    photographie bild bilder imagen imagem imágenes immagine фото снимок світлина صورة תמונה 图 圖 \
    사진 फोटो चित्र";

/// A paragraph with the agencies named in it. Properties of the whole line are computed once,
/// because it may have as many names as words.
pub(super) struct Line<'a> {
    pub(super) text: &'a Text,
    pub(super) paragraph: &'a Paragraph,
    pub(super) place: LinePosition,
    /// Its words in normal form, if it names an agency and is short enough for a credit line.
    pub(super) short: Option<Vec<&'a str>>,
    /// Whether it is short and credits or describes a picture.
    pub(super) is_picture: bool,
    /// Whether it ends with a full stop or the like.
    pub(super) is_sentence: bool,
    named: Vec<NamedAgency>,
}

impl<'a> Line<'a> {
    pub(super) fn new(text: &'a Text, paragraph: &'a Paragraph, place: LinePosition) -> Line<'a> {
        let first_words = first_words();
        let may_begin =
            |index: usize| first_words.may_contain_shape(text.first_and_len(&text.words()[index]));
        Line::with_filter(text, paragraph, place, may_begin)
    }

    /// The same as [`Line::new`], but only with names that begin with a word for which `may_begin`
    /// is true, given its index.
    pub(super) fn with_filter(
        text: &'a Text,
        paragraph: &'a Paragraph,
        place: LinePosition,
        may_begin: impl Fn(usize) -> bool,
    ) -> Line<'a> {
        let named = named_in(text, paragraph, may_begin);
        let is_short = !named.is_empty() && paragraph.words.len() <= LONGEST_CREDIT;
        let words = || text.words()[paragraph.words.clone()].iter().map(|word| text.normal(word));
        let short: Option<Vec<&str>> = is_short.then(|| words().collect());
        let is_picture = short.iter().flatten().any(|word| is_picture_word(word));
        let raw = paragraph.span.of(text.original());
        let is_sentence = raw.ends_with(['.', '!', '?', '。', '؟', '।']);
        Line { text, paragraph, place, short, is_picture, is_sentence, named }
    }

    /// Every agency named in the paragraph, in order and without overlaps.
    pub(super) fn named(&self) -> &[NamedAgency] {
        &self.named
    }

    pub(super) fn raw(&self) -> &'a str {
        self.paragraph.span.of(self.text.original())
    }

    pub(super) fn is_near_edge(&self) -> bool {
        self.place.near_top || self.place.near_end
    }

    pub(super) fn span_of(&self, named: &NamedAgency) -> Span {
        let words = self.text.words();
        Span { start: words[named.start].span.start, end: words[named.end - 1].span.end }
    }

    /// The name as printed.
    pub(super) fn raw_of(&self, named: &NamedAgency) -> &'a str {
        self.span_of(named).of(self.text.original())
    }

    /// The number of bytes between the start of the paragraph and a name.
    pub(super) fn bytes_before(&self, named: &NamedAgency) -> usize {
        self.span_of(named).start - self.paragraph.span.start
    }

    /// The last `bytes` of the paragraph before a name.
    pub(super) fn before(&self, named: &NamedAgency, bytes: usize) -> &'a str {
        let (original, end) = (self.text.original(), self.span_of(named).start);
        let from = end.saturating_sub(bytes).max(self.paragraph.span.start);
        Span { start: original.ceil_char_boundary(from), end }.of(original)
    }

    /// The first `bytes` of the paragraph after a name.
    pub(super) fn after(&self, named: &NamedAgency, bytes: usize) -> &'a str {
        let (original, start) = (self.text.original(), self.span_of(named).end);
        let to = (start + bytes).min(self.paragraph.span.end);
        Span { start, end: original.floor_char_boundary(to) }.of(original)
    }

    /// The characters between a word and the one before it. Empty if both have one span, like the
    /// words of `½`.
    pub(super) fn gap(&self, index: usize) -> &'a str {
        let words = self.text.words();
        let between = words[index - 1].span.end..words[index].span.start;
        self.text.original().get(between).unwrap_or_default()
    }

    /// The normal form of the word at `index` of the text, if the word is in the paragraph.
    pub(super) fn word(&self, index: usize) -> Option<&'a str> {
        let inside = self.paragraph.words.contains(&index);
        inside.then(|| self.text.normal(&self.text.words()[index]))
    }

    /// Whether a word is part of the name of an agency.
    pub(super) fn is_named(&self, index: usize) -> bool {
        self.named_at(index).is_some()
    }

    fn named_at(&self, index: usize) -> Option<&NamedAgency> {
        let next = self.named.partition_point(|named| named.end <= index);
        self.named.get(next).filter(|named| named.start <= index)
    }

    /// Whether the words directly before a name are another name of the same agency: `Agence
    /// France-Presse (AFP)`.
    pub(super) fn repeats_agency(&self, named: &NamedAgency) -> bool {
        let before = named.start.checked_sub(1).and_then(|index| self.named_at(index));
        before.is_some_and(|other| other.agency == named.agency)
    }

    /// Whether a slash joins a name to something other than an agency: `JIM LUND/AFP`, `Reuters/Ada
    /// Ruiz`, as in picture credits. `dpa/lno` is a desk of the dpa.
    pub(super) fn is_slashed(&self, named: &NamedAgency) -> bool {
        let before = self.before(named, 8);
        let joined_before = before.ends_with('/')
            && before[..before.len() - 1].ends_with(char::is_alphanumeric)
            && !named.start.checked_sub(1).is_some_and(|index| self.is_named(index));
        let after = self.after(named, 8);
        let joined_after = after
            .strip_prefix('/')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase()))
            && !self.is_named(named.end);
        joined_before || joined_after
    }
}

fn is_picture_word(word: &str) -> bool {
    static WORDS: LazyLock<FxHashSet<&str>> =
        LazyLock::new(|| PICTURE.split_ascii_whitespace().collect());
    WORDS.contains(word)
}

/// Whether `word` is in a list of words separated by spaces.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

fn named_in(
    text: &Text,
    paragraph: &Paragraph,
    may_begin: impl Fn(usize) -> bool,
) -> Vec<NamedAgency> {
    let mut found = Vec::new();
    let mut start = paragraph.words.start;
    while start < paragraph.words.end {
        let form = may_begin(start).then(|| form_at(text, start, paragraph.words.end));
        let Some(form) = form.flatten() else {
            start += 1;
            continue;
        };
        let end = start + form.words.len();
        found.push(NamedAgency {
            agency: form.agency,
            start,
            end,
            is_ambiguous: form.is_ambiguous,
        });
        start = end;
    }
    found
}

fn form_at(text: &Text, start: usize, limit: usize) -> Option<&'static Form> {
    let words = &text.words()[start..limit];
    forms(text.normal(words.first()?)).iter().find(|form| {
        let Some(here) = words.get(..form.words.len()) else { return false };
        let raw = Span { start: here[0].span.start, end: here[here.len() - 1].span.end };
        here.iter().zip(&form.words).all(|(word, part)| text.normal(word) == part)
            && form.spelling.is_none_or(|spelling| spelling == raw.of(text.original()))
    })
}
