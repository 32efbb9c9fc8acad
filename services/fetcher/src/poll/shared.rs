//! Answers that several feeds share: what is polled at one address is asked once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Guarded, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use wirefold_flow::UnixMillis;

use crate::answer::Answer;

/// How long an answer serves the other feeds of its address, which are polled right after.
const SERVES: Duration = Duration::from_mins(2);

/// The validators that a question carried.
pub(super) type Validators = (Option<String>, Option<String>);

/// Addresses that several feeds have, each with its last answer.
#[derive(Default)]
pub(crate) struct Shared {
    addresses: Guarded<HashMap<String, Arc<Mutex<Option<Kept>>>>>,
}

/// The last answer of an address. While one feed holds it, the others wait.
pub(super) type AnswerSlot = OwnedMutexGuard<Option<Kept>>;

/// An answer and what it was an answer to.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) at: UnixMillis,
    pub(super) asked_with: Validators,
    pub(super) answer: Answer,
}

impl Kept {
    /// The answer, where it is fresh, and says something to whoever holds these validators.
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
    /// The place of an address, once no other feed asks there.
    pub(super) async fn place(&self, address: &str, now: UnixMillis) -> AnswerSlot {
        let place = {
            let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
            // What is held is being asked for; an answer that is no longer fresh has served.
            let is_fresh = |kept: &Kept| now.since(kept.at) < SERVES;
            let is_used = |place: &Arc<Mutex<Option<Kept>>>| match place.try_lock() {
                Ok(kept) => kept.as_ref().is_some_and(is_fresh),
                Err(_) => true,
            };
            addresses.retain(|known, place| known == address || is_used(place));
            addresses.entry(address.to_owned()).or_default().clone()
        };
        place.lock_owned().await
    }
}
