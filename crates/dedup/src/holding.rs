//! Digests: texts that hold other texts among what is something else altogether.

use std::collections::HashSet;
use std::ops::Range;

use crate::judge::{Article, Prior};
use crate::overlap::{Overlap, Passage};
use crate::settings::Settings;
use wirefold_text::{ParagraphKind, Text};

/// A share of the prior's other words that stands in other stories and so makes it a digest.
const FOREIGN_SHARE: f64 = 0.25;
/// Below this share of the shared part's long words that recur in the rest, two parts have
/// nothing to do with each other.
const LEAST_COHESION: f64 = 0.12;
/// Fewer different long words than this say nothing about cohesion.
const COHESION_WORDS: usize = 12;
/// The opening of a text: the first words.
const OPENING_WORDS: usize = 40;

/// Whether the prior is a digest that holds the new text rather than its original: the new text
/// covers only a small part of it, and the rest is other stories' text, or stands under headings
/// of its own, or has nothing to do with that part. A brief that is the opening of a longer text
/// is not held by it.
pub(crate) fn is_held(prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> bool {
    if overlap.containing >= settings.holds_containing {
        return false;
    }
    let text = prior.article.text;
    let passages = overlap.passages.iter().map(Passage::there);
    let Some(part) = covered(&prior.article, passages) else { return false };
    let is_item = has_heading_of_its_own(text, &part);
    let opens = part.start <= OPENING_WORDS;
    is_item || (!opens && (rest_is_foreign(prior, overlap) || !coheres(text, &part)))
}

/// Whether what the new text has from the old one are items among others rather than a part of its
/// own text: each passage stands under a heading of its own, or has nothing to do with the rest.
pub(crate) fn are_items_of(new: &Article<'_>, overlap: &Overlap) -> bool {
    let parts = || overlap.passages.iter().filter_map(|p| covered(new, std::iter::once(p.here())));
    let all = covered(new, overlap.passages.iter().map(Passage::here));
    parts().all(|part| has_heading_of_its_own(new.text, &part))
        || all.is_some_and(|part| !coheres(new.text, &part))
}

/// The words of an article's text from the first to the last of `ranges` of its body.
fn covered(
    article: &Article<'_>,
    ranges: impl Iterator<Item = Range<usize>> + Clone,
) -> Option<Range<usize>> {
    let words = &article.body.words;
    let start = ranges.clone().map(|range| range.start).min()?;
    let end = ranges.map(|range| range.end).max()?;
    Some(words[start].index as usize..words[end - 1].index as usize + 1)
}

/// Whether the part is one section of several: a heading right above its section, nothing of it
/// outside, and at least two further sections.
fn has_heading_of_its_own(text: &Text, part: &Range<usize>) -> bool {
    let headings: Vec<&Range<usize>> = text
        .paragraphs()
        .iter()
        .filter(|paragraph| paragraph.kind == ParagraphKind::Heading)
        .map(|paragraph| &paragraph.words)
        .collect();
    let above = headings.iter().filter(|heading| heading.end <= part.start).count();
    let inside =
        headings.iter().any(|heading| part.start < heading.start && heading.end < part.end);
    let opens_with_heading = headings.first().is_some_and(|heading| heading.start <= OPENING_WORDS);
    above > 0 && !inside && headings.len() >= 3 && opens_with_heading
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

/// Whether the long words of a part recur in the rest of its text, as they do in one article and
/// do not between the items of a digest.
fn coheres(text: &Text, part: &Range<usize>) -> bool {
    let long = |range: Range<usize>| -> HashSet<&str> {
        let words = text.words()[range].iter().filter(|word| !word.furniture);
        words.map(|word| text.normal(word)).filter(|normal| normal.chars().count() >= 6).collect()
    };
    let inside = long(part.clone());
    let mut outside = long(0..part.start);
    outside.extend(long(part.end..text.words().len()));
    let recurring = inside.intersection(&outside).count();
    inside.len() < COHESION_WORDS || recurring as f64 >= LEAST_COHESION * inside.len() as f64
}
