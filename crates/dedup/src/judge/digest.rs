//! Recognises digests: texts that hold other whole texts among unrelated ones.

use std::collections::HashSet;
use std::ops::Range;

use crate::compare::overlap::Overlap;
use crate::compare::passage::Passage;
use crate::judge::{Article, Prior};
use crate::settings::{Ablation, Settings};
use wirefold_text::{ParagraphKind, Text};

/// A prior is a digest if at least this share of its other words is in other stories.
const MIN_FOREIGN_SHARE: f64 = 0.25;
/// Two parts of a text are about the same topic if at least this share of the long words of the
/// part with fewer of them is in both.
const MIN_COHESION: f64 = 0.12;
/// The number of letters that makes a word long.
const MIN_LONG_WORD_LETTERS: usize = 6;
/// With fewer different long words in a part, the cohesion of two parts cannot be measured.
const MIN_COHESION_WORDS: usize = 12;
/// The number of words of the opening of a text, counted from its beginning or its first heading.
const OPENING_WORDS: usize = 40;
/// The number of words after a heading that make a section.
const MIN_SECTION_WORDS: usize = 20;
/// A part fills its section if it is at least this share of it.
const MIN_FILLED_SHARE: f64 = 0.8;
/// The number of sections that a digest has at least.
const MIN_SECTIONS: usize = 3;

/// Whether the prior is a digest that holds the new text, rather than its original.
///
/// The new text must cover only a small part of it. In addition, the part must be under a heading
/// of its own, or the rest must be text of other stories, or part and rest must be about different
/// topics. If the part is the opening, or is not that small, it must be under headings, and fill
/// its section or be about another topic than the rest: a brief is often the opening of a longer
/// article.
pub(crate) fn holds_new_text(prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> bool {
    if overlap.containing >= settings.digest_containing || !settings.is_on(Ablation::Digests) {
        return false;
    }
    let part = Part::new(&prior.article, overlap.passages.iter().map(Passage::there));
    if part.is_opening() || overlap.containing >= settings.holds_containing {
        return part.is_in_sections() && (part.fills_sections() || !part.coheres_with_rest());
    }
    part.is_in_sections() || rest_is_foreign(prior, overlap) || !part.coheres_with_rest()
}

/// Whether the passages are items of the new text, which is a digest, rather than a part of one
/// article: each passage is under a heading of its own, or they are about another topic than the
/// rest. A short text that a longer one begins with and continues is not an item.
pub(crate) fn are_digest_items(new: &Article<'_>, overlap: &Overlap, settings: &Settings) -> bool {
    if !settings.is_on(Ablation::Digests) {
        return false;
    }
    let part = Part::new(new, overlap.passages.iter().map(Passage::here));
    if part.is_opening() && overlap.containing >= settings.reprint_larger && !part.is_in_sections()
    {
        return false;
    }
    part.is_in_sections() || !part.coheres_with_rest()
}

/// Whether the new text is a second text inside the prior: the shared words are not among those
/// that make the prior a member of its story, and are about another topic than the rest of the
/// prior.
pub(crate) fn is_second_text(prior: &Prior<'_>, overlap: &Overlap) -> bool {
    let part = Part::new(&prior.article, overlap.passages.iter().map(Passage::there));
    prior.common.count() > 0 && overlap.there.common(prior.common) == 0 && !part.coheres_with_rest()
}

/// The part of a text that another text shares.
struct Part<'a> {
    text: &'a Text,
    /// The words of the part as ranges of words of the text, in order.
    ranges: Vec<Range<usize>>,
    /// The words under each heading of the text, in order.
    sections: Vec<Range<usize>>,
}

impl Part<'_> {
    /// The part that consists of these ranges of an article's body.
    fn new<'a>(article: &Article<'a>, ranges: impl Iterator<Item = Range<usize>>) -> Part<'a> {
        let mut ranges: Vec<Range<usize>> = ranges.map(|r| article.body.text_range(&r)).collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let text = article.text.deref();
        Part { text, ranges, sections: sections(text) }
    }

    /// Whether the part begins in the opening of the text. A heading before it, the title, is
    /// skipped.
    fn is_opening(&self) -> bool {
        let title = self.sections.first().filter(|section| section.start <= OPENING_WORDS);
        let from = title.map_or(0, |section| section.start);
        self.ranges.first().is_some_and(|range| range.start <= from + OPENING_WORDS)
    }

    /// Whether the whole text is divided into sections, and each range lies in one of them.
    fn is_in_sections(&self) -> bool {
        let is_sectioned = self.sections.len() >= MIN_SECTIONS
            && self.sections.first().is_some_and(|first| first.start <= OPENING_WORDS);
        let inside = |range: &Range<usize>| {
            self.sections
                .iter()
                .any(|section| section.start <= range.start && range.end <= section.end)
        };
        is_sectioned && self.ranges.iter().all(inside)
    }

    /// Whether each range is nearly all of its section: the whole item and not only its beginning.
    fn fills_sections(&self) -> bool {
        self.ranges.iter().all(|range| {
            let section = self.sections.iter().find(|section| section.contains(&range.start));
            section.is_some_and(|s| range.len() as f64 >= MIN_FILLED_SHARE * s.len() as f64)
        })
    }

    /// Whether part and rest are about one topic: enough long words of the part recur in the rest.
    /// They do in an article, and do not between the items of a digest.
    fn coheres_with_rest(&self) -> bool {
        let (mut inside, mut outside) = (HashSet::new(), HashSet::new());
        let mut next = 0;
        for (at, word) in self.text.words().iter().enumerate().filter(|(_, word)| !word.is_chrome) {
            while self.ranges.get(next).is_some_and(|range| range.end <= at) {
                next += 1;
            }
            let normal = self.text.normal(word);
            if normal.chars().nth(MIN_LONG_WORD_LETTERS - 1).is_none() {
                continue;
            }
            let is_inside = self.ranges.get(next).is_some_and(|range| range.contains(&at));
            if is_inside { &mut inside } else { &mut outside }.insert(normal);
        }
        let smaller = inside.len().min(outside.len());
        let recurring = inside.intersection(&outside).count();
        smaller < MIN_COHESION_WORDS || recurring as f64 >= MIN_COHESION * smaller as f64
    }
}

/// The sections of a text: the words from each heading to the next one.
fn sections(text: &Text) -> Vec<Range<usize>> {
    let headings = text.paragraphs().iter().filter(|p| p.kind == ParagraphKind::Heading);
    let mut sections: Vec<Range<usize>> = Vec::new();
    for heading in headings {
        if let Some(last) = sections.last_mut() {
            last.end = heading.words.start;
        }
        sections.push(heading.words.end..text.words().len());
    }
    sections.retain(|section| section.len() >= MIN_SECTION_WORDS);
    sections
}

/// Whether many of the words that the new text does not share are in other stories.
fn rest_is_foreign(prior: &Prior<'_>, overlap: &Overlap) -> bool {
    let words = prior.article.body.words.iter().enumerate();
    let rest = words.filter(|(at, word)| word.is_counted() && !overlap.there.contains(*at));
    let (mut all, mut foreign) = (0_usize, 0_usize);
    for (at, _) in rest {
        all += 1;
        foreign += usize::from(prior.foreign.contains(at));
    }
    foreign as f64 >= MIN_FOREIGN_SHARE * all as f64 && foreign > 0
}
