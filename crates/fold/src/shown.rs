//! The parts of `dedup` that stay: alignment for showing, changes, agency, material changes, SimHash. They move
//! here when that crate goes.

use wirefold_text::Text;

pub use wirefold_dedup::{
    Agency, Block, Body, BodyWord, Change, ChangeCount, Changes, Confidence, How, Lede, Overlap,
    Passage, Reason, Redirects, TextFile, TextFiles, is_calendar, own_agency, percent, rarity,
    stem, word_hash,
};
pub(crate) use wirefold_dedup::{
    Figures, RelatedArticle, StoryMember, TitleWords, corrects, inferred_agency, simhash,
};

/// A copy or version is material if this share of its words is new to its story.
pub(crate) const MATERIAL_NOVELTY: f64 = 0.5;

/// The parts that a later text has in common with an earlier one, aligned for showing.
#[must_use]
pub fn overlap_between(later: &Body, earlier: &Body) -> Overlap {
    Overlap::between(later, earlier, &wirefold_dedup::Settings::default())
}

/// Why the article `new` is material to the story of `known`; `None` if it is not.
pub(crate) fn material(new: &Text, known: &[StoryMember<'_>], novelty: f64) -> Option<Reason> {
    let settings =
        wirefold_dedup::Settings { material_novelty: MATERIAL_NOVELTY, ..Default::default() };
    wirefold_dedup::material(new, known, novelty, &settings)
}
