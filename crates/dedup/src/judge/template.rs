//! Whether two texts are one template that was filled in twice: compares the places where they differ (*slots*).

use std::ops::Range;

use crate::body::titles::TitleWords;
use crate::body::{BodyWord, Fact};
use crate::compare::overlap::{Overlap, Passage};
use crate::judge::Article;
use crate::judge::facts::{
    MOSTLY, agreeing_numbers, are_other, are_other_names, names_in, numbers_in,
};
use crate::judge::rule::Rule;
use crate::settings::Settings;

/// Conflicting facts inside passages that make a template of any length …
const LEAST_CONFLICTS: u32 = 4;
/// … when there is one for at most this many agreeing ones.
const AGREEING_PER_CONFLICT: u32 = 3;
/// So many numbers in the place of others make two nearly equal texts two of a series …
const LEAST_OF_SERIES: usize = 3;
/// Of two texts with so many numbers each …
const MANY_NUMBERS: usize = 8;
/// … that have less than this share of them in common, each was filled in for itself.
const OF_ANOTHER_DRAW: f64 = 0.6;
/// Two texts are one form that was filled in twice when this share of each stands in the other, …
const MOSTLY_A_FORM: f64 = 0.8;
/// … or less of flashes, …
const FORM_OF_FLASH: f64 = 0.7;
/// … and what was filled in has at most so many words.
const LONGEST_SLOT: usize = 30;
/// A correction changes so many numbers and names at most.
const MOST_CORRECTED: usize = 2;
/// The words in which a short text says who did what.
const OPENING_WORDS: usize = 25;

/// What stands in the places where one text has something else than the other.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    /// Places where one text puts words in the place of others.
    replaced: usize,
    /// Those with other numbers, by value.
    pub(crate) other_numbers: usize,
    /// Those with a number in one text and none in the other.
    one_sided_numbers: usize,
    /// Those with other names.
    other_names: usize,
    /// Whether in one the text has words of its own title in the place of words of the other's.
    titled: bool,
    /// Those with other numbers or other words in capitals.
    conflicting: u32,
    /// Whether one in the opening has another name.
    name_the_news: bool,
}

impl Slots {
    pub(crate) fn between(new: &Article<'_>, old: &Article<'_>, overlap: &Overlap) -> Slots {
        let mut slots = Slots::default();
        if let Some(first) = overlap.passages.first() {
            let (here, there) = (0..first.here().start, 0..first.there().start);
            slots.titled = are_titled(new, &here, old, &there);
        }
        let edits = overlap.passages.iter().flat_map(Passage::edits);
        for (here, there) in edits.filter(|(here, there)| !here.is_empty() && !there.is_empty()) {
            slots.replaced += 1;
            let numbers = numbers_in(new, std::iter::once(here.clone()));
            let others = numbers_in(old, std::iter::once(there.clone()));
            let other_numbers = are_other(&numbers, &others);
            slots.one_sided_numbers += usize::from(numbers.is_empty() != others.is_empty());
            let capitals = |words: &[BodyWord]| -> Vec<u64> {
                words.iter().filter(|word| word.fact == Fact::Name).map(|word| word.hash).collect()
            };
            let mine = capitals(&new.body.words[here.clone()]);
            let other_capitals = are_other(&mine, &capitals(&old.body.words[there.clone()]));
            slots.other_numbers += usize::from(other_numbers);
            slots.conflicting += u32::from(other_numbers || other_capitals);
            slots.titled |= are_titled(new, &here, old, &there);
            let is_opening = here.start < OPENING_WORDS && there.start < OPENING_WORDS;
            let other_names = are_other_names(&names_in(new, here), &names_in(old, there));
            slots.other_names += usize::from(other_names);
            slots.name_the_news |= is_opening && other_names;
        }
        slots
    }

    /// Whether the opening tells of another name, or a form of another that its title has.
    pub(crate) fn name_others(&self, overlap: &Overlap) -> bool {
        self.name_the_news || self.titled && overlap.smaller() >= MOSTLY_A_FORM
    }

    /// Whether a template was filled in again.
    pub(crate) fn is_template(&self, overlap: &Overlap) -> bool {
        self.conflicting >= LEAST_CONFLICTS
            && self.conflicting * AGREEING_PER_CONFLICT > overlap.facts.agreeing
    }

    /// Whether two texts that are nearly equal are two of a series: what differs is mostly their
    /// numbers, where a newsroom changes words.
    pub(crate) fn is_serial(&self) -> bool {
        self.other_numbers >= LEAST_OF_SERIES && 2 * self.other_numbers >= self.replaced
    }

    /// Whether numbers in the place of others are more than a correction among those that agree.
    pub(crate) fn tell_other_numbers(&self, common: usize) -> bool {
        self.other_numbers > 0 && self.other_numbers * AGREEING_PER_CONFLICT as usize > common
    }
}

/// Why two texts of one outlet are two items of a form, if they are: where one says a number, or in its
/// opening a name, the other says another; or a correction would correct too much.
pub(crate) fn form_conflict(
    new: &Article<'_>,
    old: &Article<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> Option<Rule> {
    let is_flash = !new.is_comparable(settings) || !old.is_comparable(settings);
    if overlap.smaller() < FORM_OF_FLASH || !is_flash && overlap.smaller() < MOSTLY_A_FORM {
        return None;
    }
    let slots = Slots::between(new, old, overlap);
    if new.title.is_marked() {
        let changed = slots.other_numbers + slots.other_names;
        return (changed > MOST_CORRECTED).then_some(Rule::Template);
    }
    if slots.titled {
        return Some(Rule::OtherNames);
    }
    if !is_flash && !overlap.is_nearly_all() {
        return None;
    }
    if slots.other_numbers > 0 || is_flash && slots.one_sided_numbers > 0 {
        return Some(Rule::OtherNumbers);
    }
    slots.name_the_news.then_some(Rule::OtherNames)
}

/// Whether each of two ranges has words of its own title that the other title does not have.
fn are_titled(
    new: &Article<'_>,
    here: &Range<usize>,
    old: &Article<'_>,
    there: &Range<usize>,
) -> bool {
    let is_opening = here.len().max(there.len()) <= LONGEST_SLOT;
    is_opening && speaks_of_title(new, here, old.title) && speaks_of_title(old, there, new.title)
}

/// Whether a range has a telling word of its article's title that another title does not have.
fn speaks_of_title(article: &Article<'_>, range: &Range<usize>, other: &TitleWords) -> bool {
    let mut words = article.body.words[range.clone()].iter();
    words.any(|word| {
        let normal = word.normal(article.text);
        article.title.tells(normal) && !other.tells(normal)
    })
}

/// Whether two texts are one form with other numbers all over: draws, tables, scores.
pub(crate) fn is_filled_in_anew(new: &Article<'_>, old: &Article<'_>, overlap: &Overlap) -> bool {
    let (here, there) = (new.figures.values(), old.figures.values());
    overlap.smaller() >= MOSTLY
        && here.len().min(there.len()) >= MANY_NUMBERS
        && agreeing_numbers(new, old) < OF_ANOTHER_DRAW
}
