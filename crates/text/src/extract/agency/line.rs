//! A paragraph, the agencies named in it, and the words around each.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::analyse::{Paragraph, Text};
use crate::extract::agency_names::{Form, first_words, forms};
use crate::span::Span;

/// An agency's name in the text: words `start..end`.
pub(super) struct Named {
    pub(super) agency: &'static str,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether this spelling means something else as often.
    pub(super) is_shy: bool,
}

/// Where a paragraph stands in its text.
#[derive(Clone, Copy)]
pub(super) struct LinePosition {
    pub(super) near_top: bool,
    pub(super) near_end: bool,
    pub(super) is_last: bool,
    /// Whether it is not of the text but a byline given apart.
    pub(super) is_byline: bool,
}

/// A credit line has at most this many words.
const LONGEST_CREDIT: usize = 40;

/// Words of picture credits and captions.
const PICTURE: &str = "photo photos photograph photographs photographer photographers photography \
    getty image images picture pictures pictured handout video foto fotos fotografie \
    photographie bild bilder imagen imagem imágenes immagine фото снимок світлина صورة תמונה 图 圖 \
    사진 फोटो चित्र";

/// A paragraph with the agencies named in it. What concerns the whole line is read once: there
/// may be as many names as words.
pub(super) struct Line<'a> {
    pub(super) text: &'a Text,
    pub(super) paragraph: &'a Paragraph,
    pub(super) place: LinePosition,
    /// Its words in normal form, if it is short enough for a credit line and names an agency.
    pub(super) short: Option<Vec<&'a str>>,
    /// Whether it is short and credits or describes a picture.
    pub(super) is_picture: bool,
    /// Whether it ends in a full stop or the like.
    pub(super) is_sentence: bool,
    named: Vec<Named>,
}

impl<'a> Line<'a> {
    pub(super) fn new(text: &'a Text, paragraph: &'a Paragraph, place: LinePosition) -> Line<'a> {
        let first_words = first_words();
        let may_begin = |index: usize| first_words.has(text.first_and_len(&text.words()[index]));
        Line::begun_by(text, paragraph, place, may_begin)
    }

    /// The same, where no name begins with a word of which `may_begin` does not say so, given its index.
    pub(super) fn begun_by(
        text: &'a Text,
        paragraph: &'a Paragraph,
        place: LinePosition,
        may_begin: impl Fn(usize) -> bool,
    ) -> Line<'a> {
        let named = named_in(text, paragraph, may_begin);
        let is_short = !named.is_empty() && paragraph.words.len() <= LONGEST_CREDIT;
        let words = || text.words()[paragraph.words.clone()].iter().map(|word| text.normal(word));
        let short: Option<Vec<&str>> = is_short.then(|| words().collect());
        let is_picture = short.iter().flatten().any(|word| is_of_picture(word));
        let raw = paragraph.span.of(text.original());
        let is_sentence = raw.ends_with(['.', '!', '?', '。', '؟', '।']);
        Line { text, paragraph, place, short, is_picture, is_sentence, named }
    }

    /// Every agency named in the paragraph, in order and apart.
    pub(super) fn named(&self) -> &[Named] {
        &self.named
    }

    pub(super) fn raw(&self) -> &'a str {
        self.paragraph.span.of(self.text.original())
    }

    pub(super) fn is_edge(&self) -> bool {
        self.place.near_top || self.place.near_end
    }

    pub(super) fn span_of(&self, named: &Named) -> Span {
        let words = self.text.words();
        Span { start: words[named.start].span.start, end: words[named.end - 1].span.end }
    }

    /// The name as printed.
    pub(super) fn raw_of(&self, named: &Named) -> &'a str {
        self.span_of(named).of(self.text.original())
    }

    /// How many bytes of the paragraph stand before a name.
    pub(super) fn bytes_before(&self, named: &Named) -> usize {
        self.span_of(named).start - self.paragraph.span.start
    }

    /// At most `bytes` of the paragraph before a name.
    pub(super) fn before(&self, named: &Named, bytes: usize) -> &'a str {
        let (original, end) = (self.text.original(), self.span_of(named).start);
        let from = end.saturating_sub(bytes).max(self.paragraph.span.start);
        Span { start: original.ceil_char_boundary(from), end }.of(original)
    }

    /// At most `bytes` of the paragraph behind a name.
    pub(super) fn after(&self, named: &Named, bytes: usize) -> &'a str {
        let (original, start) = (self.text.original(), self.span_of(named).end);
        let to = (start + bytes).min(self.paragraph.span.end);
        Span { start, end: original.floor_char_boundary(to) }.of(original)
    }

    /// What stands between a word and the one before it; nothing where both are in one place, as the
    /// words of `½` are.
    pub(super) fn gap(&self, index: usize) -> &'a str {
        let words = self.text.words();
        let between = words[index - 1].span.end..words[index].span.start;
        self.text.original().get(between).unwrap_or_default()
    }

    /// The normal form of the paragraph's word `index`, counted in the text.
    pub(super) fn word(&self, index: usize) -> Option<&'a str> {
        let inside = self.paragraph.words.contains(&index);
        inside.then(|| self.text.normal(&self.text.words()[index]))
    }

    /// Whether a word belongs to the name of an agency.
    pub(super) fn is_named(&self, index: usize) -> bool {
        self.named_at(index).is_some()
    }

    fn named_at(&self, index: usize) -> Option<&Named> {
        let next = self.named.partition_point(|named| named.end <= index);
        self.named.get(next).filter(|named| named.start <= index)
    }

    /// Whether the words at once before a name are another name of the same agency:
    /// `Agence France-Presse (AFP)`.
    pub(super) fn explains(&self, named: &Named) -> bool {
        let before = named.start.checked_sub(1).and_then(|index| self.named_at(index));
        before.is_some_and(|other| other.agency == named.agency)
    }

    /// Whether a slash joins a name to something that is no agency: `JIM LUND/AFP`,
    /// `Reuters/Ada Ruiz`, as pictures are credited. `dpa/lno` is a desk of the dpa.
    pub(super) fn is_slashed(&self, named: &Named) -> bool {
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

fn is_of_picture(word: &str) -> bool {
    static WORDS: LazyLock<FxHashSet<&str>> =
        LazyLock::new(|| PICTURE.split_ascii_whitespace().collect());
    WORDS.contains(word)
}

/// Whether `word` stands in a list of words set apart by spaces.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

fn named_in(text: &Text, paragraph: &Paragraph, may_begin: impl Fn(usize) -> bool) -> Vec<Named> {
    let mut found = Vec::new();
    let mut start = paragraph.words.start;
    while start < paragraph.words.end {
        let form = may_begin(start).then(|| form_at(text, start, paragraph.words.end));
        let Some(form) = form.flatten() else {
            start += 1;
            continue;
        };
        let end = start + form.words.len();
        found.push(Named { agency: form.agency, start, end, is_shy: form.is_shy });
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
