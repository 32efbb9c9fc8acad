//! Agreement of facts: a template filled in again ("bank adds 250 million", "bank adds 400
//! million") shares most of its words and none of its facts.

use std::collections::BTreeSet;

use crate::body::Body;
use crate::judge::Article;
use crate::overlap::Overlap;
use crate::settings::Settings;
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
    let is_short = |article: &Article<'_>| article.body.counted_words() <= settings.short_words;
    let both_short = is_short(new) && is_short(old);
    let short_agree = !both_short
        || agree(&new.facts.numbers, &old.facts.numbers, 1)
            && agree(&new.facts.names, &old.facts.names, 2);
    !is_template && short_agree
}

/// Whether enough of the smaller set stands in the other; sets below `least` say nothing.
fn agree(here: &BTreeSet<String>, there: &BTreeSet<String>, least: usize) -> bool {
    let smaller = here.len().min(there.len());
    let common = here.intersection(there).count();
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
