//! The simulated bus: in memory, on a clock that tests move, with seeded faults if wanted.
//!
//! It runs the same rules as the embedded bus, over maps instead of tables, so a bug that a seed finds
//! here is a bug of the product. [`FaultyBus`] wraps any bus.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::BoxFuture;
use crate::bus::Bus;
use crate::clock::{Clock, UnixMillis};
use crate::error::BusError;
use crate::local::LocalBus;
use crate::loops::{FailPoints, Point};
use crate::store::{Engine, Job, Runner};

pub use faulty_bus::{FaultyBus, Odds};
pub use memory::SimDisk;

mod faulty_bus;
mod memory;
mod objects;

/// A bus in memory. Its stored state is in its [`SimDisk`]; the rest is lost with it.
pub struct SimBus {
    runner: Arc<InlineRunner>,
    bus: LocalBus,
    disk: SimDisk,
}

impl SimBus {
    /// Opens a bus over a disk.
    ///
    /// # Panics
    /// Never: memory can be read.
    #[must_use]
    pub fn open(disk: &SimDisk, clock: Arc<dyn Clock>) -> Self {
        let engine = Engine::open(Box::new(disk.clone()), clock.now());
        let engine = Mutex::new(engine.expect("tables in memory can always be read"));
        let runner =
            Arc::new(InlineRunner { engine, clock: clock.clone(), faults: Mutex::default() });
        let bus = LocalBus::new(runner.clone(), clock, Arc::new(disk.clone()));
        Self { bus, runner, disk: disk.clone() }
    }

    /// From now on this many of a thousand commits fail, by a seed. Half of them are undone. The others
    /// are stored, although the caller gets an error.
    pub fn fail_commits(&self, in_a_thousand: u64, seed: u64) {
        let faults = Some((Random::new(seed), in_a_thousand));
        *self.runner.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// The bus.
    #[must_use]
    pub fn bus(&self) -> Arc<dyn Bus> {
        Arc::new(self.bus.clone())
    }

    /// Crashes and restarts the bus: state that is only in memory is lost, and calls that wait for an
    /// answer go on waiting.
    ///
    /// # Panics
    /// Never: memory can be read.
    pub fn restart(&self) {
        let mut engine = self.runner.engine.lock().unwrap_or_else(PoisonError::into_inner);
        engine.reload(self.runner.clock.now()).expect("tables in memory can always be read");
    }
}

impl SimBus {
    /// A power cut: up to this many of the last commits never reached the disk. Returns how many were
    /// lost. The users of the bus would be gone, too: drop them first.
    pub fn lose_tail(&self, commits: usize) -> usize {
        let lost = self.disk.lose_tail(commits);
        self.restart();
        lost
    }
}

/// Carries out each job within `submit`.
struct InlineRunner {
    engine: Mutex<Engine>,
    clock: Arc<dyn Clock>,
    /// How often commits fail, in a thousand.
    faults: Mutex<Option<(Random, u64)>>,
}

impl InlineRunner {
    /// Whether this commit is stored although it fails; `None` if it does not fail.
    fn fault(&self) -> Option<bool> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let (random, in_a_thousand) = faults.as_mut()?;
        let fails = random.happens(*in_a_thousand);
        let is_undone = random.happens(500);
        fails.then_some(!is_undone)
    }
}

impl Runner for InlineRunner {
    fn submit(&self, mut job: Box<dyn Job>) {
        let now = self.clock.now();
        // A lock that a panic poisoned can be used: the tables are whole.
        let engine = || self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = {
            let mut engine = engine();
            let done = engine.begin().and_then(|()| job.run(&mut engine, now));
            let fault = self.fault().filter(|_| engine.has_changes());
            let commit = |()| if fault == Some(false) { Ok(()) } else { engine.commit() };
            let failed = || BusError::Unavailable("simulated: the commit failed".to_owned());
            let done = done.and_then(commit).and_then(|()| fault.map_or(Ok(()), |_| Err(failed())));
            if done.is_err() {
                engine.roll_back(now).expect("tables in memory can always be read");
            }
            done
        };
        job.finish(outcome);
        engine().wake_waiters();
    }
}

/// Crashes a loop whenever it reaches one point.
#[derive(Debug, Clone, Copy)]
pub struct CrashAt(pub Point);

impl FailPoints for CrashAt {
    fn crashes_at(&self, point: Point) -> bool {
        point == self.0
    }
}

/// A SplitMix64 generator (Steele, Lea, Flood 2014): small, seeded, good enough for simulated faults.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator that gives the same numbers for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next_number() % end
    }

    /// True this many times in a thousand.
    pub fn happens(&mut self, in_a_thousand: u64) -> bool {
        self.below(1000) < in_a_thousand
    }
}

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
