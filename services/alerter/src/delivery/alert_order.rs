//! Keeps the revisions of one alert in the order of the stream.
//!
//! Comes in: the revisions that the loop received together. Goes out: when each may be sent. A revision never
//! waits for another alert.
//!
//! The loop handles messages concurrently, so their order is noted when they are received. A revision waits
//! only for the previous one of its alert.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot::{self, error::TryRecvError};
use wirefold_flow::PulledMessage;

/// The turns of all revisions that are not handled yet.
#[derive(Default)]
pub(super) struct AlertOrder(Mutex<Queues>);

#[derive(Default)]
struct Queues {
    /// The turn given last, by alert.
    last: HashMap<String, Ahead>,
    /// Turns that nobody waits for yet, by sequence and attempt.
    given: HashMap<(u64, u32), Turn>,
}

/// Ends when the turn before ends.
type Ahead = oneshot::Receiver<Infallible>;

/// One revision's turn, which ends when it is dropped.
pub(super) struct Turn {
    ahead: Option<Ahead>,
    _ends: oneshot::Sender<Infallible>,
}

impl AlertOrder {
    /// Gives each of these messages a turn, in the order of the stream.
    pub(super) fn give(&self, taken: &[PulledMessage]) {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.last.retain(|_, turn| turn.try_recv() != Err(TryRecvError::Closed));
        let mut taken: Vec<&PulledMessage> = taken.iter().collect();
        taken.sort_by_key(|delivery| delivery.message.sequence);
        for delivery in taken {
            let (ends, turn) = oneshot::channel();
            let message = &delivery.message;
            let ahead = queues.last.insert(alert_of(&message.subject).to_owned(), turn);
            let place = (message.sequence, delivery.attempt);
            queues.given.insert(place, Turn { ahead, _ends: ends });
        }
    }

    /// Waits for the turn of a message. None if the message was given no turn.
    pub(super) async fn wait(&self, sequence: u64, attempt: u32) -> Option<Turn> {
        let given = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queues.given.remove(&(sequence, attempt))
        };
        let mut turn = given?;
        if let Some(ahead) = turn.ahead.take() {
            // Nothing is ever sent: the channel closes when the turn before is dropped.
            let _ = ahead.await;
        }
        Some(turn)
    }
}

/// A revision's subject without the revision.
fn alert_of(subject: &str) -> &str {
    subject.rsplit_once('.').map_or(subject, |(alert, _)| alert)
}
