//! The events of the last messages, each made once for all clients that follow the end of the output.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use wirefold_flow::Stored;
use wirefold_proto::TextPolicy;

/// The number of events that are kept: more than come while one client waits for its turn.
const MOST: usize = 256;

/// The last events.
#[derive(Default)]
pub(crate) struct RecentEvents(Mutex<VecDeque<RecentEvent>>);

struct RecentEvent {
    sequence: u64,
    id: String,
    policy: TextPolicy,
    made: Bytes,
}

impl RecentEvents {
    /// The event of a message with its text cut as the policy requires. `make` makes it.
    pub(crate) fn get(
        &self,
        message: &Stored,
        policy: TextPolicy,
        make: impl FnOnce(&Stored, TextPolicy) -> Bytes,
    ) -> Bytes {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Sequences of the output and the alerts may be equal, and those of a stream that was created anew.
        let is_it = |known: &&RecentEvent| {
            (known.sequence, known.policy) == (message.sequence, policy) && known.id == message.id
        };
        if let Some(known) = recent.iter().find(is_it) {
            return known.made.clone();
        }
        let made = make(message, policy);
        let (sequence, id) = (message.sequence, message.id.clone());
        recent.truncate(MOST - 1);
        recent.push_front(RecentEvent { sequence, id, policy, made: made.clone() });
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_made_once_for_each_message_and_policy() {
        let recent = RecentEvents::default();
        let stored = |sequence, id: &str| Stored {
            stream: "WF_OUTPUT".to_owned(),
            sequence,
            at: wirefold_flow::UnixMillis(0),
            subject: "a".to_owned(),
            id: id.to_owned(),
            headers: wirefold_flow::Headers::default(),
            body: Bytes::new(),
        };
        let get = |message: &Stored, policy, text: &'static str| {
            recent.get(message, policy, |_, _| Bytes::from_static(text.as_bytes()))
        };
        let first = stored(1, "x");
        assert_eq!(get(&first, TextPolicy::Lead, "made"), "made");
        assert_eq!(get(&first, TextPolicy::Lead, "again"), "made");
        assert_eq!(get(&first, TextPolicy::Full, "full"), "full");
        assert_eq!(get(&stored(1, "y"), TextPolicy::Lead, "other"), "other");
        for sequence in 2..300 {
            get(&stored(sequence, "x"), TextPolicy::Lead, "later");
        }
        assert_eq!(get(&first, TextPolicy::Lead, "anew"), "anew");
        assert_eq!(recent.0.lock().expect("no test panics").len(), MOST);
    }
}
