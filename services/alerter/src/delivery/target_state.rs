//! Whether the target of a delivery works or fails.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wirefold_flow::UnixMillis;

/// Which deliveries work. All clones share the states.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeliveryStates(Arc<Mutex<BTreeMap<String, DeliveryState>>>);

/// The result of the last attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeliveryState {
    /// The target accepted it.
    Works,
    /// The target has not accepted messages since this time.
    Failing { since: UnixMillis, why: String },
}

impl DeliveryStates {
    /// Notes that the target accepted a message.
    pub(crate) fn works(&self, delivery: &str) {
        let before = self.states().insert(delivery.to_owned(), DeliveryState::Works);
        if matches!(before, Some(DeliveryState::Failing { .. })) {
            tracing::warn!(delivery, "delivery works again: waiting alerts follow");
        }
    }

    /// Notes that the target did not accept a message, which will be sent again. The log reports the failure of a
    /// target once, however many messages wait.
    pub(crate) fn failed(&self, delivery: &str, now: UnixMillis, why: &str) {
        let mut states = self.states();
        let since = match states.get(delivery) {
            Some(DeliveryState::Failing { since, .. }) => *since,
            Some(DeliveryState::Works) | None => {
                let what = "delivery failed; all that waits for it is tried again for more than a day: \
                            repair its target, or change its settings";
                tracing::warn!(delivery, why, "{what}");
                now
            }
        };
        states.insert(delivery.to_owned(), DeliveryState::Failing { since, why: why.to_owned() });
    }

    /// The result of the last attempt; `None` if this process has sent nothing to the delivery.
    pub(crate) fn of(&self, delivery: &str) -> Option<DeliveryState> {
        self.states().get(delivery).cloned()
    }

    fn states(&self) -> MutexGuard<'_, BTreeMap<String, DeliveryState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
