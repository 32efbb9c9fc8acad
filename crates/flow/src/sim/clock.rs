//! A clock that stands still until a test moves it.
//!
//! It never reads the clock of the machine.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::BoxFuture;
use crate::clock::{Clock, UnixMillis};

/// A clock that stands still until it is moved. Clones are one clock. Wakes those who wait in the
/// order of their times, then in that in which they came: the same in each run.
#[derive(Clone)]
pub struct VirtualClock(Arc<Mutex<Hands>>);

struct Hands {
    now: UnixMillis,
    came: u64,
    sleepers: BTreeMap<(UnixMillis, u64), Waker>,
}

impl Default for VirtualClock {
    /// Starts in 2026.
    fn default() -> Self {
        let now = UnixMillis(1_767_225_600_000);
        Self(Arc::new(Mutex::new(Hands { now, came: 0, sleepers: BTreeMap::new() })))
    }
}

impl VirtualClock {
    /// Moves the time on and wakes whoever waited for it.
    pub fn advance(&self, by: Duration) {
        let now = self.hands().now.plus(by);
        self.move_to(now);
    }

    /// Moves on to the next time that anyone waits for, whenever nothing else can go on. Returns
    /// never; needs a tokio runtime of one thread whose own clock is paused.
    pub async fn run_when_idle(&self) {
        loop {
            // The paused runtime moves its own clock only when every task waits.
            tokio::time::sleep(Duration::from_millis(1)).await;
            let next = self.hands().sleepers.keys().next().map(|(at, _)| *at);
            if let Some(next) = next {
                self.move_to(next);
            }
        }
    }

    fn move_to(&self, at: UnixMillis) {
        let woken = {
            let mut hands = self.hands();
            hands.now = hands.now.max(at);
            let now = hands.now;
            let later = hands.sleepers.split_off(&(now, u64::MAX));
            std::mem::replace(&mut hands.sleepers, later)
        };
        woken.into_values().for_each(Waker::wake);
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> UnixMillis {
        self.hands().now
    }

    fn sleep_until(&self, at: UnixMillis) -> BoxFuture<'_, ()> {
        let mut hands = self.hands();
        hands.came += 1;
        Box::pin(Sleep { clock: self, place: (at, hands.came) })
    }
}

struct Sleep<'a> {
    clock: &'a VirtualClock,
    place: (UnixMillis, u64),
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut hands = self.clock.hands();
        if hands.now >= self.place.0 {
            return Poll::Ready(());
        }
        hands.sleepers.insert(self.place, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.clock.hands().sleepers.remove(&self.place);
    }
}
