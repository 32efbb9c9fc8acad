//! Decides whether two texts are one template that was filled in twice. It compares the words that
//! each text has in the same position between equal words: the *slots* of the template.

use std::ops::Range;

use crate::body::titles::TitleWords;
use crate::body::{BodyWord, Fact};
use crate::compare::overlap::Overlap;
use crate::compare::passage::Passage;
use crate::judge::Article;
use crate::judge::facts::{
    MOSTLY_EQUAL, agreeing_numbers, all_differ, all_names_differ, names_in, numbers_in,
};
use crate::judge::rule::Rule;
use crate::settings::Settings;

/// The number of slots with conflicting facts that makes two texts a template, whatever their
/// length …
const MIN_CONFLICTS: u32 = 4;
/// … if there are at most this many agreeing facts for each of them.
const MAX_AGREEING_PER_CONFLICT: u32 = 3;
/// The number of replaced numbers that makes two nearly equal texts part of a series.
const MIN_SERIES_NUMBERS: usize = 3;
/// If both texts have at least this many numbers …
const MIN_TABLE_NUMBERS: usize = 8;
/// … and less than this share of them in common, they are one form with different numbers
/// everywhere.
const MIN_AGREEING_TABLE: f64 = 0.6;
/// Two texts can be one form if this share of each is in the other …
const MIN_FORM_SHARE: f64 = 0.8;
/// … or this share, if one of them is a flash (too short to compare).
const MIN_FLASH_FORM_SHARE: f64 = 0.7;
/// The number of words of a slot that can be filled from a title.
const MAX_SLOT_WORDS: usize = 30;
/// The number of numbers and names that a correction may change.
const MAX_CORRECTED: usize = 2;
/// The number of words in which a short text says who did what.
const OPENING_WORDS: usize = 25;

/// The slots of two texts, counted by how they differ. A slot is an edit that replaces words.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    /// All slots.
    replaced: usize,
    /// Slots with different numbers, by value.
    pub(crate) other_numbers: usize,
    /// Slots with a number in only one text.
    one_sided_numbers: usize,
    /// Slots with different names.
    other_names: usize,
    /// Whether a slot has in each text words of its own title that the other title does not have.
    use_own_titles: bool,
    /// Slots with different numbers or different capitalised words.
    conflicting: u32,
    /// Whether a slot in the opening has different names.
    opening_names_differ: bool,
}

impl Slots {
    /// Counts the slots between the shared passages of two texts.
    pub(crate) fn between(new: &Article<'_>, old: &Article<'_>, overlap: &Overlap) -> Slots {
        let mut slots = Slots::default();
        if let Some(first) = overlap.passages.first() {
            let (here, there) = (0..first.here().start, 0..first.there().start);
            slots.use_own_titles = both_use_own_title(new, &here, old, &there);
        }
        let edits = overlap.passages.iter().flat_map(Passage::edits);
        for (here, there) in edits.filter(|(here, there)| !here.is_empty() && !there.is_empty()) {
            slots.replaced += 1;
            let numbers = numbers_in(new, std::iter::once(here.clone()));
            let others = numbers_in(old, std::iter::once(there.clone()));
            let other_numbers = all_differ(&numbers, &others);
            slots.one_sided_numbers += usize::from(numbers.is_empty() != others.is_empty());
            let capitals = |words: &[BodyWord]| -> Vec<u64> {
                words.iter().filter(|word| word.fact == Fact::Name).map(|word| word.hash).collect()
            };
            let mine = capitals(&new.body.words[here.clone()]);
            let other_capitals = all_differ(&mine, &capitals(&old.body.words[there.clone()]));
            slots.other_numbers += usize::from(other_numbers);
            slots.conflicting += u32::from(other_numbers || other_capitals);
            slots.use_own_titles |= both_use_own_title(new, &here, old, &there);
            let is_opening = here.start < OPENING_WORDS && there.start < OPENING_WORDS;
            let other_names = all_names_differ(&names_in(new, here), &names_in(old, there));
            slots.other_names += usize::from(other_names);
            slots.opening_names_differ |= is_opening && other_names;
        }
        slots
    }

    /// Whether the openings have different names, or the texts are a form with different names from
    /// their titles.
    pub(crate) fn have_other_names(&self, overlap: &Overlap) -> bool {
        self.opening_names_differ || self.use_own_titles && overlap.smaller() >= MIN_FORM_SHARE
    }

    /// Whether enough facts conflict for two texts made from one template.
    pub(crate) fn are_a_template(&self, overlap: &Overlap) -> bool {
        self.conflicting >= MIN_CONFLICTS
            && self.conflicting * MAX_AGREEING_PER_CONFLICT > overlap.facts.agreeing
    }

    /// Whether two nearly equal texts are bulletins of a series: most slots have different numbers.
    /// A newsroom that edits a text changes mostly words.
    pub(crate) fn are_a_series(&self) -> bool {
        self.other_numbers >= MIN_SERIES_NUMBERS && 2 * self.other_numbers >= self.replaced
    }

    /// Whether too many numbers are replaced for a correction; `common` is how many agree.
    pub(crate) fn replace_too_many_numbers(&self, common: usize) -> bool {
        self.other_numbers > 0 && self.other_numbers * MAX_AGREEING_PER_CONFLICT as usize > common
    }
}

/// The rule by which two texts of one outlet are two items of a form. `None` if they are not. They
/// are if a slot has different numbers, or a slot in the opening has different names, or if the new
/// text is marked as a correction and changes too much for one.
pub(crate) fn form_conflict(
    new: &Article<'_>,
    old: &Article<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> Option<Rule> {
    let is_flash = !new.is_comparable(settings) || !old.is_comparable(settings);
    if overlap.smaller() < MIN_FLASH_FORM_SHARE || !is_flash && overlap.smaller() < MIN_FORM_SHARE {
        return None;
    }
    let slots = Slots::between(new, old, overlap);
    if new.title.is_update_or_correction() {
        let changed = slots.other_numbers + slots.other_names;
        return (changed > MAX_CORRECTED).then_some(Rule::Template);
    }
    if slots.use_own_titles {
        return Some(Rule::OtherNames);
    }
    if !is_flash && !overlap.is_nearly_all() {
        return None;
    }
    if slots.other_numbers > 0 || is_flash && slots.one_sided_numbers > 0 {
        return Some(Rule::OtherNumbers);
    }
    slots.opening_names_differ.then_some(Rule::OtherNames)
}

/// Whether both ranges are short, and each has a telling word of its own title that the other title
/// does not have.
fn both_use_own_title(
    new: &Article<'_>,
    here: &Range<usize>,
    old: &Article<'_>,
    there: &Range<usize>,
) -> bool {
    let is_opening = here.len().max(there.len()) <= MAX_SLOT_WORDS;
    is_opening && uses_own_title(new, here, old.title) && uses_own_title(old, there, new.title)
}

/// Whether a range has a telling word of its own article's title that the title `other` does not
/// have.
fn uses_own_title(article: &Article<'_>, range: &Range<usize>, other: &TitleWords) -> bool {
    let mut words = article.body.words[range.clone()].iter();
    words.any(|word| {
        let normal = word.normal(article.text);
        article.title.has_telling_word(normal) && !other.has_telling_word(normal)
    })
}

/// Whether two texts are one form with different numbers everywhere: lottery draws, tables, scores.
pub(crate) fn is_refilled_form(new: &Article<'_>, old: &Article<'_>, overlap: &Overlap) -> bool {
    let (here, there) = (new.figures.values(), old.figures.values());
    overlap.smaller() >= MOSTLY_EQUAL
        && here.len().min(there.len()) >= MIN_TABLE_NUMBERS
        && agreeing_numbers(new, old) < MIN_AGREEING_TABLE
}
