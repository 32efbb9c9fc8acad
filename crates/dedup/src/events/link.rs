//! How alike two stories are as news of one happening.
//!
//! Each evidence is a share, and likeness their weighted mean. Titles and ledes say what happened; all
//! words and names say little more than who is in the news these days (measured: of pairs of one
//! happening and of pairs of one saga, words and names are as alike, titles and ledes are not).

use super::StoryId;
use crate::frequencies::Frequencies;
use crate::settings::{Settings, Switch};
use crate::terms::Terms;
use crate::vector::{PackedTerms, Placed, RareNames, Vector};

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
/// What a shared quotation adds. Others beside it add nothing: officials are quoted for days.
pub(super) const QUOTATION_BONUS: f64 = 0.08;
/// The share of the words' cosine that stands for the names' where there are none to compare, though
/// they could be told. In a script without capitals nothing stands for them.
const WITHOUT_NAMES: f64 = 0.75;
/// Texts with so much of their words in common …
const TEMPLATE: f64 = 0.5;
/// … and less than this of their names are one template filled in twice, and no happening.
const OTHER_NAMES: f64 = 0.05;
/// Likeness halves over this time, in seconds.
const HALF_LIFE: f64 = 48.0 * 3600.0;

/// Why two stories are held for one event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// The earlier story.
    pub story: StoryId,
    /// The likeness, mostly 0 to 1, the time between them counted.
    pub likeness: f64,
    /// The likeness if they were of one hour.
    pub at_once: f64,
    /// The cosine of the term vectors alone.
    pub cosine: f64,
    /// How much of each title stands in the other text, on average; `None` where neither has one.
    pub title: Option<f64>,
    /// The cosine of the ledes alone.
    pub lede: f64,
    /// The cosine over rare names alone; `None` where a text has none.
    pub names: Option<f64>,
    /// Quotations in common.
    pub quotations: usize,
}

/// A text as it is compared with many.
pub(super) struct Subject {
    pub(super) terms: Placed,
    pub(super) words: Vector,
    title: Vector,
    /// How much the title says, 0 to 1.
    title_says: f64,
    lede: Vector,
    names: RareNames,
}

impl Subject {
    pub(super) fn new(terms: Placed, frequencies: &Frequencies) -> Subject {
        Subject {
            words: terms.terms.vector(frequencies),
            title: terms.title.vector(frequencies),
            title_says: says(&terms.title, frequencies),
            lede: terms.lede.vector(frequencies),
            names: terms.rare_names(frequencies),
            terms,
        }
    }

    /// The terms that it is found by: the heaviest of its title, then the heaviest of all.
    pub(super) fn found_by(&self) -> Vec<u32> {
        let mut places = self.title.heaviest(OF_TITLE);
        for place in self.words.heaviest(HEAVIEST) {
            if !places[..places.len().min(OF_TITLE)].contains(&place) {
                places.push(place);
            }
        }
        places
    }

    /// How alike it is to an earlier story, `apart` seconds from it, without any quotations.
    pub(super) fn link(
        &self,
        (story, there): (StoryId, &Placed),
        apart: i64,
        frequencies: &Frequencies,
        settings: &Settings,
    ) -> Link {
        let cosine = there.terms.cosine(&self.words, frequencies);
        let title = self.title(there, frequencies);
        let lede = there.lede.cosine(&self.lede, frequencies);
        let names = there.names_cosine(&self.names, frequencies);
        // A text without names says something where one of the two is of a script that tells them.
        let are_told = self.names.are_told || there.names.is_some();
        if names.is_some_and(|names| names < OTHER_NAMES) && cosine >= TEMPLATE {
            let at_once = 0.0;
            return Link {
                story,
                likeness: at_once,
                at_once,
                cosine,
                title,
                lede,
                names,
                quotations: 0,
            };
        }
        let weight = |weight, switch| if settings.is_on(switch) { weight } else { 0.0 };
        let at_once = mean([
            (weight(WORDS, Switch::EventWords), Some(cosine)),
            (weight(TITLE, Switch::EventTitles), title),
            (weight(LEDE, Switch::EventLedes), Some(lede)),
            (
                weight(NAMES, Switch::EventNames),
                names.or(are_told.then_some(WITHOUT_NAMES * cosine)),
            ),
        ]);
        let likeness = at_once * closeness(apart, settings);
        Link { story, likeness, at_once, cosine, title, lede, names, quotations: 0 }
    }

    /// How much of each title stands in the other text. What stands in its lede counts twice what stands
    /// further down, where longer texts have more of any title.
    fn title(&self, there: &Placed, frequencies: &Frequencies) -> Option<f64> {
        let ours = || {
            let share = |of: &PackedTerms| self.title.share_in(of);
            self.title_says * f64::midpoint(share(&there.terms), share(&there.lede))
        };
        let theirs = || {
            let share = |of: &Vector| there.title.share_in(of, frequencies);
            says(&there.title, frequencies) * f64::midpoint(share(&self.words), share(&self.lede))
        };
        match (self.title.is_empty(), there.title.is_empty()) {
            (false, false) => Some(f64::midpoint(ours(), theirs())),
            (false, true) => Some(ours()),
            (true, false) => Some(theirs()),
            (true, true) => None,
        }
    }
}

/// How much a title says, 0 to 1: one of a few common words stands in many texts.
fn says(title: &PackedTerms, frequencies: &Frequencies) -> f64 {
    let rare = RARE * frequencies.most();
    (title.square(frequencies) / (TITLE_TERMS * rare * rare)).min(1.0)
}

/// The weighted mean of the evidence that there is.
fn mean(evidence: [(f64, Option<f64>); 4]) -> f64 {
    let known = || evidence.iter().filter_map(|(weight, share)| Some((weight, (*share)?)));
    let sum: f64 = known().map(|(weight, share)| weight * share).sum();
    sum / known().map(|(weight, _)| weight).sum::<f64>()
}

/// What is left of a likeness so many seconds away.
pub(super) fn closeness(apart: i64, settings: &Settings) -> f64 {
    if !settings.is_on(Switch::EventTime) {
        return 1.0;
    }
    0.5_f64.powf(apart.unsigned_abs() as f64 / HALF_LIFE)
}

impl Link {
    /// The same with so many quotations in common, `apart` seconds from each other.
    pub(super) fn with_quotations(
        self,
        quotations: usize,
        apart: i64,
        settings: &Settings,
    ) -> Link {
        let counts = quotations > 0 && settings.is_on(Switch::EventQuotations);
        let at_once = self.at_once + if counts { QUOTATION_BONUS } else { 0.0 };
        Link { at_once, likeness: at_once * closeness(apart, settings), quotations, ..self }
    }

    /// How alike two texts are as news of one happening, `apart` seconds from each other, with so
    /// many quotations in common; `story` names the earlier one.
    #[must_use]
    pub fn between(
        here: &Terms,
        (story, there): (StoryId, &Terms),
        frequencies: &mut Frequencies,
        apart: i64,
        quotations: usize,
        settings: &Settings,
    ) -> Link {
        let (here, there) = (frequencies.place_all(here), frequencies.place_all(there));
        let subject = Subject::new(here, frequencies);
        let link = subject.link((story, &there), apart, frequencies, settings);
        link.with_quotations(quotations, apart, settings)
    }
}

#[cfg(test)]
mod tests {
    use wirefold_text::Text;

    use super::*;
    use crate::body::Body;

    const HOUR: i64 = 3600;
    const STRIKE: &str = "In Quayton the dockers of Ada Ruiz went on strike against Port Orla. They \
        want shorter shifts at night.";
    const AGAIN: &str = "Port Orla lay still as dockers in Quayton laid down their work, said their \
        head Ada Ruiz.";

    fn link(here: (&str, &str), there: (&str, &str), apart: i64) -> Link {
        let terms = |(title, text): (&str, &str)| {
            let text = Text::new(text);
            Terms::new(&text, &Body::new(&text), title)
        };
        let frequencies = &mut Frequencies::default();
        let settings = Settings::default();
        Link::between(&terms(here), (0, &terms(there)), frequencies, apart, 0, &settings)
    }

    #[test]
    fn similarity_halves_every_two_days() {
        let at = |hours| link(("", STRIKE), ("", AGAIN), hours * HOUR);
        assert!(at(0).likeness > 0.2, "{:?}", at(0));
        assert!((at(48).likeness - at(0).likeness / 2.0).abs() < 1e-9);
        assert!((at(-48).likeness - at(48).likeness).abs() < 1e-9);
        assert_eq!(at(48).at_once.to_bits(), at(0).at_once.to_bits());
    }

    #[test]
    fn a_title_that_the_other_tells_of_speaks_for_one_event() {
        let with = |title| link((title, STRIKE), ("", AGAIN), 0);
        let (tells, other) = (with("Dockers close Port Orla"), with("Bread prize for Mill Hollow"));
        assert!(tells.title > other.title && tells.likeness > other.likeness + 0.1, "{tells:?}");
        // A few words that stand in every text say little, wherever they stand.
        let common = with("In the work");
        assert!(common.title < Some(0.2), "{common:?}");
        assert_eq!(with("").title, None);
    }

    #[test]
    fn a_template_with_other_names_is_another_happening() {
        let bond = |firm: &str, bank: &str| {
            format!(
                "A company, {firm}, is raising two hundred million crowns with a bond due in ten \
                 years, sold at par in a deal that the house of {bank} arranged on Monday."
            )
        };
        let one = link(("", &bond("Ostrava Glass", "Penrose")), ("", &bond("Corran", "Vale")), 0);
        assert!(one.cosine >= TEMPLATE, "{one:?}");
        assert!(one.likeness.abs() < f64::EPSILON, "{one:?}");
        let again = link(("", &bond("Corran", "Vale")), ("", &bond("Corran", "Vale")), 0);
        assert!(again.likeness > 0.9, "{again:?}");
    }

    #[test]
    fn a_shared_quotation_counts_once() {
        let one = link(("", STRIKE), ("", AGAIN), 0);
        let settings = Settings::default();
        let [with_one, with_three] =
            [1, 3].map(|quotations| one.with_quotations(quotations, 0, &settings).likeness);
        assert!((with_one - one.likeness - QUOTATION_BONUS).abs() < 1e-9);
        assert!((with_three - with_one).abs() < 1e-9);
    }
}
