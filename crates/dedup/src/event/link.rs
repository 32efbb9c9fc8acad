//! Measures how similar two stories are as reports of one happening.
//!
//! The similarity is the weighted mean of four shares: titles, ledes, words and names. Titles and
//! ledes weigh most, because they say what happened; words and names say mostly who is in the news.
//! This was measured: pairs about one happening, and pairs about different happenings of one long
//! affair, have equally similar words and names, but not equally similar titles and ledes.

use crate::ids::StoryId;
use crate::settings::{Ablation, Settings};

/// A shared quotation adds this to the similarity. Further ones add nothing, because officials are
/// quoted for days.
const QUOTATION_BONUS: f64 = 0.08;
/// A shared quotation in the openings of both texts adds this instead. It reaches the threshold by
/// itself for more than a day.
const OPENING_BONUS: f64 = 0.3;
/// The time in seconds after which the similarity is halved.
const HALF_LIFE: f64 = 40.0 * 3600.0;

/// The similarity of a new story to an earlier one, with the evidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// The earlier story.
    pub story: StoryId,
    /// The similarity, with the time between them. From 0 to 1, or a little more with a quotation.
    pub similarity: f64,
    /// The similarity of the texts alone, as if they were published at the same time.
    pub text_similarity: f64,
    /// The cosine of the vectors of all words, 0 to 1.
    pub cosine: f64,
    /// The share of each title that is in the other text, on average, 0 to 1. `None` if neither has
    /// a title.
    pub title: Option<f64>,
    /// The cosine of the vectors of the ledes, 0 to 1.
    pub lede: f64,
    /// The cosine of the vectors of rare names, 0 to 1. `None` if a text has none.
    pub names: Option<f64>,
    /// The number of shared quotations.
    pub quotations: usize,
    /// Whether one of them is in the openings of both texts.
    pub in_openings: bool,
    pub(super) title_coverage: TitleCoverage,
}

/// How much of the title of each text is in the other text. Both shares are multiplied by the
/// informativeness of the title, so a title of common words has a small share.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct TitleCoverage {
    /// The share of the new story's title that is in the earlier text, 0 to 1.
    pub(super) new_in_earlier: f64,
    /// The share of the earlier story's title that is in the new text, 0 to 1.
    pub(super) earlier_in_new: f64,
}

/// The factor by which `apart` seconds reduce a similarity, 0 to 1.
pub(super) fn time_factor(apart: i64, settings: &Settings) -> f64 {
    if !settings.is_on(Ablation::EventTime) {
        return 1.0;
    }
    0.5_f64.powf(apart.unsigned_abs() as f64 / HALF_LIFE)
}

impl Link {
    /// Adds the bonus for shared quotations. `in_openings` says whether one of them is in the
    /// openings of both texts. `time_factor` is the factor for the time between the texts.
    pub(super) fn with_quotations(
        self,
        (quotations, in_openings): (usize, bool),
        time_factor: f64,
        settings: &Settings,
    ) -> Link {
        let in_openings = quotations > 0 && in_openings;
        let bonus = match quotations {
            0 => 0.0,
            _ if !settings.is_on(Ablation::EventQuotations) => 0.0,
            _ if in_openings => OPENING_BONUS,
            _ => QUOTATION_BONUS,
        };
        let text_similarity = self.text_similarity + bonus;
        let similarity = text_similarity * time_factor;
        Link { text_similarity, similarity, quotations, in_openings, ..self }
    }
}

#[cfg(test)]
mod tests {
    use wirefold_text::Text;

    use super::*;
    use crate::body::Body;
    use crate::body::terms::Terms;
    use crate::event::frequencies::Frequencies;
    use crate::event::subject::MIN_TEMPLATE_COSINE;

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
        assert!(at(0).similarity > 0.2, "{:?}", at(0));
        assert!((at(40).similarity - at(0).similarity / 2.0).abs() < 1e-9);
        assert!((at(-40).similarity - at(40).similarity).abs() < 1e-9);
        assert_eq!(at(40).text_similarity.to_bits(), at(0).text_similarity.to_bits());
    }

    #[test]
    fn a_title_in_the_other_text_raises_the_similarity() {
        let with = |title| link((title, STRIKE), ("", AGAIN), 0);
        let (tells, other) = (with("Dockers close Port Orla"), with("Bread prize for Mill Hollow"));
        assert!(
            tells.title > other.title && tells.similarity > other.similarity + 0.1,
            "{tells:?}"
        );
        // Words that are in every text count little in a title too.
        let common = with("In the work");
        assert!(common.title < Some(0.2), "{common:?}");
        assert_eq!(with("").title, None);
    }

    #[test]
    fn a_template_with_different_names_is_a_different_happening() {
        let bond = |firm: &str, bank: &str| {
            format!(
                "A company, {firm}, is raising two hundred million crowns with a bond due in ten \
                 years, sold at par in a deal that the house of {bank} arranged on Monday."
            )
        };
        let one = link(("", &bond("Ostrava Glass", "Penrose")), ("", &bond("Corran", "Vale")), 0);
        assert!(one.cosine >= MIN_TEMPLATE_COSINE, "{one:?}");
        assert!(one.similarity.abs() < f64::EPSILON, "{one:?}");
        let again = link(("", &bond("Corran", "Vale")), ("", &bond("Corran", "Vale")), 0);
        assert!(again.similarity > 0.9, "{again:?}");
    }

    #[test]
    fn a_shared_quotation_counts_once() {
        let one = link(("", STRIKE), ("", AGAIN), 0);
        let settings = Settings::default();
        let [with_one, with_three] =
            [1, 3].map(|count| one.with_quotations((count, false), 1.0, &settings).similarity);
        assert!((with_one - one.similarity - QUOTATION_BONUS).abs() < 1e-9);
        assert!((with_three - with_one).abs() < 1e-9);
    }
}
