//! Recognises a flood of old items, as after a redesign or a move. They are indexed and never alert.

use std::time::Duration;

use jiff::Timestamp;
use wirefold_proto::FeedRecord;

use super::item_list::ListedItem;

/// An item that was published this long before the last good poll is old.
const OLD_AFTER: Duration = Duration::from_hours(48);
/// The fewest old items of a flood.
const MIN_FLOOD: usize = 10;
/// If a feed was read within this time, it is suspicious that all of its items are new.
const READ_RECENTLY: Duration = Duration::from_hours(24);

/// For each item, whether it is an old one that came in a flood.
pub(super) fn find_flood(
    record: &FeedRecord,
    listed: &[ListedItem<'_>],
    now: Timestamp,
) -> Vec<bool> {
    let Some(last_good) = record.last_good else {
        // At the first good poll, either all items are baseline or no item is.
        return vec![false; listed.len()];
    };
    let was_read_recently = now.duration_since(last_good) < signed(READ_RECENTLY);
    let new = listed.iter().filter(|item| item.known.is_none()).count();
    let is_all_new = was_read_recently && new >= MIN_FLOOD && new == listed.len();
    let is_old = |item: &ListedItem<'_>| match item.item.published {
        Some(published) => last_good.duration_since(published) > signed(OLD_AFTER),
        None => is_all_new,
    };
    let old: Vec<bool> = listed.iter().map(|item| item.known.is_none() && is_old(item)).collect();
    let count = old.iter().filter(|late| **late).count();
    match count >= MIN_FLOOD && count * 2 >= new {
        true => old,
        false => vec![false; listed.len()],
    }
}

fn signed(duration: Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::MAX)
}
