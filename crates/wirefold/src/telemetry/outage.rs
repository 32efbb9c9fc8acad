//! Reports that the disk does not store what is written.
//!
//! Every loop that writes meets a full disk, and each tries again by itself. It is one problem, so one
//! message a minute reports it for all of them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wirefold_flow::UnixMillis;

/// The shortest time between two lines about it.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// What failed last, until something is stored again.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    why: Option<String>,
    said: Option<UnixMillis>,
    failures: u64,
}

impl Outage {
    /// Something was not stored. Where that is to be said now: the failures since the last line,
    /// this one with them.
    pub(super) fn failed(&self, why: String, now: UnixMillis) -> Option<u64> {
        let mut state = self.state();
        state.why = Some(why);
        state.failures += 1;
        if state.said.is_some_and(|said| now.since(said) < BETWEEN_LINES) {
            return None;
        }
        state.said = Some(now);
        Some(std::mem::take(&mut state.failures))
    }

    /// Something was stored; whether nothing had been before.
    pub(super) fn passed(&self) -> bool {
        self.state().why.take().is_some()
    }

    /// Why nothing is stored; none while all is well.
    pub(super) fn why(&self) -> Option<String> {
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
    fn it_is_said_once_a_minute_for_all() {
        let outage = Outage::default();
        let at = |seconds: u64| UnixMillis(seconds * 1_000);
        let failed = |seconds| outage.failed("the disk is full".to_owned(), at(seconds));
        assert_eq!((outage.why(), outage.passed()), (None, false));
        assert_eq!(failed(100), Some(1));
        assert_eq!((failed(101), failed(159)), (None, None));
        assert_eq!(failed(160), Some(3));
        assert_eq!(outage.why().as_deref(), Some("the disk is full"));
        // Room that comes and goes is no reason to say it more often.
        assert!(outage.passed() && outage.why().is_none());
        assert_eq!(failed(170), None);
    }
}
