//! How alike two stories are as news of one happening.

use super::StoryId;
use crate::frequencies::Frequencies;
use crate::terms::Terms;
use crate::vector::{Placed, RareNames};

/// What a shared quotation adds to likeness.
const QUOTATION_BONUS: f64 = 0.1;
/// Shared quotations beyond this many add nothing.
pub(super) const MOST_QUOTATIONS: usize = 2;
/// The share of the term cosine that stands for both where there are no names to compare, though
/// names could be told: in a script without capitals the terms are all there is.
const WITHOUT_NAMES: f64 = 0.75;
/// Likeness halves over this time, in seconds.
const HALF_LIFE: f64 = 96.0 * 3600.0;

/// Why two stories are held for one event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// The earlier story.
    pub story: StoryId,
    /// The likeness, mostly 0 to 1.
    pub likeness: f64,
    /// The cosine of the term vectors alone.
    pub cosine: f64,
    /// The cosine over rare names alone; `None` where a text has none.
    pub names: Option<f64>,
    /// Quotations in common.
    pub quotations: usize,
}

impl Link {
    pub(super) fn new(
        story: StoryId,
        cosine: f64,
        (names, without): (Option<f64>, f64),
        apart: i64,
        quotations: usize,
    ) -> Link {
        let alike = names.map_or(without * cosine, |names| (cosine * names).sqrt());
        let lift = QUOTATION_BONUS * quotations.min(MOST_QUOTATIONS) as f64;
        let closeness = 0.5_f64.powf(apart.unsigned_abs() as f64 / HALF_LIFE);
        Link { story, likeness: (alike + lift) * closeness, cosine, names, quotations }
    }

    /// How alike two texts are as news of one happening, `apart` seconds from each other, with so
    /// many quotations in common; `story` names the earlier one.
    #[must_use]
    pub fn between(
        here: &Terms,
        there: (StoryId, &Terms),
        frequencies: &mut Frequencies,
        apart: i64,
        quotations: usize,
    ) -> Link {
        let (story, there) = there;
        let (here, there) = (frequencies.place_all(here), frequencies.place_all(there));
        let cosine = there.cosine(&here.vector(frequencies), frequencies);
        let names = compared(&here.rare_names(frequencies), &there, frequencies);
        Link::new(story, cosine, names, apart, quotations)
    }
}

/// The cosine of rare names, and the share of the term cosine that stands for both where there is
/// none.
pub(super) fn compared(
    here: &RareNames,
    there: &Placed,
    frequencies: &Frequencies,
) -> (Option<f64>, f64) {
    // A text without names says something where one of the two is of a script that tells them.
    let are_told = here.are_told || there.names.is_some();
    let without = if are_told { WITHOUT_NAMES } else { 1.0 };
    (there.names_cosine(here, frequencies), without)
}
