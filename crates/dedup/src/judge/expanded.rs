//! Articles that grew: an earlier text with more of its own around it.

use crate::body::titles::Titles;
use crate::compare::overlap::{NEARLY_ALL, Overlap};
use crate::judge::digest::are_items_of;
use crate::judge::facts::facts_conflict;
use crate::judge::{Article, Prior, may_join};
use crate::settings::{Settings, Switch};

/// What of an earlier text stands in an expanded one at least …
const EXPANDED_CONTAINING: f64 = 0.7;
/// … and what of the expanded one that is, …
const EXPANDED_SHARE: f64 = 0.2;
/// … which is less where the title says the same and nearly all of the earlier one stands in it.
const TITLED_SHARE: f64 = 0.15;

/// Whether the new text is the earlier one with more of its own: most of that stands in it, as a fair
/// part of it that is no item among others, or as a smaller one where the title says the same.
pub(crate) fn is_expanded(
    new: &Article<'_>,
    prior: &Prior<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> bool {
    let is_enough = overlap.shared_words >= settings.partial_words;
    if !settings.is_on(Switch::Expanded) || !is_enough || overlap.is_mosaic(settings) {
        return false;
    }
    let is_titled = matches!(prior.titles, Titles::Same | Titles::Within | Titles::Alike)
        && overlap.containing >= NEARLY_ALL
        && overlap.contained >= TITLED_SHARE;
    let is_fair = overlap.containing >= EXPANDED_CONTAINING
        && overlap.contained >= EXPANDED_SHARE
        && !are_items_of(new, overlap, settings);
    (is_titled || is_fair)
        && facts_conflict(new, &prior.article, overlap, settings).is_none()
        && may_join(prior, overlap, settings)
}
