//! A new story beside earlier ones: what they have in common, part by part.
//!
//! The terms of the new story come in, then those of an earlier one; how alike the two are goes out. Most earlier
//! stories that share a few terms are not like it at all, which what is shared already shows: how long the vector of
//! the earlier one is, for which every term of it is looked up, is asked only of the others.

use crate::event::frequencies::Frequencies;
use crate::event::link::{Link, Told, closeness};
use crate::event::term_weights::TermWeights;
use crate::event::vector::{Placed, RareNames, Vector};
use crate::ids::StoryId;
use crate::settings::{Settings, Switch};

/// The weight of the cosine of all terms, …
const WORDS: f64 = 0.2;
/// … of the share of each title that stands in the other text, …
const TITLE: f64 = 0.4;
/// … of the cosine of the ledes, …
const LEDE: f64 = 0.25;
/// … and of the cosine of the rare names.
const NAMES: f64 = 0.15;
/// The heaviest terms of a story, by which it is found and looks for like ones, …
const HEAVIEST: usize = 128;
/// … and those of its title.
const OF_TITLE: usize = 8;
/// A title says all that a title can with the weight of so many terms …
const TITLE_TERMS: f64 = 3.0;
/// … of this share of the greatest rarity.
const RARE: f64 = 0.6;
/// The share of the words' cosine that stands for the names' where there are none to compare, though
/// they could be told. In a script without capitals nothing stands for them.
const WITHOUT_NAMES: f64 = 0.75;
/// Texts with so much of their words in common …
pub(super) const TEMPLATE: f64 = 0.5;
/// … and less than this of their names are one template filled in twice, and no happening.
const OTHER_NAMES: f64 = 0.05;
/// Where a text has no names, the terms of a title that are so rare at least, of the greatest rarity,
/// stand for them.
const RARE_IN_TITLE: f64 = 0.6;
/// What rounding may add to a share, at most.
const ROUNDING: f64 = 1e-9;

/// A text as it is compared with many.
pub(super) struct Subject {
    words: Vector,
    title: Vector,
    /// How much the title says, 0 to 1.
    title_says: f64,
    /// Of the words, the title and the lede.
    weights: TermWeights,
    names: RareNames,
}

impl Subject {
    pub(super) fn new(terms: &Placed, frequencies: &Frequencies) -> Subject {
        let [words, title, lede] =
            [&terms.terms, &terms.title, &terms.lede].map(|part| part.vector(frequencies));
        Subject {
            title_says: says(terms.title.square(frequencies), frequencies),
            weights: TermWeights::new(&words, &title, &lede),
            names: terms.rare_names(frequencies),
            words,
            title,
        }
    }

    /// The terms that it is found by: the heaviest of its title, then the heaviest of all.
    pub(super) fn found_by(&self) -> Vec<u32> {
        let title = self.title.heaviest(OF_TITLE);
        let mut words = self.words.heaviest(HEAVIEST);
        words.retain(|place| !title.contains(place));
        [title, words].concat()
    }

    /// What it has in common with an earlier story, `apart` seconds from it.
    pub(super) fn compare<'a>(
        &self,
        (story, there): (StoryId, &'a Placed),
        apart: i64,
        frequencies: &Frequencies,
        settings: &Settings,
    ) -> Comparison<'a> {
        let (mut words, mut in_text) = (Common::default(), 0.0);
        there.terms.for_each_shared(&self.weights, frequencies, |weight, here| {
            words.add(weight, here.words);
            in_text += here.title * here.title;
        });
        let (mut lede, mut in_lede) = (Common::default(), 0.0);
        there.lede.for_each_shared(&self.weights, frequencies, |weight, here| {
            lede.add(weight, here.lede);
            in_lede += here.title * here.title;
        });
        let (told, title) = self.title((in_text, in_lede), there, frequencies);
        Comparison {
            story,
            there,
            closeness: closeness(apart, settings),
            words,
            lede: lede.cosine(there.lede.square(frequencies)),
            title,
            told,
            names: there.names_cosine(&self.names, frequencies),
        }
    }

    /// How alike the two are at most, without any quotations. Takes less time than [`Subject::link`].
    pub(super) fn link_at_most(&self, comparison: &Comparison<'_>, settings: &Settings) -> Link {
        self.link_of(comparison, comparison.words.cosine_at_most(), settings, |_| false)
    }

    /// How alike the two are, without any quotations.
    pub(super) fn link(
        &self,
        comparison: &Comparison<'_>,
        frequencies: &Frequencies,
        settings: &Settings,
    ) -> Link {
        let Comparison { there, names, words, .. } = comparison;
        let cosine = words.cosine(there.terms.square(frequencies));
        self.link_of(comparison, cosine, settings, |cosine| match names {
            Some(names) => cosine >= TEMPLATE && *names < OTHER_NAMES,
            None => self.is_about_other(there, frequencies),
        })
    }

    /// The link of two texts whose words have this cosine; `is_template` says whether they are one template.
    fn link_of(
        &self,
        comparison: &Comparison<'_>,
        cosine: f64,
        settings: &Settings,
        is_template: impl FnOnce(f64) -> bool,
    ) -> Link {
        let Comparison { story, closeness, title, told, lede, names, .. } = *comparison;
        // A text without names says something where one of the two is of a script that tells them.
        let are_told = self.names.are_told || comparison.there.names.is_some();
        let weight = |weight, switch| if settings.is_on(switch) { weight } else { 0.0 };
        let alike = mean([
            (weight(WORDS, Switch::EventWords), Some(cosine)),
            (weight(TITLE, Switch::EventTitles), title),
            (weight(LEDE, Switch::EventLedes), Some(lede)),
            (
                weight(NAMES, Switch::EventNames),
                names.or(are_told.then_some(WITHOUT_NAMES * cosine)),
            ),
        ]);
        let at_once = if is_template(cosine) { 0.0 } else { alike };
        let likeness = at_once * closeness;
        Link {
            story,
            likeness,
            at_once,
            cosine,
            title,
            lede,
            names,
            quotations: 0,
            in_openings: false,
            told,
        }
    }

    /// Whether the titles have rare terms, none of which stands in the other text: two briefs of one
    /// form, whose only names stand in their titles.
    fn is_about_other(&self, there: &Placed, frequencies: &Frequencies) -> bool {
        let least = RARE_IN_TITLE * frequencies.most();
        let is_rare = |place: &u32| frequencies.rarity(*place) >= least;
        let ours: Vec<u32> = self.title.places().filter(is_rare).collect();
        let theirs: Vec<u32> = there.title.iter().map(|(place, _)| place).filter(is_rare).collect();
        let is_ours = self.title.has_any(&theirs) || self.words.has_any(&theirs);
        let is_theirs = there.title.has_any(&ours) || there.terms.has_any(&ours);
        !(ours.is_empty() && theirs.is_empty() || is_ours || is_theirs)
    }

    /// How much of each title stands in the other text, given how much of ours stands in the earlier text and
    /// in its lede. What stands in a lede counts twice what stands further down, where longer texts have more
    /// of any title.
    fn title(
        &self,
        (in_text, in_lede): (f64, f64),
        there: &Placed,
        frequencies: &Frequencies,
    ) -> (Told, Option<f64>) {
        let square = there.title.square(frequencies);
        let (mut in_words, mut in_our_lede) = (0.0, 0.0);
        there.title.for_each_shared(&self.weights, frequencies, |weight, here| {
            in_words += if here.words > 0.0 { weight * weight } else { 0.0 };
            in_our_lede += if here.lede > 0.0 { weight * weight } else { 0.0 };
        });
        let share = |common: f64| if square > 0.0 { common / square } else { 0.0 };
        let (in_words, in_our_lede) = (share(in_words), share(in_our_lede));
        let says = says(square, frequencies);
        let told = Told { ours: self.title_says * in_text, theirs: says * in_words };
        let ours = f64::midpoint(told.ours, self.title_says * in_lede);
        let theirs = f64::midpoint(told.theirs, says * in_our_lede);
        let title = match (self.title.is_empty(), there.title.is_empty()) {
            (false, false) => Some(f64::midpoint(ours, theirs)),
            (false, true) => Some(ours),
            (true, false) => Some(theirs),
            (true, true) => None,
        };
        (told, title)
    }
}

/// What a new story has in common with an earlier one.
pub(super) struct Comparison<'a> {
    pub(super) story: StoryId,
    there: &'a Placed,
    /// What the time between them leaves of their likeness, 0 to 1.
    pub(super) closeness: f64,
    words: Common,
    /// The cosine of the ledes.
    lede: f64,
    /// How much of each title stands in the other text, on average; `None` where neither has one.
    title: Option<f64>,
    told: Told,
    /// The cosine of the rare names; `None` where a text has none.
    names: Option<f64>,
}

/// What two vectors have in common, one of which is of unit length.
#[derive(Debug, Clone, Copy, Default)]
struct Common {
    /// Of the products of the weights.
    sum: f64,
    /// Of the squares of the weights of the other one at the places that both have.
    squares: f64,
}

impl Common {
    fn add(&mut self, weight: f64, unit: f64) {
        self.sum += weight * unit;
        if unit > 0.0 {
            self.squares += weight * weight;
        }
    }

    /// The cosine of the angle between them, 0 to 1, where the other one has this length squared.
    fn cosine(self, squares: f64) -> f64 {
        if squares > 0.0 { (self.sum / f64::sqrt(squares)).min(1.0) } else { 0.0 }
    }

    /// No less than that: the other one is at least as long as what they share.
    fn cosine_at_most(self) -> f64 {
        (self.cosine(self.squares) + ROUNDING).min(1.0)
    }
}

/// How much a title says, 0 to 1, whose vector has this length squared: one of a few common words stands
/// in many texts.
fn says(square: f64, frequencies: &Frequencies) -> f64 {
    let rare = RARE * frequencies.most();
    (square / (TITLE_TERMS * rare * rare)).min(1.0)
}

/// The weighted mean of the evidence that there is.
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
    use crate::body::terms::Terms;

    /// Sentences of few words, some of them names: any two have something in common.
    fn text() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            (0u32..30).prop_map(|n| format!("word{n} ")),
            (0u32..9).prop_map(|n| format!("in Name{n} ")),
        ];
        proptest::collection::vec(word, 1..60).prop_map(|words| words.concat())
    }

    proptest! {
        /// What [`Near::links`](crate::event::event_match::Near::links) passes over is like nobody.
        #[test]
        fn no_link_is_more_than_its_bound(
            new in (text(), text()),
            earlier in proptest::collection::vec((text(), text()), 1..9),
            apart in -400_000i64..400_000,
        ) {
            let (mut frequencies, settings) = (Frequencies::default(), Settings::default());
            let mut place = |(title, body): &(String, String)| {
                let text = Text::new(body);
                let placed = frequencies.place_all(&Terms::new(&text, &Body::new(&text), title));
                frequencies.learn(&placed);
                placed
            };
            let (here, others) = (place(&new), earlier.iter().map(&mut place));
            let others: Vec<Placed> = others.collect();
            let subject = Subject::new(&here, &frequencies);
            for there in &others {
                let comparison = subject.compare((StoryId(0), there), apart, &frequencies, &settings);
                let link = subject.link(&comparison, &frequencies, &settings);
                let most = subject.link_at_most(&comparison, &settings);
                prop_assert!(most.at_once >= link.at_once && most.likeness >= link.likeness);
                prop_assert!(most.told == link.told);
            }
        }
    }
}
