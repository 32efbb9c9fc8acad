//! Decides whether conflicting facts keep two texts apart.
//!
//! Two texts and what they have in common come in; the rule that keeps them apart goes out, if there is one. The
//! module never knows titles and times.

use crate::compare::overlap::Overlap;
use crate::compare::passage::Passage;
use crate::judge::Article;
use crate::judge::facts::{MOSTLY_EQUAL, enough_agree, names_agree, numbers_in, sets_agree};
use crate::judge::rule::Rule;
use crate::judge::template::{Slots, is_refilled_form};
use crate::settings::{Ablation, Settings};

/// In texts of any length, the numbers inside the passages must agree from this many different ones
/// on.
const MIN_NUMBERS: usize = 4;
/// Two texts only share an excerpt if the larger of both shares is below this.
const EXCERPT_SHARE: f64 = 0.8;

/// The rule by which conflicting facts keep two texts apart. `None` if the facts allow a fold.
pub(crate) fn fact_conflict(
    new: &Article<'_>,
    old: &Article<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> Option<Rule> {
    if !settings.is_on(Ablation::Facts) {
        return None;
    }
    if is_refilled_form(new, old, overlap) {
        return Some(Rule::Series);
    }
    let slots = Slots::between(new, old, overlap);
    let is_long = overlap.own_words.0.min(overlap.own_words.1) >= settings.short_words;
    if overlap.is_nearly_all() && is_long {
        return slots.are_a_series().then_some(Rule::Series);
    }
    if slots.are_a_template(overlap) {
        return Some(Rule::Template);
    }
    let here = numbers_in(new, overlap.passages.iter().map(Passage::here));
    let there = numbers_in(old, overlap.passages.iter().map(Passage::there));
    let common = here.iter().filter(|number| there.binary_search(number).is_ok()).count();
    if !enough_agree(common, here.len().min(there.len()), MIN_NUMBERS) {
        return Some(Rule::OtherNumbers);
    }
    let is_short = |article: &Article<'_>| article.body.counted_words() <= settings.short_words;
    let may_correct = overlap.smaller() >= MOSTLY_EQUAL;
    let in_slots = || {
        if slots.have_other_names(overlap) {
            return Some(Rule::OtherNames);
        }
        let agreeing = if may_correct { common } else { 0 };
        slots.replace_too_many_numbers(agreeing).then_some(Rule::OtherNumbers)
    };
    // In excerpts, the parts that are not shared have numbers of their own: they need not agree.
    let is_excerpt = overlap.larger() < EXCERPT_SHARE;
    match (is_short(new), is_short(old)) {
        // Of two long texts, the later one may update one number of the shared part.
        (false, false) => (slots.other_numbers >= 2 && slots.replace_too_many_numbers(common))
            .then_some(Rule::OtherNumbers),
        (true, true) if !is_excerpt && !sets_agree(&new.facts.numbers, &old.facts.numbers, 1) => {
            Some(Rule::OtherNumbers)
        }
        (true, true) if !names_agree(new, old, overlap) => Some(Rule::OtherNames),
        _ => in_slots(),
    }
}
