//! Which deliveries work, as far as this process has seen.
//!
//! Comes in: each success and failure of a delivery. Goes out: since when a delivery fails, and why. It never asks a
//! target.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wirefold_flow::UnixMillis;

/// Which deliveries work. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeliveryStates(Arc<Mutex<BTreeMap<String, DeliveryState>>>);

/// How a delivery did the last time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeliveryState {
    /// Its target answered.
    Works,
    /// Its target did not take what was sent, since this time.
    Failing { since: UnixMillis, why: String },
}

impl DeliveryStates {
    /// The target answered.
    pub(crate) fn works(&self, delivery: &str) {
        self.states().insert(delivery.to_owned(), DeliveryState::Works);
    }

    /// The target did not take what was sent, and it is sent again.
    pub(crate) fn failed(&self, delivery: &str, now: UnixMillis, why: &str) {
        let mut states = self.states();
        let since = match states.get(delivery) {
            Some(DeliveryState::Failing { since, .. }) => *since,
            Some(DeliveryState::Works) | None => now,
        };
        states.insert(delivery.to_owned(), DeliveryState::Failing { since, why: why.to_owned() });
    }

    /// How a delivery did the last time; none where this process has sent nothing to it.
    pub(crate) fn of(&self, delivery: &str) -> Option<DeliveryState> {
        self.states().get(delivery).cloned()
    }

    fn states(&self) -> MutexGuard<'_, BTreeMap<String, DeliveryState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
