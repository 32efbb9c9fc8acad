//! Compares a new story with many earlier ones.
//!
//! Input: the terms of the new story, then those of each earlier one. Output: the similarity of the
//! two. Most earlier stories that share a few terms are not similar. The shared terms alone give an
//! upper bound of the similarity, which is enough to exclude them. The exact similarity needs the
//! length of the vector of the earlier story, for which every term of it must be looked up.

use std::cell::RefCell;

use crate::body::terms::Terms;
use crate::event::frequencies::Frequencies;
use crate::event::link::{Link, TitleCoverage, time_factor};
use crate::event::packed_terms::IndexedTerms;
use crate::event::term_weights::TermWeights;
use crate::event::vector::{RareNames, Vector};
use crate::ids::StoryId;
use crate::settings::{Ablation, Settings};

/// The weight of the cosine of all words in the similarity.
const WORDS_WEIGHT: f64 = 0.2;
/// The weight of the share of each title that is in the other text.
const TITLE_WEIGHT: f64 = 0.4;
/// The weight of the cosine of the ledes.
const LEDE_WEIGHT: f64 = 0.25;
/// The weight of the cosine of the rare names.
const NAMES_WEIGHT: f64 = 0.15;
/// The number of terms of a text by which a story finds others and is found: the heaviest ones …
const HEAVIEST_TERMS: usize = 128;
/// … and the number of terms of its title.
const HEAVIEST_TITLE_TERMS: usize = 8;
/// A title is fully informative if it weighs as much as this many terms …
const TITLE_TERMS: f64 = 3.0;
/// … whose rarity is this share of the maximum.
const TITLE_TERM_RARITY: f64 = 0.6;
/// If a text has no names, this share of the cosine of all words replaces the cosine of names. In a
/// script without capitals nothing replaces it.
const COSINE_WITHOUT_NAMES: f64 = 0.75;
/// Two texts whose words have at least this cosine …
pub(super) const MIN_TEMPLATE_COSINE: f64 = 0.5;
/// … and whose names have less than this are one template that was filled in twice.
const MAX_TEMPLATE_NAMES: f64 = 0.05;
/// If a text has no names, the terms of a title replace them that have at least this share of the
/// maximal rarity.
const MIN_TITLE_NAME_RARITY: f64 = 0.6;
/// An upper bound of the rounding error of a cosine.
const MAX_ROUNDING_ERROR: f64 = 1e-9;

/// A new story, prepared for the comparison with many earlier ones.
pub(super) struct Subject {
    words: Vector,
    title: Vector,
    /// How informative the title is, 0 to 1.
    title_informativeness: f64,
    /// The weights of all terms in the words, the title and the lede.
    weights: TermWeights,
    names: RareNames,
    /// Memory that each comparison uses again.
    buffer: RefCell<Vec<(u32, u8)>>,
}

impl Subject {
    pub(super) fn new(terms: &IndexedTerms, frequencies: &Frequencies) -> Subject {
        let [words, title, lede] =
            [&terms.terms, &terms.title, &terms.lede].map(|part| part.vector(frequencies));
        let rarities = frequencies.rarities();
        Subject {
            title_informativeness: informativeness(terms.title.square(frequencies), frequencies),
            weights: TermWeights::new([&words, &title, &lede], |id| rarities.of(id)),
            names: terms.rare_names(frequencies),
            words,
            title,
            buffer: RefCell::default(),
        }
    }

    /// The terms by which it finds others and is found: the heaviest of its title, then the
    /// heaviest of all.
    pub(super) fn found_by(&self) -> Vec<u32> {
        let title = self.title.heaviest(HEAVIEST_TITLE_TERMS);
        let mut words = self.words.heaviest(HEAVIEST_TERMS);
        words.retain(|id| !title.contains(id));
        [title, words].concat()
    }

    /// Compares it with an earlier story. `apart` is the seconds between them.
    pub(super) fn compare<'a>(
        &self,
        (story, there): (StoryId, &'a IndexedTerms),
        apart: i64,
        frequencies: &Frequencies,
        settings: &Settings,
    ) -> Comparison<'a> {
        let (mut words, mut in_text) = (SharedTerms::default(), 0.0);
        let buffer = &mut self.buffer.borrow_mut();
        self.weights.for_each_shared(&there.terms, frequencies, buffer, |weight, here| {
            words.add(weight, here.words);
            in_text += here.title * here.title;
        });
        let (mut lede, mut in_lede) = (SharedTerms::default(), 0.0);
        let lede_square =
            self.weights.square_and_shared(&there.lede, frequencies, |weight, here| {
                lede.add(weight, here.lede);
                in_lede += here.title * here.title;
            });
        let (title_coverage, title) = self.title((in_text, in_lede), there, frequencies);
        Comparison {
            story,
            there,
            time_factor: time_factor(apart, settings),
            words,
            lede: lede.cosine(lede_square),
            title,
            title_coverage,
            names: there.names_cosine(&self.names, frequencies),
        }
    }

    /// A link with upper bounds of the similarities, without quotations. It takes less time than
    /// [`Subject::link`].
    pub(super) fn link_at_most(&self, comparison: &Comparison<'_>, settings: &Settings) -> Link {
        self.link_of(comparison, comparison.words.cosine_at_most(), settings, |_| false)
    }

    /// The link of the two stories, without quotations.
    pub(super) fn link(
        &self,
        comparison: &Comparison<'_>,
        frequencies: &Frequencies,
        settings: &Settings,
    ) -> Link {
        let Comparison { there, names, words, .. } = comparison;
        let cosine = words.cosine(there.terms.square(frequencies));
        self.link_of(comparison, cosine, settings, |cosine| match names {
            Some(names) => cosine >= MIN_TEMPLATE_COSINE && *names < MAX_TEMPLATE_NAMES,
            None => self.titles_name_others(there, frequencies),
        })
    }

    /// The link of two texts whose words have this cosine. `is_template` gets the cosine and says
    /// whether both are one template.
    fn link_of(
        &self,
        comparison: &Comparison<'_>,
        cosine: f64,
        settings: &Settings,
        is_template: impl FnOnce(f64) -> bool,
    ) -> Link {
        let Comparison { story, time_factor, title, title_coverage, lede, names, .. } = *comparison;
        // If neither text is in a script with capitals, names are left out of the mean.
        let are_recognised = self.names.are_recognised || comparison.there.names.is_some();
        let weight = |weight, switch| if settings.is_on(switch) { weight } else { 0.0 };
        let untimed = mean([
            (weight(WORDS_WEIGHT, Ablation::EventWords), Some(cosine)),
            (weight(TITLE_WEIGHT, Ablation::EventTitles), title),
            (weight(LEDE_WEIGHT, Ablation::EventLedes), Some(lede)),
            (
                weight(NAMES_WEIGHT, Ablation::EventNames),
                names.or(are_recognised.then_some(COSINE_WITHOUT_NAMES * cosine)),
            ),
        ]);
        let text_similarity = if is_template(cosine) { 0.0 } else { untimed };
        let similarity = text_similarity * time_factor;
        Link {
            story,
            similarity,
            text_similarity,
            cosine,
            title,
            lede,
            names,
            quotations: 0,
            in_openings: false,
            title_coverage,
        }
    }

    /// Whether the titles have rare terms, and neither text has a rare term of the other title. The
    /// texts are then briefs made from one template, whose only names are in their titles.
    fn titles_name_others(&self, there: &IndexedTerms, frequencies: &Frequencies) -> bool {
        let least = MIN_TITLE_NAME_RARITY * frequencies.max_rarity();
        let is_rare = |id: &u32| frequencies.rarity(*id) >= least;
        let ours: Vec<u32> = self.title.ids().filter(is_rare).collect();
        let theirs: Vec<u32> = there.title.iter().map(|(id, _)| id).filter(is_rare).collect();
        let is_ours = self.title.has_any(&theirs) || self.words.has_any(&theirs);
        let is_theirs = there.title.has_any(&ours) || there.terms.has_any(&ours);
        !(ours.is_empty() && theirs.is_empty() || is_ours || is_theirs)
    }

    /// How much of each title is in the other text. `in_text` and `in_lede` are the shares of the
    /// new title in the earlier text and in its lede. The lede counts twice as much as the rest,
    /// because a long text has some words of any title.
    fn title(
        &self,
        (in_text, in_lede): (f64, f64),
        there: &IndexedTerms,
        frequencies: &Frequencies,
    ) -> (TitleCoverage, Option<f64>) {
        let (mut in_words, mut in_our_lede) = (0.0, 0.0);
        let square = self.weights.square_and_shared(&there.title, frequencies, |weight, here| {
            in_words += if here.words > 0.0 { weight * weight } else { 0.0 };
            in_our_lede += if here.lede > 0.0 { weight * weight } else { 0.0 };
        });
        let share = |common: f64| if square > 0.0 { common / square } else { 0.0 };
        let (in_words, in_our_lede) = (share(in_words), share(in_our_lede));
        let informativeness = informativeness(square, frequencies);
        let title_coverage = TitleCoverage {
            new_in_earlier: self.title_informativeness * in_text,
            earlier_in_new: informativeness * in_words,
        };
        let ours =
            f64::midpoint(title_coverage.new_in_earlier, self.title_informativeness * in_lede);
        let theirs = f64::midpoint(title_coverage.earlier_in_new, informativeness * in_our_lede);
        let title = match (self.title.is_empty(), there.title.is_empty()) {
            (false, false) => Some(f64::midpoint(ours, theirs)),
            (false, true) => Some(ours),
            (true, false) => Some(theirs),
            (true, true) => None,
        };
        (title_coverage, title)
    }
}

/// The comparison of a new story with an earlier one.
pub(super) struct Comparison<'a> {
    pub(super) story: StoryId,
    there: &'a IndexedTerms,
    /// The factor by which the time between them reduces their similarity, 0 to 1.
    pub(super) time_factor: f64,
    words: SharedTerms,
    /// The cosine of the ledes.
    lede: f64,
    /// The share of each title that is in the other text, on average. `None` if neither has a
    /// title.
    title: Option<f64>,
    title_coverage: TitleCoverage,
    /// The cosine of the rare names. `None` if a text has none.
    names: Option<f64>,
}

/// The terms that two vectors share, summed up. The vector of the new story has unit length.
#[derive(Debug, Clone, Copy, Default)]
struct SharedTerms {
    /// The sum of the products of both weights.
    sum: f64,
    /// The sum of the squares of the weights in the other vector.
    squares: f64,
}

impl SharedTerms {
    fn add(&mut self, weight: f64, unit: f64) {
        self.sum += weight * unit;
        if unit > 0.0 {
            self.squares += weight * weight;
        }
    }

    /// The cosine of the angle between the vectors, 0 to 1. `squares` is the squared length of the
    /// other vector.
    fn cosine(self, squares: f64) -> f64 {
        if squares > 0.0 { (self.sum / f64::sqrt(squares)).min(1.0) } else { 0.0 }
    }

    /// An upper bound of the cosine: the other vector is at least as long as its shared terms.
    fn cosine_at_most(self) -> f64 {
        (self.cosine(self.squares) + MAX_ROUNDING_ERROR).min(1.0)
    }
}

impl Link {
    /// The link of a new text to an earlier one. `story` is the story of the earlier one, `apart`
    /// the seconds between them, and `quotations` the number of shared quotations.
    #[must_use]
    pub fn between(
        here: &Terms,
        (story, there): (StoryId, &Terms),
        frequencies: &mut Frequencies,
        apart: i64,
        quotations: usize,
        settings: &Settings,
    ) -> Link {
        let in_openings = here.quoted.iter().any(|key| there.quoted.contains(key));
        let (here, there) = (frequencies.index_terms(here), frequencies.index_terms(there));
        let subject = Subject::new(&here, frequencies);
        let comparison = subject.compare((story, &there), apart, frequencies, settings);
        let link = subject.link(&comparison, frequencies, settings);
        link.with_quotations((quotations, in_openings), comparison.time_factor, settings)
    }
}

/// How informative a title is, 0 to 1, from the squared length of its vector. A title of a few
/// common words could be a part of many texts.
fn informativeness(square: f64, frequencies: &Frequencies) -> f64 {
    let rare = TITLE_TERM_RARITY * frequencies.max_rarity();
    (square / (TITLE_TERMS * rare * rare)).min(1.0)
}

/// The weighted mean of the shares that are not `None`.
fn mean(evidence: [(f64, Option<f64>); 4]) -> f64 {
    let known = || evidence.iter().filter_map(|(weight, share)| Some((weight, (*share)?)));
    let sum: f64 = known().map(|(weight, share)| weight * share).sum();
    sum / known().map(|(weight, _)| weight).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wirefold_text::Text;

    use super::*;
    use crate::body::Body;

    /// Texts of few different words, some of them names, so that any two share some.
    fn text() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            (0u32..30).prop_map(|n| format!("word{n} ")),
            (0u32..9).prop_map(|n| format!("in Name{n} ")),
        ];
        proptest::collection::vec(word, 1..60).prop_map(|words| words.concat())
    }

    proptest! {
        /// [`EventSearch::links`](crate::event::event_match::Near::links) relies on this bound.
        #[test]
        fn no_similarity_is_above_its_upper_bound(
            new in (text(), text()),
            earlier in proptest::collection::vec((text(), text()), 1..9),
            apart in -400_000i64..400_000,
        ) {
            let (mut frequencies, settings) = (Frequencies::default(), Settings::default());
            let mut learn = |(title, body): &(String, String)| {
                let text = Text::new(body);
                let indexed = frequencies.index_terms(&Terms::new(&text, &Body::new(&text), title));
                frequencies.learn(&indexed);
                indexed
            };
            let (here, others) = (learn(&new), earlier.iter().map(&mut learn));
            let others: Vec<IndexedTerms> = others.collect();
            let subject = Subject::new(&here, &frequencies);
            for there in &others {
                let comparison = subject.compare((StoryId(0), there), apart, &frequencies, &settings);
                let link = subject.link(&comparison, &frequencies, &settings);
                let most = subject.link_at_most(&comparison, &settings);
                prop_assert!(most.text_similarity >= link.text_similarity && most.similarity >= link.similarity);
                prop_assert!(most.title_coverage == link.title_coverage);
            }
        }
    }
}
