//! Agreement of facts: a template filled in again ("bank adds 250 million", "bank adds 400
//! million") shares most of its words and none of its facts.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::body::{Body, BodyWord, Fact};
use crate::judge::Article;
use crate::overlap::{Overlap, Passage};
use crate::settings::Settings;
use crate::varint;
use wirefold_text::Text;
use wirefold_text::extract::{names, numbers};

/// The numbers and names of a text, as far as short texts need them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShortFacts {
    numbers: BTreeSet<String>,
    names: BTreeSet<String>,
}

/// Two short texts agree when this share of the smaller set of numbers (or names) is common.
const LEAST_AGREEMENT: f64 = 0.6;
/// Conflicting facts inside passages that make a template of any length …
const LEAST_CONFLICTS: u32 = 4;
/// … when there is one for at most this many agreeing ones.
const AGREEING_PER_CONFLICT: u32 = 3;
/// So many different numbers inside the passages of texts of any length must agree as well.
const LEAST_NUMBERS: usize = 4;
/// The words in which a short text says who did what.
const OPENING_WORDS: usize = 25;

impl ShortFacts {
    /// The facts among the words of a body that are no boilerplate; of a long one there are none,
    /// since nobody asks.
    #[must_use]
    pub fn new(text: &Text, body: &Body, settings: &Settings) -> ShortFacts {
        if body.counted_words() > settings.short_words {
            return ShortFacts::default();
        }
        let own = body.words.iter().filter(|word| !word.boilerplate);
        let own: BTreeSet<usize> = own.map(|word| word.index as usize).collect();
        let numbers = numbers(text, 0..text.words().len());
        let names = names(text).into_iter().flat_map(|name| name.words);
        let normal = |index: usize| text.normal(&text.words()[index]).to_owned();
        ShortFacts {
            numbers: numbers
                .into_iter()
                .filter(|number| own.contains(&number.words.start))
                .map(|number| number.value)
                .collect(),
            names: names.filter(|index| own.contains(index)).map(normal).collect(),
        }
    }

    /// Writes them down behind `bytes`, of which nothing is added for none.
    pub(crate) fn pack(&self, bytes: &mut Vec<u8>) {
        if *self == ShortFacts::default() {
            return;
        }
        for forms in [&self.numbers, &self.names] {
            push_count(bytes, forms.len());
            for form in forms {
                push_count(bytes, form.len());
                bytes.extend_from_slice(form.as_bytes());
            }
        }
    }

    /// Takes those that were written down at the beginning of `bytes`.
    pub(crate) fn take(bytes: &mut &[u8]) -> ShortFacts {
        ShortFacts { numbers: take_forms(bytes), names: take_forms(bytes) }
    }
}

fn push_count(bytes: &mut Vec<u8>, count: usize) {
    varint::push(bytes, u32::try_from(count).expect("articles are cut long before"));
}

fn take_forms(bytes: &mut &[u8]) -> BTreeSet<String> {
    let count = varint::take(bytes).unwrap_or_default();
    let form = |_| {
        let len = varint::take(bytes)? as usize;
        let (form, rest) = bytes.split_at_checked(len)?;
        *bytes = rest;
        str::from_utf8(form).ok().map(str::to_owned)
    };
    (0..count).map_while(form).collect()
}

/// Whether nothing in the facts speaks against a fold.
pub(crate) fn facts_agree(
    new: &Article<'_>,
    old: &Article<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> bool {
    let facts = overlap.facts;
    let is_template = facts.conflicting >= LEAST_CONFLICTS
        && facts.conflicting * AGREEING_PER_CONFLICT > facts.agreeing;
    let here = numbers_in(new, overlap.passages.iter().map(Passage::here));
    let there = numbers_in(old, overlap.passages.iter().map(Passage::there));
    let common = here.iter().filter(|number| there.binary_search(number).is_ok()).count();
    if is_template || !is_enough(common, here.len().min(there.len()), LEAST_NUMBERS) {
        return false;
    }
    let is_short = |article: &Article<'_>| article.body.counted_words() <= settings.short_words;
    match (is_short(new), is_short(old)) {
        (false, false) => true,
        (true, true) => {
            agree(&new.facts.numbers, &old.facts.numbers, 1)
                && agree(&new.facts.names, &old.facts.names, 2)
                && !slots_conflict(new, old, overlap)
        }
        _ => !slots_conflict(new, old, overlap),
    }
}

/// The numbers inside ranges of an article's body, edits included, each once.
fn numbers_in(article: &Article<'_>, ranges: impl Iterator<Item = Range<usize>>) -> Vec<u32> {
    let mut found = Vec::new();
    for range in ranges {
        let words = article.body.in_text(&range);
        let read = || numbers(article.text, words.clone()).into_iter().map(|n| n.value).collect();
        article.figures.among(words.clone(), &read, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether an edit inside a passage puts one number in the place of another, or in the opening one
/// name: a short template has one slot for its news.
fn slots_conflict(new: &Article<'_>, old: &Article<'_>, overlap: &Overlap) -> bool {
    overlap.passages.iter().flat_map(Passage::edits).any(|(here, there)| {
        if here.is_empty() || there.is_empty() {
            return false;
        }
        let opens = here.start < OPENING_WORDS && there.start < OPENING_WORDS;
        let mine = numbers_in(new, std::iter::once(here.clone()));
        let theirs = numbers_in(old, std::iter::once(there.clone()));
        let differ = !mine.is_empty()
            && !theirs.is_empty()
            && !mine.iter().any(|number| theirs.binary_search(number).is_ok());
        let other_names = || {
            let (new_names, old_names) = (names_in(new, here), names_in(old, there));
            !new_names.is_empty() && !old_names.is_empty() && new_names.is_disjoint(&old_names)
        };
        differ || opens && other_names()
    })
}

/// The names inside a range of a short article's body.
fn names_in(article: &Article<'_>, range: Range<usize>) -> BTreeSet<String> {
    let words = &article.body.words[range];
    let normal = |word: &BodyWord| article.text.normal(&article.text.words()[word.index as usize]);
    let capital = words.iter().filter(|word| word.fact == Fact::Name).map(normal);
    capital.filter(|form| article.facts.names.contains(*form)).map(str::to_owned).collect()
}

/// Whether enough of the smaller set stands in the other; sets below `least` say nothing.
fn agree(here: &BTreeSet<String>, there: &BTreeSet<String>, least: usize) -> bool {
    is_enough(here.intersection(there).count(), here.len().min(there.len()), least)
}

fn is_enough(common: usize, smaller: usize, least: usize) -> bool {
    smaller < least || common as f64 >= LEAST_AGREEMENT * smaller as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::{Detector, Incoming};
    use crate::verdict::Class;

    /// Whether the second of two short texts folds into the first.
    fn check(first: &str, second: &str, folds: bool) {
        let mut detector = Detector::new(Settings::default());
        detector.observe(&Incoming { items: &["a"], text: first, ..Incoming::default() });
        let verdict =
            detector.observe(&Incoming { items: &["b"], text: second, ..Incoming::default() });
        assert_eq!(verdict.class == Class::Copy, folds, "{verdict:?}");
    }

    const BRIEF: &str = "Orla Steel said on Monday it placed bonds worth 250 million crowns with \
        buyers at home and abroad. The notes run for seven years and carry a coupon of 4.25 percent. \
        The lead manager was Fenn Bank. The company said it would use the money to repay older debt \
        and to build a new furnace at its works near the coast, as it had told its owners in the \
        spring of this year.";

    #[test]
    fn a_template_filled_in_again_is_another_story() {
        let other = BRIEF
            .replace("Orla Steel", "Vennby Paper")
            .replace("250", "400")
            .replace("4.25", "3.9")
            .replace("seven", "five")
            .replace("Fenn", "Hollow");
        check(BRIEF, &other, false);
    }

    #[test]
    fn a_repeat_with_small_edits_folds() {
        check(
            BRIEF,
            &BRIEF.replace("on Monday", "today").replace("near the coast", "inland"),
            true,
        );
    }
}
