//! How alike two stories are as news of one happening.
//!
//! Each evidence is a share, and likeness their weighted mean. Titles and ledes say what happened; all
//! words and names say little more than who is in the news these days (measured: of pairs of one
//! happening and of pairs of one saga, words and names are as alike, titles and ledes are not).

use crate::body::terms::Terms;
use crate::event::frequencies::Frequencies;
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
/// What a shared quotation adds. Others beside it add nothing: officials are quoted for days.
const QUOTATION_BONUS: f64 = 0.08;
/// What it adds where it stands in the openings of both texts: enough by itself for more than a day.
const OPENING_BONUS: f64 = 0.3;
/// The share of the words' cosine that stands for the names' where there are none to compare, though
/// they could be told. In a script without capitals nothing stands for them.
const WITHOUT_NAMES: f64 = 0.75;
/// Texts with so much of their words in common …
const TEMPLATE: f64 = 0.5;
/// … and less than this of their names are one template filled in twice, and no happening.
const OTHER_NAMES: f64 = 0.05;
/// Where a text has no names, the terms of a title that are so rare at least, of the greatest rarity,
/// stand for them.
const RARE_IN_TITLE: f64 = 0.6;
/// Likeness halves over this time, in seconds.
const HALF_LIFE: f64 = 40.0 * 3600.0;

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
    /// Whether one of them stands in the openings of both texts.
    pub in_openings: bool,
    pub(super) told: Told,
}

/// How much one text tells of what another is about, by their titles.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Told {
    /// The share of the new story's title that stands in the earlier text, 0 to 1, by how much it says.
    pub(super) ours: f64,
    /// The share of the earlier story's title that stands in the new text, 0 to 1, by how much it says.
    pub(super) theirs: f64,
}

/// A text as it is compared with many.
pub(super) struct Subject {
    words: Vector,
    title: Vector,
    /// How much the title says, 0 to 1.
    title_says: f64,
    lede: Vector,
    names: RareNames,
}

impl Subject {
    pub(super) fn new(terms: &Placed, frequencies: &Frequencies) -> Subject {
        Subject {
            words: terms.terms.vector(frequencies),
            title: terms.title.vector(frequencies),
            title_says: says(terms.title.square(frequencies), frequencies),
            lede: terms.lede.vector(frequencies),
            names: terms.rare_names(frequencies),
        }
    }

    /// The terms that it is found by: the heaviest of its title, then the heaviest of all.
    pub(super) fn found_by(&self) -> Vec<u32> {
        let title = self.title.heaviest(OF_TITLE);
        let mut words = self.words.heaviest(HEAVIEST);
        words.retain(|place| !title.contains(place));
        [title, words].concat()
    }

    /// How alike it is to an earlier story, `apart` seconds from it, without any quotations.
    pub(super) fn link(
        &self,
        (story, there): (StoryId, &Placed),
        apart: i64,
        frequencies: &Frequencies,
        settings: &Settings,
    ) -> Link {
        let (words, ledes) = ((&self.words, &self.title), (&self.lede, &self.title));
        let (cosine, in_text) = there.terms.cosine_and_share(words, frequencies);
        let (lede, in_lede) = there.lede.cosine_and_share(ledes, frequencies);
        let (told, title) = self.title((in_text, in_lede), there, frequencies);
        let names = there.names_cosine(&self.names, frequencies);
        // A text without names says something where one of the two is of a script that tells them.
        let are_told = self.names.are_told || there.names.is_some();
        let weight = |weight, switch| if settings.is_on(switch) { weight } else { 0.0 };
        let is_template = match names {
            Some(names) => cosine >= TEMPLATE && names < OTHER_NAMES,
            None => self.is_about_other(there, frequencies),
        };
        let alike = mean([
            (weight(WORDS, Switch::EventWords), Some(cosine)),
            (weight(TITLE, Switch::EventTitles), title),
            (weight(LEDE, Switch::EventLedes), Some(lede)),
            (
                weight(NAMES, Switch::EventNames),
                names.or(are_told.then_some(WITHOUT_NAMES * cosine)),
            ),
        ]);
        let at_once = if is_template { 0.0 } else { alike };
        let likeness = at_once * closeness(apart, settings);
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
        let both = (&self.words, &self.lede);
        let (square, in_words, in_our_lede) = there.title.square_and_shares(both, frequencies);
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

/// What is left of a likeness so many seconds away.
fn closeness(apart: i64, settings: &Settings) -> f64 {
    if !settings.is_on(Switch::EventTime) {
        return 1.0;
    }
    0.5_f64.powf(apart.unsigned_abs() as f64 / HALF_LIFE)
}

impl Link {
    /// The same with so many quotations in common, `apart` seconds from each other; `in_openings` says
    /// whether one of them stands in the openings of both texts.
    pub(super) fn with_quotations(
        self,
        (quotations, in_openings): (usize, bool),
        apart: i64,
        settings: &Settings,
    ) -> Link {
        let in_openings = quotations > 0 && in_openings;
        let bonus = match quotations {
            0 => 0.0,
            _ if !settings.is_on(Switch::EventQuotations) => 0.0,
            _ if in_openings => OPENING_BONUS,
            _ => QUOTATION_BONUS,
        };
        let at_once = self.at_once + bonus;
        let likeness = at_once * closeness(apart, settings);
        Link { at_once, likeness, quotations, in_openings, ..self }
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
        let in_openings = here.quoted.iter().any(|key| there.quoted.contains(key));
        let (here, there) = (frequencies.place_all(here), frequencies.place_all(there));
        let subject = Subject::new(&here, frequencies);
        let link = subject.link((story, &there), apart, frequencies, settings);
        link.with_quotations((quotations, in_openings), apart, settings)
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
        Link::between(&terms(here), (StoryId(0), &terms(there)), frequencies, apart, 0, &settings)
    }

    #[test]
    fn similarity_halves_every_forty_hours() {
        let at = |hours| link(("", STRIKE), ("", AGAIN), hours * HOUR);
        assert!(at(0).likeness > 0.2, "{:?}", at(0));
        assert!((at(40).likeness - at(0).likeness / 2.0).abs() < 1e-9);
        assert!((at(-40).likeness - at(40).likeness).abs() < 1e-9);
        assert_eq!(at(40).at_once.to_bits(), at(0).at_once.to_bits());
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
            [1, 3].map(|count| one.with_quotations((count, false), 0, &settings).likeness);
        assert!((with_one - one.likeness - QUOTATION_BONUS).abs() < 1e-9);
        assert!((with_three - with_one).abs() < 1e-9);
    }
}
