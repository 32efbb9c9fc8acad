//! A text with values that several finders need, computed once.

use std::ops::Range;

use wirefold_text::extract::names;
use wirefold_text::{ParagraphKind, Text};

use crate::cues::{is_calendar, is_first_name, is_title};

/// A text with its names and use of capitals.
pub(crate) struct Reading<'a> {
    pub(crate) text: &'a Text,
    /// Runs of capitalised words, without words that are capitalised only because they begin a
    /// sentence.
    pub(crate) names: Vec<Range<usize>>,
    /// Whether it capitalises nouns, as in German.
    pub(crate) capitalises_nouns: bool,
    /// Whether its script has no capitals.
    pub(crate) is_caseless: bool,
    /// The words of its lede.
    pub(crate) lede: Range<usize>,
}

/// If more than one word in this many is a name of one word, nouns are capitalised.
const CAPITALS: usize = 5;
/// Texts of fewer words are too short to show this.
const FEWEST: usize = 12;

impl<'a> Reading<'a> {
    pub(crate) fn new(text: &'a Text) -> Self {
        let mut apart = Vec::new();
        for run in names(text) {
            push_without_days(text, run.words, &mut apart);
        }
        let words = text.words();
        let lone = apart.iter().filter(|name| name.len() == 1).count();
        let is_cased = words.iter().any(|word| word.capital);
        let mut reading = Self {
            capitalises_nouns: words.len() >= FEWEST && lone * CAPITALS > words.len(),
            names: apart,
            is_caseless: !is_cased,
            lede: text.lede(),
            text,
        };
        reading.extend_names_to_openings();
        reading
    }

    /// Extends names by a first name or title before them that opens a sentence.
    fn extend_names_to_openings(&mut self) {
        let words = self.text.words();
        let opens = |name: &Range<usize>| {
            let before = name.start.checked_sub(1)?;
            let normal = self.text.normal(&words[before]);
            let is_free =
                words[before].capital && !self.is_name(before) && self.touches(name.start);
            (is_free && (is_first_name(normal) || is_title(normal))).then_some(before)
        };
        let starts: Vec<usize> =
            self.names.iter().map(|name| opens(name).unwrap_or(name.start)).collect();
        for (name, start) in self.names.iter_mut().zip(starts) {
            name.start = start;
        }
    }

    /// The printed text of words.
    pub(crate) fn printed(&self, words: &Range<usize>) -> &'a str {
        let all = self.text.words();
        match (all.get(words.start), all.get(words.end.saturating_sub(1))) {
            (Some(first), Some(last)) if first.span.start < last.span.end => {
                &self.text.original()[first.span.start..last.span.end]
            }
            _ => "",
        }
    }

    /// The name that contains a word.
    pub(crate) fn name_at(&self, index: usize) -> Option<&Range<usize>> {
        let after = self.names.partition_point(|name| name.end <= index);
        self.names.get(after).filter(|name| name.contains(&index))
    }

    /// The name around these words, if there is one.
    pub(crate) fn name_around(&self, words: &Range<usize>) -> Option<&Range<usize>> {
        self.name_at(words.start).or_else(|| self.name_at(words.end.saturating_sub(1)))
    }

    /// Whether a word is part of a name.
    pub(crate) fn is_name(&self, index: usize) -> bool {
        self.name_at(index).is_some()
    }

    /// Whether only a space or a hyphen stands between a word and the one before it.
    pub(crate) fn touches(&self, index: usize) -> bool {
        let words = self.text.words();
        let (Some(before), Some(word)) =
            (index.checked_sub(1).and_then(|i| words.get(i)), words.get(index))
        else {
            return false;
        };
        let between = self.text.original().get(before.span.end..word.span.start);
        matches!(between, Some(" " | "-" | "\u{a0}"))
    }

    /// Whether a word is in a heading.
    pub(crate) fn in_heading(&self, index: usize) -> bool {
        let paragraph = self.text.words().get(index).map(|word| word.paragraph as usize);
        let paragraph = paragraph.and_then(|paragraph| self.text.paragraphs().get(paragraph));
        paragraph.is_some_and(|paragraph| paragraph.kind == ParagraphKind::Heading)
    }
}

/// Appends a run of capitalised words without the days and months in it.
fn push_without_days(text: &Text, run: Range<usize>, parts: &mut Vec<Range<usize>>) {
    let first = parts.len();
    for index in run.filter(|index| !is_calendar(text.normal(&text.words()[*index]))) {
        match parts[first..].last_mut() {
            Some(last) if last.end == index => last.end += 1,
            _ => parts.push(index..index + 1),
        }
    }
}
