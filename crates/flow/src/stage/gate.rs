//! Lets messages that are handled side by side be published side by side.
//!
//! Comes in: each message that is being handled. Goes out: when it may be published. It never waits for a message that
//! waits for something itself.
//!
//! Many messages at once cost a bus little more than one: a sync is paid for all of them. So who has
//! handled a message waits for those that are still at theirs, but for no more than [`MOST`], and for
//! none that waits for something itself. A message alone waits for nobody.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// So many go on without waiting for more.
const MOST: usize = 128;

/// The gate between handling and publishing of one loop.
#[derive(Default)]
pub(super) struct Gate {
    counts: Mutex<Counts>,
    opened: Notify,
}

#[derive(Default)]
struct Counts {
    /// Those who are on their way to the gate.
    coming: usize,
    /// Those who stand before it.
    waiting: usize,
}

/// One who is on the way to the gate. Whoever drops it does not come.
pub(super) struct Coming(Option<Arc<Gate>>);

impl Gate {
    pub(super) fn approach(self: &Arc<Self>) -> Coming {
        self.counts().coming += 1;
        Coming(Some(self.clone()))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One has come. Whether that opens the gate.
    fn arrive(&self) -> bool {
        let mut counts = self.counts();
        counts.coming -= 1;
        counts.waiting += 1;
        let opens = counts.coming == 0 || counts.waiting >= MOST;
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

impl Coming {
    /// Is waited for no longer.
    pub(super) fn stay_back(&mut self) {
        let Some(gate) = self.0.take() else {
            return;
        };
        let mut counts = gate.counts();
        counts.coming -= 1;
        if counts.coming == 0 {
            gate.open(&mut counts);
        }
    }

    /// Returns once all have come who are waited for. Whoever stayed back waits for nobody.
    pub(super) async fn pass(mut self) {
        let Some(gate) = self.0.take() else {
            return;
        };
        // Made before the count, so that it is told of an opening between the two.
        let opened = gate.opened.notified();
        if gate.arrive() {
            // Those who waited go first.
            tokio::task::yield_now().await;
        } else {
            opened.await;
        }
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.stay_back();
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// Passes of which each is looked at whenever it is asked.
    type Passing = std::pin::Pin<Box<dyn Future<Output = ()>>>;

    fn approach(gate: &Arc<Gate>, count: usize) -> Vec<Coming> {
        (0..count).map(|_| gate.approach()).collect()
    }

    fn has_passed(passing: &mut Passing) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        passing.as_mut().poll(&mut context) == Poll::Ready(())
    }

    #[test]
    fn they_wait_for_those_who_are_on_the_way() {
        let gate = Arc::<Gate>::default();
        let [one, other, last] = <[Coming; 3]>::try_from(approach(&gate, 3)).ok().unwrap();
        let [mut one, mut other, mut last]: [Passing; 3] =
            [Box::pin(one.pass()), Box::pin(other.pass()), Box::pin(last.pass())];
        assert!(!has_passed(&mut one));
        assert!(!has_passed(&mut other));
        assert!(!has_passed(&mut one));
        assert!(!has_passed(&mut last), "those who waited go first");
        assert!(has_passed(&mut one) && has_passed(&mut other));
        assert!(has_passed(&mut last));
        let mut alone: Passing = Box::pin(gate.approach().pass());
        assert!(!has_passed(&mut alone) && has_passed(&mut alone), "nobody is waited for");
    }

    #[test]
    fn nobody_waits_for_those_who_do_not_come() {
        let gate = Arc::<Gate>::default();
        let [one, mut late, gone] = <[Coming; 3]>::try_from(approach(&gate, 3)).ok().unwrap();
        let mut one: Passing = Box::pin(one.pass());
        assert!(!has_passed(&mut one));
        late.stay_back();
        assert!(!has_passed(&mut one));
        drop(gone);
        assert!(has_passed(&mut one));
        // Who stayed back waits for nobody either.
        let _coming = gate.approach();
        assert!(has_passed(&mut (Box::pin(late.pass()) as Passing)));
    }

    #[test]
    fn enough_wait_for_no_more() {
        let gate = Arc::<Gate>::default();
        let mut coming = approach(&gate, MOST + 2);
        let mut passing: Vec<Passing> =
            coming.drain(..MOST - 1).map(|one| Box::pin(one.pass()) as Passing).collect();
        assert!(!passing.iter_mut().any(has_passed));
        let mut next: Vec<Passing> =
            coming.drain(..2).map(|one| Box::pin(one.pass()) as Passing).collect();
        assert!(!has_passed(&mut next[0]) && has_passed(&mut next[0]));
        assert!(passing.iter_mut().all(has_passed));
        assert!(!has_passed(&mut next[1]), "it waits for the one that is left");
        drop(coming);
        assert!(has_passed(&mut next[1]));
    }
}
