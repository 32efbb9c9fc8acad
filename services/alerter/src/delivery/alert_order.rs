//! The order of an alert: its revisions are delivered in the order in which they were taken.
//!
//! Comes in: the revisions that the loop took together. Goes out: when each may be sent. A revision never waits for
//! another alert.
//!
//! The loop starts side by side what it takes, so their order is noted where they are taken. A
//! revision waits for the one of its alert that was taken before, and for
//! nothing else.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot::{self, error::TryRecvError};
use wirefold_flow::Delivery;

/// The turns of all that was taken and is not done.
#[derive(Default)]
pub(super) struct AlertOrder(Mutex<Queues>);

#[derive(Default)]
struct Queues {
    /// The turn that was given last, by alert.
    last: HashMap<String, Ahead>,
    /// Those not yet called up, by sequence and attempt.
    given: HashMap<(u64, u32), Turn>,
}

/// Ends with the turn that it stands for.
type Ahead = oneshot::Receiver<Infallible>;

/// One revision's turn, which ends when it is dropped.
pub(super) struct Turn {
    ahead: Option<Ahead>,
    _ends: oneshot::Sender<Infallible>,
}

impl AlertOrder {
    /// Gives turns to what was taken together, in the order of the stream.
    pub(super) fn give(&self, taken: &[Delivery]) {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.last.retain(|_, turn| turn.try_recv() != Err(TryRecvError::Closed));
        let mut taken: Vec<&Delivery> = taken.iter().collect();
        taken.sort_by_key(|delivery| delivery.message.sequence);
        for delivery in taken {
            let (ends, turn) = oneshot::channel();
            let message = &delivery.message;
            let ahead = queues.last.insert(alert_of(&message.subject).to_owned(), turn);
            let place = (message.sequence, delivery.attempt);
            queues.given.insert(place, Turn { ahead, _ends: ends });
        }
    }

    /// Waits for the turn of a message; none where it came another way.
    pub(super) async fn wait(&self, sequence: u64, attempt: u32) -> Option<Turn> {
        let given = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queues.given.remove(&(sequence, attempt))
        };
        let mut turn = given?;
        if let Some(ahead) = turn.ahead.take() {
            // Nothing is ever sent: it ends.
            let _ = ahead.await;
        }
        Some(turn)
    }
}

/// A revision's subject without the revision.
fn alert_of(subject: &str) -> &str {
    subject.rsplit_once('.').map_or(subject, |(alert, _)| alert)
}
