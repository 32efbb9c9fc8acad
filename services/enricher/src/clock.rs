//! Corrects the time at which an article was seen if the clock of its sender is wrong.
//!
//! Stream time is the latest time seen, and articles older than the window are forgotten. After one
//! article from a fetcher whose clock is years ahead, all later articles would be outside the
//! window for as long as the stream is kept. If a clock is an hour behind, each article would look
//! as if it had been missed for an hour. All writers share the broker's clock, and the time at
//! which it stored a message never changes, so replays give the same decisions.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use tracing::warn;
use wirefold_envelope::{CLOCK_TOLERANCE, sent_at, timestamp, unix_millis};
use wirefold_flow::Stored;
use wirefold_proto::ArticleFetched;

use crate::metrics::WRONG_CLOCK;

/// The corrected time at which an article was seen: the broker's time of storing it, less the time
/// that the sender took between seeing and sending it. It is never later than the time of storing.
/// `None` if the article's own time is right.
pub(crate) fn corrected_time(fetched: &ArticleFetched, stored: &Stored) -> Option<Timestamp> {
    let (at, seen) = (stored.at, unix_millis(fetched.article.seen));
    let is_off = |sent| at.since(sent).max(sent.since(at)) > CLOCK_TOLERANCE;
    match sent_at(stored).filter(|sent| is_off(*sent)) {
        Some(sent) => Some(timestamp(at.minus(sent.since(seen)))),
        // The sender does not give its clock's time. A clock that is behind then looks like an
        // article that waited.
        None => (seen.since(at) > CLOCK_TOLERANCE).then(|| timestamp(at)),
    }
}

/// Corrects times and reports wrong clocks: each article in the metric, and in the log only the
/// first of a series.
#[derive(Debug, Default)]
pub(crate) struct ClockCorrector {
    was_reported: AtomicBool,
}

impl ClockCorrector {
    /// Corrects the time at which an article was seen, if its sender's clock is wrong.
    pub(crate) fn correct(&self, fetched: &mut ArticleFetched, stored: &Stored) {
        let Some(seen) = corrected_time(fetched, stored) else {
            self.was_reported.store(false, Ordering::Relaxed);
            return;
        };
        WRONG_CLOCK.add(1, &[]);
        if !self.was_reported.swap(true, Ordering::Relaxed) {
            let what = "the clock of an article's sender differs from the broker's by minutes: set it; \
                        until then wirefold corrects the time at which the article was seen";
            let (said, sequence) = (fetched.article.seen, stored.sequence);
            warn!(%said, stored_at = %timestamp(stored.at), taken = %seen, sequence, "{what}");
        }
        fetched.article.seen = seen;
    }
}
