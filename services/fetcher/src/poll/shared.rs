//! Shares one answer among feeds with the same address, so that the address is requested once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Guarded, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use wirefold_flow::UnixMillis;

use crate::answer::Answer;

/// How long an answer is used for the other feeds of its address, which are polled right after.
const MAX_AGE: Duration = Duration::from_mins(2);

/// The validators of a request.
pub(super) type Validators = (Option<String>, Option<String>);

/// The addresses that several feeds share, each with its last answer.
#[derive(Default)]
pub(crate) struct Shared {
    addresses: Guarded<HashMap<String, Arc<Mutex<Option<CachedAnswer>>>>>,
}

/// The last answer of an address, locked: the other feeds of the address wait.
pub(super) type AnswerSlot = OwnedMutexGuard<Option<CachedAnswer>>;

/// An answer, its time, and the validators of its request.
#[derive(Debug, Clone)]
pub(super) struct CachedAnswer {
    pub(super) at: UnixMillis,
    pub(super) validators: Validators,
    pub(super) answer: Answer,
}

impl CachedAnswer {
    /// The answer, if it is fresh and applies to a request with these validators.
    pub(super) fn answer_for(&self, validators: &Validators, now: UnixMillis) -> Option<Answer> {
        let is_fresh = now.since(self.at) < MAX_AGE;
        let is_applicable = match &self.answer {
            Answer::Unchanged(_) => *validators == self.validators,
            _ => true,
        };
        (is_fresh && is_applicable).then(|| self.answer.clone())
    }
}

impl Shared {
    /// Locks the slot of an address. Waits while another feed of that address is being requested.
    pub(super) async fn lock_slot(&self, address: &str, now: UnixMillis) -> AnswerSlot {
        let slot = {
            let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
            // A locked slot is in use. An answer that is no longer fresh can be dropped.
            let is_fresh = |cached: &CachedAnswer| now.since(cached.at) < MAX_AGE;
            let is_used = |slot: &Arc<Mutex<Option<CachedAnswer>>>| match slot.try_lock() {
                Ok(cached) => cached.as_ref().is_some_and(is_fresh),
                Err(_) => true,
            };
            addresses.retain(|other, slot| other == address || is_used(slot));
            addresses.entry(address.to_owned()).or_default().clone()
        };
        slot.lock_owned().await
    }
}
