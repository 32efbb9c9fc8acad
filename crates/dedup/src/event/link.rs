//! How alike two stories are as news of one happening.
//!
//! Each evidence is a share, and likeness their weighted mean. Titles and ledes say what happened; all
//! words and names say little more than who is in the news these days (measured: of pairs of one
//! happening and of pairs of one saga, words and names are as alike, titles and ledes are not).

use crate::body::terms::Terms;
use crate::event::frequencies::Frequencies;
use crate::event::subject::Subject;
use crate::ids::StoryId;
use crate::settings::{Settings, Switch};

/// What a shared quotation adds. Others beside it add nothing: officials are quoted for days.
const QUOTATION_BONUS: f64 = 0.08;
/// What it adds where it stands in the openings of both texts: enough by itself for more than a day.
const OPENING_BONUS: f64 = 0.3;
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

/// What is left of a likeness so many seconds away.
pub(super) fn closeness(apart: i64, settings: &Settings) -> f64 {
    if !settings.is_on(Switch::EventTime) {
        return 1.0;
    }
    0.5_f64.powf(apart.unsigned_abs() as f64 / HALF_LIFE)
}

impl Link {
    /// The same with so many quotations in common; `in_openings` says whether one of them stands in the openings of
    /// both texts, and `closeness` what the time between these leaves of their likeness.
    pub(super) fn with_quotations(
        self,
        (quotations, in_openings): (usize, bool),
        closeness: f64,
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
        let likeness = at_once * closeness;
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
        let comparison = subject.compare((story, &there), apart, frequencies, settings);
        let link = subject.link(&comparison, frequencies, settings);
        link.with_quotations((quotations, in_openings), comparison.closeness, settings)
    }
}

#[cfg(test)]
mod tests {
    use wirefold_text::Text;

    use super::*;
    use crate::body::Body;
    use crate::event::subject::TEMPLATE;

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
            [1, 3].map(|count| one.with_quotations((count, false), 1.0, &settings).likeness);
        assert!((with_one - one.likeness - QUOTATION_BONUS).abs() < 1e-9);
        assert!((with_three - with_one).abs() < 1e-9);
    }
}
