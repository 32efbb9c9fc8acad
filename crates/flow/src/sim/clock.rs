//! A clock that only a test advances.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::BoxFuture;
use crate::clock::{Clock, UnixMillis};

/// A clock that only a test advances. All clones are the same clock. It wakes sleepers by their time, then by
/// the order in which they began to sleep, so each run is the same.
#[derive(Clone)]
pub struct VirtualClock(Arc<Mutex<ClockState>>);

struct ClockState {
    now: UnixMillis,
    sleeps: u64,
    sleepers: BTreeMap<(UnixMillis, u64), Waker>,
}

impl Default for VirtualClock {
    /// Starts in 2026.
    fn default() -> Self {
        let now = UnixMillis(1_767_225_600_000);
        Self(Arc::new(Mutex::new(ClockState { now, sleeps: 0, sleepers: BTreeMap::new() })))
    }
}

impl VirtualClock {
    /// Moves the time on and wakes the sleepers whose time has come.
    pub fn advance(&self, by: Duration) {
        let now = self.state().now.plus(by);
        self.move_to(now);
    }

    /// Moves on to the time of the next sleeper whenever nothing else can go on. Never returns. Needs a
    /// tokio runtime of one thread whose own clock is paused.
    pub async fn run_when_idle(&self) {
        loop {
            // The paused runtime moves its own clock only when every task waits.
            tokio::time::sleep(Duration::from_millis(1)).await;
            let next = self.state().sleepers.keys().next().map(|(at, _)| *at);
            if let Some(next) = next {
                self.move_to(next);
            }
        }
    }

    fn move_to(&self, at: UnixMillis) {
        let woken = {
            let mut state = self.state();
            state.now = state.now.max(at);
            let now = state.now;
            let later = state.sleepers.split_off(&(now, u64::MAX));
            std::mem::replace(&mut state.sleepers, later)
        };
        woken.into_values().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, ClockState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> UnixMillis {
        self.state().now
    }

    fn sleep_until(&self, at: UnixMillis) -> BoxFuture<'_, ()> {
        let mut state = self.state();
        state.sleeps += 1;
        Box::pin(Sleep { clock: self, key: (at, state.sleeps) })
    }
}

struct Sleep<'a> {
    clock: &'a VirtualClock,
    key: (UnixMillis, u64),
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state();
        if state.now >= self.key.0 {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.clock.state().sleepers.remove(&self.key);
    }
}
