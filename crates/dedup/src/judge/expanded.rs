//! Recognises expanded articles: an earlier text with new text of their own around it.

use crate::body::titles::TitleRelation;
use crate::compare::overlap::{NEARLY_ALL, Overlap};
use crate::judge::digest::are_digest_items;
use crate::judge::fact_conflict::fact_conflict;
use crate::judge::{Article, Prior, may_join};
use crate::settings::{Ablation, Settings};

/// The share of the earlier text that the expanded one has at least …
const MIN_CONTAINING: f64 = 0.7;
/// … and the share of the expanded text that this makes at least.
const MIN_CONTAINED: f64 = 0.2;
/// A smaller share of the expanded text is enough under a similar title, if the expanded text has
/// nearly all of the earlier one.
const MIN_CONTAINED_TITLED: f64 = 0.15;

/// Whether the new text is the earlier one with new text of its own. It contains most of the
/// earlier text, as a fair part that is not an item of a digest; under a similar title a smaller
/// part is enough.
pub(crate) fn is_expanded(
    new: &Article<'_>,
    prior: &Prior<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> bool {
    let is_enough = overlap.shared_words >= settings.partial_words;
    if !settings.is_on(Ablation::Expanded) || !is_enough || overlap.is_mosaic(settings) {
        return false;
    }
    let is_titled =
        matches!(prior.titles, TitleRelation::Same | TitleRelation::Within | TitleRelation::Alike)
            && overlap.containing >= NEARLY_ALL
            && overlap.contained >= MIN_CONTAINED_TITLED;
    let is_fair = overlap.containing >= MIN_CONTAINING
        && overlap.contained >= MIN_CONTAINED
        && !are_digest_items(new, overlap, settings);
    (is_titled || is_fair)
        && fact_conflict(new, &prior.article, overlap, settings).is_none()
        && may_join(prior, overlap, settings)
}
