//! Shares one answer among feeds with the same address, so that the address is requested once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Guarded, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use wirefold_flow::UnixMillis;

use crate::answer::Answer;

/// How long an answer serves the other feeds of its address, which are polled right after.
const SERVES: Duration = Duration::from_mins(2);

/// The validators of a request.
pub(super) type Validators = (Option<String>, Option<String>);

/// The addresses that several feeds have, each with its last answer.
#[derive(Default)]
pub(crate) struct Shared {
    addresses: Guarded<HashMap<String, Arc<Mutex<Option<KeptAnswer>>>>>,
}

/// The last answer of an address, locked: the other feeds of the address wait.
pub(super) type AnswerSlot = OwnedMutexGuard<Option<KeptAnswer>>;

/// An answer, its time, and the validators of its request.
#[derive(Debug, Clone)]
pub(super) struct KeptAnswer {
    pub(super) at: UnixMillis,
    pub(super) asked_with: Validators,
    pub(super) answer: Answer,
}

impl KeptAnswer {
    /// The answer, if it is fresh and also answers a request with these validators.
    pub(super) fn serves(&self, validators: &Validators, now: UnixMillis) -> Option<Answer> {
        let is_fresh = now.since(self.at) < SERVES;
        let is_meant = match &self.answer {
            Answer::Unchanged(_) => *validators == self.asked_with,
            _ => true,
        };
        (is_fresh && is_meant).then(|| self.answer.clone())
    }
}

impl Shared {
    /// Locks the slot of an address. Waits while another feed of that address is being asked for.
    pub(super) async fn lock_slot(&self, address: &str, now: UnixMillis) -> AnswerSlot {
        let slot = {
            let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
            // A locked slot is in use. An answer that is no longer fresh can be dropped.
            let is_fresh = |kept: &KeptAnswer| now.since(kept.at) < SERVES;
            let is_used = |slot: &Arc<Mutex<Option<KeptAnswer>>>| match slot.try_lock() {
                Ok(kept) => kept.as_ref().is_some_and(is_fresh),
                Err(_) => true,
            };
            addresses.retain(|known, slot| known == address || is_used(slot));
            addresses.entry(address.to_owned()).or_default().clone()
        };
        slot.lock_owned().await
    }
}
