//! Whether the target of a delivery works, fails, or is gone for good.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use wirefold_flow::{Bus, BusError, KeyValue, UnixMillis};
use wirefold_proto::{gone_key, streams};

use super::kinds::DeliveryTarget;

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
        self.states().insert(delivery.to_owned(), DeliveryState::Works);
    }

    /// Notes that the target did not accept a message, which will be sent again.
    pub(crate) fn failed(&self, delivery: &str, now: UnixMillis, why: &str) {
        let mut states = self.states();
        let since = match states.get(delivery) {
            Some(DeliveryState::Failing { since, .. }) => *since,
            Some(DeliveryState::Works) | None => now,
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

/// How long a mark counts.
const VALIDITY: Duration = Duration::from_hours(7 * 24);

/// Whether a delivery is off because its target is gone.
pub(crate) struct TargetGone {
    delivery: String,
    target: String,
    keys: Arc<dyn KeyValue>,
}

impl TargetGone {
    pub(crate) fn new(delivery: &str, sends_to: &DeliveryTarget, keys: Arc<dyn KeyValue>) -> Self {
        let target = Sha256::digest(sends_to.as_target().address());
        let target = target.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { delivery: delivery.to_owned(), target, keys }
    }

    /// Marks the target as gone: the delivery is off.
    pub(crate) async fn set(&self, why: &str, now: UnixMillis) -> Result<(), BusError> {
        let mark = format!("{} {} {why}", self.target, now.0);
        self.keys.put(&gone_key(&self.delivery), mark.into()).await?;
        let delivery = &self.delivery;
        tracing::warn!(delivery, why, "delivery is off: give it another address");
        Ok(())
    }

    /// Why the delivery is off, according to the stored mark.
    pub(crate) async fn marked(&self, now: UnixMillis) -> Result<Option<String>, BusError> {
        let entry = self.keys.get(&gone_key(&self.delivery)).await?;
        let value = entry.and_then(|entry| entry.value);
        let mark = value.as_deref().and_then(|value| std::str::from_utf8(value).ok());
        let mark = mark.and_then(parts);
        let valid =
            mark.filter(|(target, at, _)| *target == self.target && now < at.plus(VALIDITY));
        Ok(valid.map(|(_, _, why)| why.to_owned()))
    }
}

/// Switches a delivery on that is off because its target was gone; a running alerter notices at its next
/// message. Says whether the delivery was off.
///
/// # Errors
/// A [`BusError`] if the mark cannot be read or deleted.
pub async fn switch_on(bus: &dyn Bus, delivery: &str) -> Result<bool, BusError> {
    let (keys, key) = (bus.key_value(streams::DELIVERIES.name)?, gone_key(delivery));
    let is_off = keys.get(&key).await?.is_some_and(|entry| entry.value.is_some());
    if is_off {
        keys.delete(&key).await?;
    }
    Ok(is_off)
}

/// The target, the time and the reason in a mark.
fn parts(mark: &str) -> Option<(&str, UnixMillis, &str)> {
    let (target, rest) = mark.split_once(' ')?;
    let (at, why) = rest.split_once(' ')?;
    Some((target, UnixMillis(at.parse().ok()?), why))
}
