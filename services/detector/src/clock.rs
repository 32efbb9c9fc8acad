//! The time at which an article was seen, as far as the clock of who saw it is believed.
//!
//! Stream time is the latest that was seen, and what is older than the window is forgotten. One fetcher whose
//! clock is years ahead would have all that comes after it stand outside the window, for as long as the store is
//! kept; of one whose clock is an hour behind, each article would look like one that was missed for an hour. The
//! broker's clock is the same for all who write, and what it stored stays: replays judge alike.

use jiff::Timestamp;
use tracing::warn;
use wirefold_envelope::{CLOCK_TOLERANCE, sent_at, timestamp, unix_millis};
use wirefold_flow::Stored;
use wirefold_proto::ArticleFetched;

use crate::metrics::WRONG_CLOCK;

/// The time at which an article was seen by the broker's clock: so long before it was stored as it was seen before
/// it was sent, and never later than it was stored. None where what it says itself is taken.
pub(crate) fn corrected(fetched: &ArticleFetched, stored: &Stored) -> Option<Timestamp> {
    let (at, seen) = (stored.at, unix_millis(fetched.article.seen));
    let is_off = |sent| at.since(sent).max(sent.since(at)) > CLOCK_TOLERANCE;
    match sent_at(stored).filter(|sent| is_off(*sent)) {
        Some(sent) => Some(timestamp(at.minus(sent.since(seen)))),
        // Somebody else's, who says nothing of its clock: one that is behind cannot be told from one that waited.
        None => (seen.since(at) > CLOCK_TOLERANCE).then(|| timestamp(at)),
    }
}

/// Says that a clock is wrong: once until one is in time again, and each in the metric.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    was_said: bool,
}

impl Clocks {
    /// Has an article be seen when it was by the broker's clock.
    pub(crate) fn correct(&mut self, fetched: &mut ArticleFetched, stored: &Stored) {
        let Some(seen) = corrected(fetched, stored) else {
            self.was_said = false;
            return;
        };
        WRONG_CLOCK.add(1, &[]);
        if !std::mem::replace(&mut self.was_said, true) {
            let what = "the clock of whoever sent an article differs from the broker's by minutes: set it; \
                        the time at which it was seen is corrected meanwhile";
            let (said, sequence) = (fetched.article.seen, stored.sequence);
            warn!(%said, stored_at = %timestamp(stored.at), taken = %seen, sequence, "{what}");
        }
        fetched.article.seen = seen;
    }
}
