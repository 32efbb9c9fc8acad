//! The gate between handling and publishing: messages that are handled together are published together.
//!
//! A bus pays one sync for many messages published at once. So a handled message waits for the others
//! that are still being handled. It does not wait once [`MAX_WAITING`] messages wait, and never for a
//! message that itself waits for something. A single message does not wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// When this many messages wait, the gate opens.
const MAX_WAITING: usize = 128;

/// The gate between handling and publishing of one loop.
#[derive(Default)]
pub(super) struct PublishBarrier {
    counts: Mutex<Counts>,
    opened: Notify,
}

#[derive(Default)]
struct Counts {
    /// Messages that are still being handled.
    expected: usize,
    /// Messages that wait at the gate.
    waiting: usize,
}

/// The ticket of a message that is being handled. Dropping it means that the message will not publish.
pub(super) struct BarrierTicket(Option<Arc<PublishBarrier>>);

impl PublishBarrier {
    pub(super) fn register(self: &Arc<Self>) -> BarrierTicket {
        self.counts().expected += 1;
        BarrierTicket(Some(self.clone()))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message has arrived. Returns whether that opens the gate.
    fn arrive(&self) -> bool {
        let mut counts = self.counts();
        counts.expected -= 1;
        counts.waiting += 1;
        let opens = counts.expected == 0 || counts.waiting >= MAX_WAITING;
        if opens {
            self.open(&mut counts);
        }
        opens
    }

    fn open(&self, counts: &mut Counts) {
        counts.waiting = 0;
        self.opened.notify_waiters();
    }
}

impl BarrierTicket {
    /// The others no longer wait for this message.
    pub(super) fn leave(&mut self) {
        let Some(gate) = self.0.take() else {
            return;
        };
        let mut counts = gate.counts();
        counts.expected -= 1;
        if counts.expected == 0 {
            gate.open(&mut counts);
        }
    }

    /// Returns once the gate opens; at once after [`leave`](Self::leave).
    pub(super) async fn pass(mut self) {
        let Some(gate) = self.0.take() else {
            return;
        };
        // Created before the count, so that an opening between the two is not missed.
        let opened = gate.opened.notified();
        if gate.arrive() {
            // The waiting messages go first.
            tokio::task::yield_now().await;
        } else {
            opened.await;
        }
    }
}

impl Drop for BarrierTicket {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    type Pass = std::pin::Pin<Box<dyn Future<Output = ()>>>;

    fn register(gate: &Arc<PublishBarrier>, count: usize) -> Vec<BarrierTicket> {
        (0..count).map(|_| gate.register()).collect()
    }

    fn has_passed(passes: &mut Pass) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        passes.as_mut().poll(&mut context) == Poll::Ready(())
    }

    #[test]
    fn messages_wait_for_those_still_being_handled() {
        let gate = Arc::<PublishBarrier>::default();
        let [one, other, last] = <[BarrierTicket; 3]>::try_from(register(&gate, 3)).ok().unwrap();
        let [mut one, mut other, mut last]: [Pass; 3] =
            [Box::pin(one.pass()), Box::pin(other.pass()), Box::pin(last.pass())];
        assert!(!has_passed(&mut one));
        assert!(!has_passed(&mut other));
        assert!(!has_passed(&mut one));
        assert!(!has_passed(&mut last), "the waiting messages go first");
        assert!(has_passed(&mut one) && has_passed(&mut other));
        assert!(has_passed(&mut last));
        let mut alone: Pass = Box::pin(gate.register().pass());
        assert!(!has_passed(&mut alone) && has_passed(&mut alone), "there is nobody to wait for");
    }

    #[test]
    fn messages_do_not_wait_for_those_that_left() {
        let gate = Arc::<PublishBarrier>::default();
        let [one, mut late, gone] =
            <[BarrierTicket; 3]>::try_from(register(&gate, 3)).ok().unwrap();
        let mut one: Pass = Box::pin(one.pass());
        assert!(!has_passed(&mut one));
        late.leave();
        assert!(!has_passed(&mut one));
        drop(gone);
        assert!(has_passed(&mut one));
        // A message that left does not wait either.
        let _coming = gate.register();
        assert!(has_passed(&mut (Box::pin(late.pass()) as Pass)));
    }

    #[test]
    fn opens_when_enough_messages_wait() {
        let gate = Arc::<PublishBarrier>::default();
        let mut ticket = register(&gate, MAX_WAITING + 2);
        let mut passes: Vec<Pass> =
            ticket.drain(..MAX_WAITING - 1).map(|one| Box::pin(one.pass()) as Pass).collect();
        assert!(!passes.iter_mut().any(has_passed));
        let mut next: Vec<Pass> =
            ticket.drain(..2).map(|one| Box::pin(one.pass()) as Pass).collect();
        assert!(!has_passed(&mut next[0]) && has_passed(&mut next[0]));
        assert!(passes.iter_mut().all(has_passed));
        assert!(!has_passed(&mut next[1]), "it waits for the last one");
        drop(ticket);
        assert!(has_passed(&mut next[1]));
    }
}
