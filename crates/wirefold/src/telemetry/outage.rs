//! Reports that the disk does not store new data.
//!
//! A full disk fails every loop that writes, and each tries again by itself. It is one problem, so one log
//! line a minute reports it for all loops.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wirefold_flow::UnixMillis;

/// The shortest time between two log lines.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// The last failure, until something is stored again.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    why: Option<String>,
    reported: Option<UnixMillis>,
    failures: u64,
}

impl Outage {
    /// Records a failure. If it is time for a log line, returns the number of failures since the last line,
    /// including this one.
    pub(super) fn note_failure(&self, why: String, now: UnixMillis) -> Option<u64> {
        let mut state = self.state();
        state.why = Some(why);
        state.failures += 1;
        if state.reported.is_some_and(|reported| now.since(reported) < BETWEEN_LINES) {
            return None;
        }
        state.reported = Some(now);
        Some(std::mem::take(&mut state.failures))
    }

    /// Records that something was stored. Returns whether it ends an outage.
    pub(super) fn record_success(&self) -> bool {
        self.state().why.take().is_some()
    }

    /// Why nothing is stored. `None` if there is no outage.
    pub(super) fn reason(&self) -> Option<String> {
        self.state().why.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_all_loops_are_reported_once_a_minute() {
        let outage = Outage::default();
        let at = |seconds: u64| UnixMillis(seconds * 1_000);
        let fail = |seconds| outage.note_failure("the disk is full".to_owned(), at(seconds));
        assert_eq!((outage.reason(), outage.record_success()), (None, false));
        assert_eq!(fail(100), Some(1));
        assert_eq!((fail(101), fail(159)), (None, None));
        assert_eq!(fail(160), Some(3));
        assert_eq!(outage.reason().as_deref(), Some("the disk is full"));
        // Space that comes and goes does not cause more lines.
        assert!(outage.record_success() && outage.reason().is_none());
        assert_eq!(fail(170), None);
    }
}
