//! The order of an alert's revisions: each waits for the one before it, also after a restart.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;
use wirefold_flow::{PulledMessage, UnixMillis};

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

/// The revisions that newer ones wait for. These are, until a deadline, the revisions that were under way at
/// a kill or a failure of the bus; and all revisions that were put off.
#[derive(Debug, Default)]
pub(super) struct Redeliveries {
    /// The deadline by which the bus has delivered again everything it will.
    deadline: AtomicU64,
    sequences: Mutex<Sequences>,
}

/// Revisions by sequence.
#[derive(Debug, Default)]
struct Sequences {
    /// Revisions that were sent before the deadline.
    sent: BTreeSet<u64>,
    put_off: BTreeSet<u64>,
    /// How often each unsent revision was put off.
    times: BTreeMap<u64, u32>,
}

impl Redeliveries {
    /// Sets the deadline, if it is later than the one before.
    pub(super) fn extend_deadline(&self, deadline: UnixMillis) {
        self.deadline.fetch_max(deadline.0, Ordering::Relaxed);
    }

    /// The deadline by which the bus has delivered again everything it will.
    pub(super) fn deadline(&self) -> UnixMillis {
        UnixMillis(self.deadline.load(Ordering::Relaxed))
    }

    /// Whether no revision needs to wait.
    pub(super) fn nothing_waits(&self, now: UnixMillis) -> bool {
        self.is_past_deadline(now) && self.lock().put_off.is_empty()
    }

    /// Whether this revision may come again.
    pub(super) fn may_come_again(&self, sequence: u64, now: UnixMillis) -> bool {
        let sequences = self.lock();
        let is_unknown = !self.is_past_deadline(now) && !sequences.sent.contains(&sequence);
        is_unknown || sequences.put_off.contains(&sequence)
    }

    /// Notes that a revision arrived.
    pub(super) fn note_arrival(&self, sequence: u64) {
        self.lock().put_off.remove(&sequence);
    }

    /// Notes that a revision was put off and comes again.
    pub(super) fn note_put_off(&self, sequence: u64) {
        let mut sequences = self.lock();
        sequences.put_off.insert(sequence);
        *sequences.times.entry(sequence).or_default() += 1;
    }

    /// How often a revision was put off.
    pub(super) fn times_put_off(&self, sequence: u64) -> u32 {
        self.lock().times.get(&sequence).copied().unwrap_or(0)
    }

    /// Notes that a revision will not come again.
    pub(super) fn note_done(&self, sequence: u64) {
        self.lock().times.remove(&sequence);
    }

    /// Notes that a revision is sent.
    pub(super) fn note_sent(&self, sequence: u64, now: UnixMillis) {
        match self.is_past_deadline(now) {
            true => self.lock().sent.clear(),
            false => drop(self.lock().sent.insert(sequence)),
        }
    }

    fn is_past_deadline(&self, now: UnixMillis) -> bool {
        now >= self.deadline()
    }

    fn lock(&self) -> MutexGuard<'_, Sequences> {
        self.sequences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
