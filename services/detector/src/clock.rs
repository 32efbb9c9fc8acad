//! The time at which an article was seen, as far as the clock of who saw it is believed.
//!
//! Stream time is the latest that was seen, and what is older than the window is forgotten. One fetcher whose
//! clock is years ahead would have all that comes after it stand outside the window, for as long as the store is
//! kept. The broker's clock is the same for all who write, and what it stored stays: replays judge alike.

use jiff::Timestamp;
use tracing::warn;
use wirefold_envelope::{CLOCK_TOLERANCE, timestamp};
use wirefold_flow::Stored;
use wirefold_proto::ArticleFetched;

use crate::metrics::AHEAD_OF_CLOCK;

/// The time at which an article was seen: no later than it was stored. None where what it says itself is taken.
pub(crate) fn corrected(fetched: &ArticleFetched, stored: &Stored) -> Option<Timestamp> {
    let at = timestamp(stored.at);
    (fetched.article.seen > latest(at)).then_some(at)
}

fn latest(stored: Timestamp) -> Timestamp {
    stored.saturating_add(CLOCK_TOLERANCE).unwrap_or(Timestamp::MAX)
}

/// Says that a clock is ahead: once until one is in time again, and each in the metric.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    was_said: bool,
}

impl Clocks {
    /// Has an article be seen no later than it was stored.
    pub(crate) fn correct(&mut self, fetched: &mut ArticleFetched, stored: &Stored) {
        let Some(at) = corrected(fetched, stored) else {
            self.was_said = false;
            return;
        };
        AHEAD_OF_CLOCK.add(1, &[]);
        if !std::mem::replace(&mut self.was_said, true) {
            let what = "an article says that it was seen later than it was stored: set the clock of the \
                        fetcher's machine; the time of storing is taken";
            let (seen, sequence) = (fetched.article.seen, stored.sequence);
            warn!(%seen, stored_at = %at, sequence, "{what}");
        }
        fetched.article.seen = at;
    }
}
