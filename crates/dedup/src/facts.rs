//! Agreement of facts: a template filled in again ("bank adds 250 million", "bank adds 400
//! million") shares most of its words and none of its facts.

use std::collections::BTreeSet;

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
    /// The facts of a text; of a long text there are none, since nobody asks.
    #[must_use]
    pub fn new(text: &Text, settings: &Settings) -> ShortFacts {
        if text.words().len() > 2 * settings.short_words as usize {
            return ShortFacts::default();
        }
        let all = 0..text.words().len();
        let numbers = numbers(text, all).into_iter().map(|number| number.value).collect();
        let words = names(text).into_iter().flat_map(|name| name.words);
        let names = words.map(|index| text.normal(&text.words()[index]).to_owned()).collect();
        ShortFacts { numbers, names }
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
