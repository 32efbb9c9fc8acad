//! Recognises a flood of old items, as after a redesign or a move. They are indexed and never alert.

use std::time::Duration;

use jiff::Timestamp;
use wirefold_proto::FeedRecord;

use super::listed::ListedItem;

/// What is older than the last good poll by more than this is late, not new.
const LATE: Duration = Duration::from_hours(48);
/// So many late items are no accident.
const MANY: usize = 10;
/// A feed that was read within this time has no reason to be all new.
const RECENT: Duration = Duration::from_hours(24);

/// Which of the items are old ones that came in a flood, by their places.
pub(super) fn find_flood(
    record: &FeedRecord,
    listed: &[ListedItem<'_>],
    now: Timestamp,
) -> Vec<bool> {
    let Some(last_good) = record.last_good else {
        // The first good poll is baseline as a whole, or not at all.
        return vec![false; listed.len()];
    };
    let was_read_recently = now.duration_since(last_good) < signed(RECENT);
    let new = listed.iter().filter(|item| item.known.is_none()).count();
    let is_all_new = was_read_recently && new >= MANY && new == listed.len();
    let is_old = |item: &ListedItem<'_>| match item.item.published {
        Some(published) => last_good.duration_since(published) > signed(LATE),
        None => is_all_new,
    };
    let old: Vec<bool> = listed.iter().map(|item| item.known.is_none() && is_old(item)).collect();
    let many = old.iter().filter(|late| **late).count();
    match many >= MANY && many * 2 >= new {
        true => old,
        false => vec![false; listed.len()],
    }
}

fn signed(duration: Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::MAX)
}
