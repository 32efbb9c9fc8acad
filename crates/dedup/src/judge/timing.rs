//! The time between two articles, and what an outlet sends within it.
//!
//! An earlier article comes in, with the seconds since it was published; answers go out. The module never knows the
//! texts.

use crate::judge::Prior;

pub(crate) const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// The seconds within which an outlet sends takes and corrections of an item, or its text again
/// under a different title.
pub(crate) const TAKE_WINDOW: i64 = 16 * HOUR;
/// Within [`TAKE_WINDOW`], this many shared words are enough if they are nearly all of both pages.
pub(crate) const MIN_BRIEF_WORDS: u32 = 100;

/// Whether the new article comes at most `seconds` after the earlier one.
pub(crate) fn is_within(prior: &Prior<'_>, seconds: i64) -> bool {
    prior.seconds <= seconds
}

/// Whether the time between two articles is a whole number of days, at least one, within an hour.
pub(crate) fn is_at_same_hour(prior: &Prior<'_>) -> bool {
    let beside = (prior.seconds + HOUR).rem_euclid(DAY);
    prior.seconds >= DAY - HOUR && beside <= 2 * HOUR
}
