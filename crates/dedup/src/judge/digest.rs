//! Digests: texts that hold other texts among what is something else altogether.

use std::collections::HashSet;
use std::ops::Range;

use crate::compare::overlap::{Overlap, Passage};
use crate::judge::{Article, Prior};
use crate::settings::{Settings, Switch};
use wirefold_text::{ParagraphKind, Text};

/// A share of the prior's other words that stands in other stories and so makes it a digest.
const FOREIGN_SHARE: f64 = 0.25;
/// Below this share of the shared part's long words that recur in the rest, two parts have
/// nothing to do with each other.
const LEAST_COHESION: f64 = 0.12;
/// Letters of a long word.
const LONG_LETTERS: usize = 6;
/// Fewer different long words than this say nothing about cohesion.
const COHESION_WORDS: usize = 12;
/// The opening of a text: so many words from the beginning, or behind its first heading.
const OPENING_WORDS: usize = 40;
/// A heading is one where at least so many words follow before the next.
const SECTION_WORDS: usize = 20;
/// A part that is this share of its section is the whole of it.
const FILLED_SHARE: f64 = 0.8;
/// A digest has at least this many sections.
const LEAST_SECTIONS: usize = 3;

/// Whether the prior is a digest that holds the new text rather than its original: the new text
/// covers only a small part of it, and the rest is other stories' text, or stands under headings
/// of its own, or has nothing to do with that part. A brief that is the opening of a longer text
/// is not held by it, and where the part is not that small both the headings and the words must
/// say so.
pub(crate) fn is_held(prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> bool {
    if overlap.containing >= settings.digest_containing || !settings.is_on(Switch::Digests) {
        return false;
    }
    let part = Part::new(&prior.article, overlap.passages.iter().map(Passage::there));
    if part.opens() || overlap.containing >= settings.holds_containing {
        return part.is_items() && (part.fills_sections() || !part.coheres());
    }
    part.is_items() || rest_is_foreign(prior, overlap) || !part.coheres()
}

/// Whether what the new text has from the old one are items among others rather than a part of its
/// own text: each passage stands under a heading of its own, or has nothing to do with the rest.
/// A short text from whose beginning a longer one goes on is no item of it.
pub(crate) fn are_items_of(new: &Article<'_>, overlap: &Overlap, settings: &Settings) -> bool {
    if !settings.is_on(Switch::Digests) {
        return false;
    }
    let part = Part::new(new, overlap.passages.iter().map(Passage::here));
    if part.opens() && overlap.containing >= settings.reprint_larger && !part.is_items() {
        return false;
    }
    part.is_items() || !part.coheres()
}

/// Whether the new text is a second text inside the prior: what they share is no part of what makes
/// the prior a member of its story, and has nothing to do with the rest of it.
pub(crate) fn is_second_text(prior: &Prior<'_>, overlap: &Overlap) -> bool {
    let part = Part::new(&prior.article, overlap.passages.iter().map(Passage::there));
    prior.common.count() > 0 && overlap.there.common(prior.common) == 0 && !part.coheres()
}

/// The part of a text that another text shares.
struct Part<'a> {
    text: &'a Text,
    /// Words of the text, in order and apart.
    ranges: Vec<Range<usize>>,
    /// What stands under headings in the text.
    sections: Vec<Range<usize>>,
}

impl Part<'_> {
    /// The part made of `ranges` of an article's body.
    fn new<'a>(article: &Article<'a>, ranges: impl Iterator<Item = Range<usize>>) -> Part<'a> {
        let mut ranges: Vec<Range<usize>> = ranges.map(|r| article.body.in_text(&r)).collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let text = article.text.deref();
        Part { text, ranges, sections: sections(text) }
    }

    /// Whether the part begins where the text does, its title apart.
    fn opens(&self) -> bool {
        let title = self.sections.first().filter(|section| section.start <= OPENING_WORDS);
        let from = title.map_or(0, |section| section.start);
        self.ranges.first().is_some_and(|range| range.start <= from + OPENING_WORDS)
    }

    /// Whether the text falls into sections from its beginning on, and each range lies in one.
    fn is_items(&self) -> bool {
        let is_sectioned = self.sections.len() >= LEAST_SECTIONS
            && self.sections.first().is_some_and(|first| first.start <= OPENING_WORDS);
        let inside = |range: &Range<usize>| {
            self.sections
                .iter()
                .any(|section| section.start <= range.start && range.end <= section.end)
        };
        is_sectioned && self.ranges.iter().all(inside)
    }

    /// Whether each range is nearly all of its section: the item, not its beginning.
    fn fills_sections(&self) -> bool {
        self.ranges.iter().all(|range| {
            let section = self.sections.iter().find(|section| section.contains(&range.start));
            section.is_some_and(|s| range.len() as f64 >= FILLED_SHARE * s.len() as f64)
        })
    }

    /// Whether the long words of the part recur in the rest of its text, as they do in one article
    /// and do not between the items of a digest.
    fn coheres(&self) -> bool {
        let (mut inside, mut outside) = (HashSet::new(), HashSet::new());
        let mut next = 0;
        for (at, word) in self.text.words().iter().enumerate().filter(|(_, word)| !word.is_chrome) {
            while self.ranges.get(next).is_some_and(|range| range.end <= at) {
                next += 1;
            }
            let normal = self.text.normal(word);
            if normal.chars().nth(LONG_LETTERS - 1).is_none() {
                continue;
            }
            let is_inside = self.ranges.get(next).is_some_and(|range| range.contains(&at));
            if is_inside { &mut inside } else { &mut outside }.insert(normal);
        }
        let smaller = inside.len().min(outside.len());
        let recurring = inside.intersection(&outside).count();
        smaller < COHESION_WORDS || recurring as f64 >= LEAST_COHESION * smaller as f64
    }
}

/// The sections of a text that stand under headings: the words behind each heading up to the next.
fn sections(text: &Text) -> Vec<Range<usize>> {
    let headings = text.paragraphs().iter().filter(|p| p.kind == ParagraphKind::Heading);
    let mut sections: Vec<Range<usize>> = Vec::new();
    for heading in headings {
        if let Some(last) = sections.last_mut() {
            last.end = heading.words.start;
        }
        sections.push(heading.words.end..text.words().len());
    }
    sections.retain(|section| section.len() >= SECTION_WORDS);
    sections
}

/// Whether much of what the new text does not cover stands in other stories.
fn rest_is_foreign(prior: &Prior<'_>, overlap: &Overlap) -> bool {
    let words = prior.article.body.words.iter().enumerate();
    let rest = words.filter(|(at, word)| word.counts() && !overlap.there.contains(*at));
    let (mut all, mut foreign) = (0_usize, 0_usize);
    for (at, _) in rest {
        all += 1;
        foreign += usize::from(prior.foreign.contains(at));
    }
    foreign as f64 >= FOREIGN_SHARE * all as f64 && foreign > 0
}
